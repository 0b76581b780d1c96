// The list under the combobox: focus stays in the box, `aria-activedescendant` marks the option.
import { fill, say } from "../page/say.js";

export class OptionList {
  constructor(picker, choose) {
    this.picker = picker;
    this.input = picker.querySelector(".picker__input");
    this.box = picker.querySelector(".picker__list");
    this.choose = choose;
    this.shown = [];
    this.active = -1;
    // mousedown would take the focus out of the box before the click arrives.
    this.box.addEventListener("mousedown", (event) => event.preventDefault());
    this.box.addEventListener("click", ({ target }) => {
      const row = target.closest('[role="option"]');
      if (row) this.choose(this.shown[Number(row.dataset.index)]);
    });
  }

  get isOpen() {
    return !this.box.hidden;
  }

  isFor(query) {
    return this.isOpen && this.query === query;
  }

  show(people, query, chosen, isQuiet) {
    const isKnown = people.some(({ email }) => email && email.toLowerCase() === query.toLowerCase());
    this.query = query;
    this.shown = [...people, ...(isKnown ? [] : [{ invite: true, query }])];
    const rows = this.shown.map((option, index) => this.row(option, index, chosen));
    this.box.replaceChildren(...rows);
    this.box.hidden = false;
    this.input.setAttribute("aria-expanded", "true");
    this.mark(query ? 0 : -1);
    this.makeRoom();
    if (!isQuiet) say(fill(this.picker.dataset.found, { n: people.length }));
  }

  /** On a small screen the list would fall below the edge: bring the box to the top. */
  makeRoom() {
    if (this.box.getBoundingClientRect().bottom > innerHeight) this.picker.scrollIntoView();
  }

  close() {
    this.box.hidden = true;
    this.input.setAttribute("aria-expanded", "false");
    this.mark(-1);
  }

  move(step) {
    const count = this.shown.length;
    const from = this.active < 0 && step < 0 ? 0 : this.active;
    this.mark((from + step + count) % count);
  }

  mark(index) {
    this.active = index;
    for (const row of this.box.children) row.toggleAttribute("data-active", Number(row.dataset.index) === index);
    const row = this.box.children[index];
    if (!row) return this.input.removeAttribute("aria-activedescendant");
    this.input.setAttribute("aria-activedescendant", row.id);
    return row.scrollIntoView({ block: "nearest" });
  }

  chooseActive() {
    const option = this.shown[this.active];
    if (option && this.isOpen) this.choose(option);
  }

  row(option, index, chosen) {
    const name = option.invite ? "template[data-invite]" : "template[data-option]";
    const row = this.picker.querySelector(name).content.cloneNode(true).firstElementChild;
    row.id = `${this.box.id}-${index}`;
    row.dataset.index = index;
    if (option.invite) return this.invitation(row, option.query);
    row.setAttribute("aria-selected", chosen.has(option.key));
    row.querySelector(".avatar").textContent = option.name.slice(0, 1);
    row.querySelector(".avatar").classList.add(`avatar--${option.kind.toLowerCase()}`);
    row.querySelector(".option__name").textContent = option.name;
    row.querySelector(".option__mail").textContent = [option.email || option.detail, option.note].filter(Boolean).join(" · ");
    const badge = row.querySelector(".badge");
    badge.textContent = this.picker.kind(option);
    badge.hidden = !badge.textContent;
    badge.classList.toggle("badge--guest", option.kind === "GUEST");
    return row;
  }

  invitation(row, query) {
    row.setAttribute("aria-selected", "false");
    const words = query ? this.picker.dataset.invite : this.picker.dataset.inviteSomeone;
    row.querySelector(".option__name").textContent = fill(words, { typed: query });
    return row;
  }
}
