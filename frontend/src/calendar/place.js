// Where the calendar stands is kept in the address, so that reload and back return to it.
const VIEWS = { month: "dayGridMonth", week: "timeGridWeek", day: "timeGridDay" };
const KEY = "convoca:view";

export function startingPoint() {
  const asked = new URLSearchParams(location.search);
  const view = asked.get("view") ?? localStorage.getItem(KEY) ?? (isPhone() ? "day" : "week");
  const date = asked.get("date");
  return { initialView: VIEWS[view] ?? VIEWS.week, ...(date && { initialDate: date }) };
}

export function remember(calendar, { type }) {
  const name = nameOf(type);
  localStorage.setItem(KEY, name);
  const address = new URL(location.href);
  address.searchParams.set("view", name);
  address.searchParams.set("date", calendar.formatIso(calendar.getDate()).slice(0, 10));
  history.replaceState(null, "", address);
}

export function nameOf(type) {
  return Object.keys(VIEWS).find((name) => VIEWS[name] === type) ?? "week";
}

export function typeOf(name) {
  return VIEWS[name];
}

export function isPhone() {
  return matchMedia("(width < 48rem)").matches;
}
