// Moving and resizing: ask when others will be told, tell the server, take it back when refused.
import { post } from "../page/requests.js";
import { fill, toast } from "../page/say.js";
import { wall } from "./creating.js";

export class Mover {
  constructor(root, calendar, words) {
    this.calendar = calendar;
    this.words = words;
    this.dialog = root.querySelector("[data-move-dialog]");
  }

  /** Carry out what the calendar shows already; `revert` takes it back. */
  async confirm({ event, oldEvent, revert }) {
    const { told, series, move } = event.extendedProps;
    if ((told > 0 || series) && !(await this.ask(event))) return revert();
    const { ok, data } = await post(move, this.span(event, oldEvent));
    if (!ok) {
      revert();
      return toast(data.detail || this.words.notMoved);
    }
    toast(data.detail || this.words.moved);
    return this.calendar.refetchEvents();
  }

  span(event, oldEvent) {
    const time = (text) => (event.allDay ? text.slice(0, 10) : wall(text));
    const body = new FormData();
    body.set("start", time(event.startStr));
    body.set("end", event.endStr ? time(event.endStr) : "");
    body.set("was", oldEvent.startStr.slice(0, oldEvent.allDay ? 10 : 16));
    if (event.allDay) body.set("all_day", "on");
    body.set("message", this.dialog.querySelector("textarea").value);
    return body;
  }

  ask(event) {
    const { told, series } = event.extendedProps;
    const { dialog, words } = this;
    const part = (name) => dialog.querySelector(`[data-${name}]`);
    part("what").textContent = fill(words.moveTo, { title: event.title, when: this.when(event) });
    part("series").hidden = !series;
    part("told").hidden = told === 0;
    dialog.querySelector("textarea").value = "";
    const tell = told === 1 ? words.moveOne : words.moveMany;
    part("move").textContent = told === 0 ? words.move : fill(tell, { n: told });
    dialog.returnValue = "";
    dialog.showModal();
    return new Promise((decided) => {
      const decide = () => decided(dialog.returnValue === "move");
      dialog.addEventListener("close", decide, { once: true });
    });
  }

  when(event) {
    const day = { weekday: "long", day: "numeric", month: "long" };
    const time = { hour: "2-digit", minute: "2-digit", hour12: false };
    return event.formatRange(event.allDay ? day : { ...day, ...time });
  }
}
