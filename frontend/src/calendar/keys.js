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
  const refocus = keepFocus(grid);
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
    await mover.confirm({ event, revert });
    refocus();
  });
}

/** The calendar may draw an event anew at any time; the focus stays until somebody moves it. */
function keepFocus(grid) {
  let held = null;
  const refocus = () => {
    const at = document.activeElement;
    const isElsewhere = at !== document.body && !grid.contains(at);
    if (!held || isElsewhere || at.dataset.event === held) return;
    grid.querySelector(`[data-event="${CSS.escape(held)}"]`)?.focus();
  };
  grid.addEventListener("focusin", ({ target }) => {
    held = target.closest("[data-event]")?.dataset.event ?? null;
  });
  window.addEventListener("pointerdown", () => {
    held = null;
  });
  const redrawn = { childList: true, subtree: true, attributeFilter: ["data-event"] };
  new MutationObserver(refocus).observe(grid, redrawn);
  return refocus;
}
