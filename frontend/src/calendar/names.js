// FullCalendar hides its cells' texts behind `aria-label`; here the visible text is the name again,
// with what the eye gets from the place in the grid added for the ear.
import { locale } from "../page/language.js";

export function spokenNames() {
  return {
    dayHeaderDidMount: ({ el }) => {
      el.removeAttribute("aria-label");
      unveil(el.querySelector("[role=link], [aria-hidden]"));
    },
    dayCellDidMount: ({ el, date, view }) => {
      el.removeAttribute("aria-label");
      const number = el.querySelector(".cal-day__number");
      if (!number) return;
      unveil(number);
      whisper(number, ` ${monthOf(date, view.calendar.getOption("timeZone"))}`);
    },
    viewDidMount: ({ el }) => {
      for (const header of el.querySelectorAll("[role=rowheader][aria-label]")) {
        whisper(header, header.getAttribute("aria-label"));
        header.removeAttribute("aria-label");
      }
      // A day without events would leave nothing in the scrolled part for the keyboard to stand on.
      el.querySelector('[role="gridcell"].cal-day:has(.cal-lane)')?.setAttribute("tabindex", "0");
    },
  };
}

/** Let an event say to a screen reader what its look says to the eye. */
export function describeEvent(words) {
  return ({ el, event }) => {
    const { state, guests, place } = event.extendedProps;
    const facts = [words.states[state], guests && words.withGuests, place].filter(Boolean);
    el.dataset.event = event.id;
    if (facts.length) whisper(el, `, ${facts.join(", ")}`);
  };
}

function unveil(element) {
  element?.removeAttribute("aria-label");
  element?.removeAttribute("aria-hidden");
}

function whisper(element, text) {
  const note = document.createElement("span");
  note.className = "visually-hidden";
  note.textContent = text;
  element.append(note);
}

function monthOf(date, timeZone) {
  const format = { month: "long", year: "numeric", timeZone };
  return new Intl.DateTimeFormat(locale, format).format(date);
}
