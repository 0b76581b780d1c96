// Our own toolbar: title, back, today, forward, and the choice of view.
import { locale } from "../page/language.js";
import { say } from "../page/say.js";
import { isPhone, nameOf, typeOf } from "./place.js";

const WHO = "convoca:who";

export function wireToolbar(root, calendar) {
  root.addEventListener("click", ({ target }) => {
    const go = target.closest("[data-go]")?.dataset.go;
    if (go) calendar[go]();
    const view = target.closest("[data-view]")?.dataset.view;
    if (view) calendar.changeView(typeOf(view));
    const who = target.closest("[data-who]")?.dataset.who;
    if (who) showWhose(root, calendar, who);
  });
  showWhose(root, calendar, localStorage.getItem(WHO) ?? "mine");
  let isFirst = true;
  calendar.on("datesSet", ({ view }) => {
    const text = showTitle(root.querySelector("[data-title]"), view, calendar);
    for (const button of root.querySelectorAll("[data-view]")) {
      button.setAttribute("aria-pressed", button.dataset.view === nameOf(view.type));
    }
    if (!isFirst) say(text);
    isFirst = false;
  });
}

/** Only what concerns the reader, or the whole team's events; this browser remembers which. */
function showWhose(root, calendar, who) {
  localStorage.setItem(WHO, who);
  for (const button of root.querySelectorAll("[data-who]")) {
    button.setAttribute("aria-pressed", button.dataset.who === who);
  }
  calendar.getEventSources().forEach((source) => source.remove());
  const extraParams = { who };
  calendar.addEventSource({ url: root.dataset.feed, extraParams });
}

/** Month large, year light: the eye finds "November" and the year stays out of its way. */
function showTitle(heading, view, calendar) {
  const isDay = nameOf(view.type) === "day";
  const middle = new Date((view.currentStart.getTime() + view.currentEnd.getTime()) / 2);
  const at = isDay ? view.currentStart : middle;
  const timeZone = calendar.getOption("timeZone");
  const format = (options) => new Intl.DateTimeFormat(locale, { ...options, timeZone }).format(at);
  const length = isPhone() ? "short" : "long";
  const long = isDay ? { weekday: length, day: "numeric", month: length } : { month: "long" };
  const name = capital(format(long));
  const year = document.createElement("span");
  year.textContent = format({ year: "numeric" });
  heading.replaceChildren(name, " ", year);
  document.title = `${heading.textContent} · Convoca`;
  return heading.textContent;
}

function capital(text) {
  return text.charAt(0).toLocaleUpperCase(locale) + text.slice(1);
}
