// <attendee-picker>: one combobox over colleagues, rooms and saved guests (see UX.md).
//
// The server draws chips and templates; every chip holds the form's hidden input, so that the
// form posts the same with and without this script. Its words stand in `data-*` attributes.
import { get } from "../page/requests.js";
import { fill, say } from "../page/say.js";
import { parseAddresses } from "./addresses.js";
import { wireGuestDialog } from "./guest-dialog.js";
import { OptionList } from "./options.js";

const PAUSE = 120;
const RETRY = 1000;

class AttendeePicker extends HTMLElement {
  connectedCallback() {
    this.input = this.querySelector(".picker__input");
    this.chips = this.querySelector(".picker__chips");
    this.options = new OptionList(this, (option) => this.choose(option));
    this.dialog = wireGuestDialog(document.getElementById("guest-dialog"), {
      done: (person) => this.invited(person),
      closed: () => this.input.focus(),
    });
    this.wire();
    // On a slow machine somebody may have typed before this script came.
    if (document.activeElement === this.input && this.input.value) this.search();
  }

  wire() {
    this.input.addEventListener("input", () => this.search());
    this.input.addEventListener("focus", () => this.input.value && this.search());
    this.input.addEventListener("click", () => this.search());
    this.input.addEventListener("keydown", (event) => this.key(event));
    this.input.addEventListener("paste", (event) => this.paste(event));
    this.input.addEventListener("blur", () => this.options.close());
    this.chips.addEventListener("click", (event) => {
      const button = event.target.closest("button");
      if (button) this.remove(button.closest("[data-chip-key]"));
    });
    this.querySelector(".picker__box").addEventListener("click", ({ target }) => {
      if (target.matches(".picker__box")) this.input.focus();
    });
    document.querySelector(`[data-change="${this.id}"]`)?.addEventListener("click", () => {
      this.input.focus();
      this.search();
    });
  }

  search({ isQuiet = false } = {}) {
    this.rest();
    this.pause = setTimeout(() => this.ask(this.input.value.trim(), isQuiet), PAUSE);
  }

  rest() {
    clearTimeout(this.pause);
    this.asking?.abort();
  }

  /** Ask who is meant; while no answer comes a guest can be invited, and it is asked again. */
  async ask(query, isQuiet = false, retry = RETRY) {
    this.asking?.abort();
    this.asking = new AbortController();
    try {
      const address = `${this.dataset.search}?q=${encodeURIComponent(query)}`;
      const { results } = await get(address, this.asking.signal);
      if (document.activeElement !== this.input) return;
      this.options.show(results, query, new Set(this.keys()), isQuiet);
    } catch (error) {
      if (error.name === "AbortError" || document.activeElement !== this.input) return;
      this.options.show([], query, new Set(), true);
      this.pause = setTimeout(() => this.ask(query, isQuiet, 2 * retry), retry);
    }
  }

  key(event) {
    const { options, input } = this;
    if (event.isComposing) return;
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      if (options.isOpen) options.move(event.key === "ArrowDown" ? 1 : -1);
      else this.search();
    } else if (event.key === "Enter") {
      event.preventDefault();
      this.enter();
    } else if (event.key === "Escape" && options.isOpen) {
      event.stopPropagation();
      this.rest();
      options.close();
    } else if (event.key === "Backspace" && !input.value) {
      this.remove(this.chips.lastElementChild);
    } else if ((event.key === "," || event.key === ";") && input.value.includes("@")) {
      event.preventDefault();
      this.addAddresses(input.value);
    }
  }

  /** Enter takes the marked option; before the list has come, it waits for it. */
  async enter() {
    const query = this.input.value.trim();
    if (!this.options.isFor(query)) {
      this.rest();
      await this.ask(query, true);
    }
    this.options.chooseActive();
  }

  choose(option) {
    if (option.invite) return this.invite(this.input.value.trim());
    const chosen = this.find(option.key);
    if (chosen) this.remove(chosen);
    else this.add(option);
    this.input.value = "";
    this.input.focus();
    return this.search({ isQuiet: true });
  }

  invite(query) {
    this.options.close();
    this.dialog.open(query);
  }

  invited(person) {
    this.rest();
    this.input.value = "";
    if (this.find(person.key)) say(fill(this.dataset.already, { name: person.name }));
    else this.add(person);
    this.input.focus();
  }

  paste(event) {
    const text = event.clipboardData.getData("text/plain");
    if (!/[\n,;]/.test(text.trim()) || !text.includes("@")) return;
    event.preventDefault();
    this.addAddresses(text);
  }

  /** Many addresses at once: those we know become people, the others guests to be. */
  async addAddresses(text) {
    const found = parseAddresses(text);
    this.rest();
    this.input.value = "";
    this.options.close();
    const query = found.filter(({ ok }) => ok).map(({ email }) => `email=${encodeURIComponent(email)}`);
    const known = query.length ? await get(`${this.dataset.search}?${query.join("&")}`) : { results: [] };
    const people = new Map(known.results.map((person) => [person.typed, person]));
    const before = this.keys().length;
    for (const { email, name, ok } of found) {
      const person = people.get(email);
      const key = `email:${name ? `${name} <${email}>` : email}`;
      this.add(person ?? { key, kind: "GUEST", name: name || email, email, doubtful: !ok }, true);
    }
    const doubtful = found.filter(({ ok }) => !ok).length;
    const words = doubtful ? this.dataset.pastedDoubtful : this.dataset.pasted;
    say(fill(words, { n: this.keys().length - before, m: doubtful }));
    this.changed();
  }

  add(person, isQuiet = false) {
    if (this.find(person.key)) return;
    const chip = this.querySelector("template[data-chip]").content.cloneNode(true).firstElementChild;
    Object.assign(chip.dataset, { chipKey: person.key, kind: person.kind });
    if (person.me) chip.dataset.me = "";
    chip.classList.toggle("chip--guest", person.kind === "GUEST" && !person.doubtful);
    chip.classList.toggle("chip--doubtful", Boolean(person.doubtful));
    chip.title = person.email || "";
    chip.querySelector("input").value = person.key;
    chip.querySelector(".chip__name").textContent = person.name;
    chip.querySelector(".chip__kind").textContent = [this.kind(person), person.note].filter(Boolean).join(" · ");
    chip.querySelector("button .visually-hidden").textContent = fill(this.dataset.remove, { name: person.name });
    this.chips.append(chip);
    if (isQuiet) return;
    say(fill(this.dataset.added, { name: person.name, kind: [this.kind(person), person.note].filter(Boolean).join(", ") }));
    this.changed();
  }

  remove(chip) {
    if (!chip) return;
    const name = chip.querySelector(".chip__name").textContent;
    chip.remove();
    say(fill(this.dataset.removed, { name }));
    this.input.focus();
    this.changed();
  }

  kind({ kind, doubtful }) {
    if (doubtful) return this.dataset.doubtful;
    return { GUEST: this.dataset.guest, ROOM: this.dataset.room }[kind] ?? "";
  }

  keys() {
    return [...this.chips.querySelectorAll("[data-chip-key]")].map((chip) => chip.dataset.chipKey);
  }

  find(key) {
    return this.chips.querySelector(`[data-chip-key="${CSS.escape(key)}"]`);
  }

  changed() {
    this.dispatchEvent(new CustomEvent("convoca:attendees", { bubbles: true }));
  }
}

customElements.define("attendee-picker", AttendeePicker);
