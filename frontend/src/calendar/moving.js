// Moving and resizing: ask when others will be told or other dates may move along, tell the server,
// take it back when refused.
import { post } from "../page/requests.js";
import { fill, say, toast } from "../page/say.js";
import { wall } from "./creating.js";

export class Mover {
  constructor(root, calendar, words) {
    this.calendar = calendar;
    this.words = words;
    this.dialog = root.querySelector("[data-move-dialog]");
    this.dialog.addEventListener("change", ({ target }) => target.name === "scope" && this.rehearse());
  }

  /** Carry out what the calendar shows already; `revert` takes it back. */
  async confirm({ event, revert }) {
    const { told, series, move } = event.extendedProps;
    if ((told > 0 || series) && !(await this.ask(event))) return this.putBack(event, revert);
    const { ok, data } = await post(move, this.span(event));
    if (!ok) {
      revert();
      return toast(data.detail || this.words.notMoved);
    }
    toast(data.detail || this.words.moved, data.stop && this.stopping(data.stop));
    return this.calendar.refetchEvents();
  }

  /** While the mails wait, the toast has the button that stops them. */
  stopping({ href, label }) {
    const press = async () => toast((await post(href)).data.detail || this.words.notMoved);
    return { label, press };
  }

  putBack(event, revert) {
    revert();
    const current = this.calendar.getEventById(event.id) ?? event;
    say(fill(this.words.stays, { title: event.title, when: this.when(current) }));
  }

  span(event) {
    const time = (text) => (event.allDay ? text.slice(0, 10) : wall(text));
    const body = new FormData(this.dialog.querySelector("form"));
    body.set("start", time(event.startStr));
    body.set("end", event.endStr ? time(event.endStr) : "");
    if (event.allDay) body.set("all_day", "on");
    return body;
  }

  ask(event) {
    const { told, series } = event.extendedProps;
    const { dialog, words } = this;
    dialog.querySelector("form").reset();
    this.part("what").textContent = fill(words.moveTo, { title: event.title, when: this.when(event) });
    this.part("series").hidden = !series;
    this.part("told").hidden = told === 0;
    this.part("sentence").textContent = "";
    const tell = told === 1 ? words.moveOne : words.moveMany;
    this.part("move").textContent = told === 0 ? words.move : fill(tell, { n: told });
    dialog.returnValue = "";
    dialog.showModal();
    this.asked = event;
    this.rehearse();
    return new Promise((decided) => {
      const decide = () => decided(dialog.returnValue === "move");
      dialog.addEventListener("close", decide, { once: true });
    });
  }

  /** The feed's count is a guess; the server knows who would be told of the dates chosen. */
  async rehearse() {
    const event = this.asked;
    const scope = this.scope;
    const told = await post(event.extendedProps.moveAudience, this.span(event)).catch(() => null);
    if (!told?.data.button || event !== this.asked || scope !== this.scope) return;
    this.part("move").textContent = told.data.button;
    this.part("sentence").textContent = told.data.sentence;
    this.part("told").hidden = !told.data.sentence;
  }

  get scope() {
    return this.dialog.querySelector("form").elements.scope.value;
  }

  part(name) {
    return this.dialog.querySelector(`[data-${name}]`);
  }

  when(event) {
    const day = { weekday: "long", day: "numeric", month: "long" };
    const time = { hour: "2-digit", minute: "2-digit", hour12: false };
    return event.formatRange(event.allDay ? day : { ...day, ...time });
  }
}
