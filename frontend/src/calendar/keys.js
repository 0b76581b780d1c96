// Alt and the arrows move the focused event; the new time is spoken, and kept when Alt is let go.
import { say } from "../page/say.js";
import { nameOf } from "./place.js";

const STEPS = {
  ArrowLeft: () => ({ days: -1 }),
  ArrowRight: () => ({ days: 1 }),
  ArrowUp: (isMonth) => (isMonth ? { days: -7 } : { minutes: -15 }),
  ArrowDown: (isMonth) => (isMonth ? { days: 7 } : { minutes: 15 }),
};

export function wireKeys(root, calendar, mover, words) {
  const grid = root.querySelector("[data-grid]");
  let moved = null;

  grid.addEventListener("keydown", (press) => {
    if (!press.altKey || !STEPS[press.key]) return;
    const id = press.target.closest("[data-event]")?.dataset.event;
    const event = id && calendar.getEventById(id);
    if (!event) return;
    press.preventDefault();
    if (!event.startEditable) return say(words.fixed);
    const step = STEPS[press.key](nameOf(calendar.view.type) === "month");
    if (event.allDay && step.minutes) return;
    moved ??= { id, startStr: event.startStr, endStr: event.endStr, allDay: event.allDay };
    event.moveDates(step);
    refocus(grid, id);
    say(mover.when(event), { isAlone: true });
  });

  window.addEventListener("keyup", async ({ key }) => {
    if (key !== "Alt" || !moved) return;
    const before = moved;
    moved = null;
    const event = calendar.getEventById(before.id);
    const revert = () => {
      event.setDates(before.startStr, before.endStr || null, { allDay: before.allDay });
    };
    calendar.on("eventsSet", () => refocus(grid, before.id));
    await mover.confirm({ event, revert });
    refocus(grid, before.id);
  });
}

/** The calendar may draw a moved event anew; the focus goes with it. */
function refocus(grid, id) {
  requestAnimationFrame(() => {
    const isElsewhere = document.activeElement !== document.body;
    if (isElsewhere && !grid.contains(document.activeElement)) return;
    grid.querySelector(`[data-event="${CSS.escape(id)}"]`)?.focus();
  });
}
