// Start, end, all day: moving the start keeps the duration, and the choice is echoed in words.
import { locale } from "../page/language.js";
import { fill } from "../page/say.js";
import { instant, minutes, parts } from "./time.js";

export function wireWhen(form, words) {
  const field = (name) => form.elements[name];
  let duration = span();

  form.addEventListener("change", ({ target }) => {
    if (target.name === "start_date" || target.name === "start_time") moveEnd();
    if (target.name === "end_date" || target.name === "end_time") duration = span();
    if (target.name === "all_day") toggleTimes();
    echo();
  });
  toggleTimes();
  echo();

  function moveEnd() {
    const start = read("start");
    if (start === null || duration === null) return;
    const { date, time } = parts(start + Math.max(duration, 0));
    field("end_date").value = date;
    if (!field("all_day").checked) field("end_time").value = time;
  }

  function toggleTimes() {
    const isAllDay = field("all_day").checked;
    for (const name of ["start_time", "end_time", "timezone"]) {
      field(name).closest(".field").hidden = isAllDay;
    }
    duration = span();
  }

  function read(edge) {
    const time = field("all_day").checked ? "" : field(`${edge}_time`).value;
    return minutes(field(`${edge}_date`).value, time);
  }

  function span() {
    const [start, end] = [read("start"), read("end")];
    return start === null || end === null ? null : end - start;
  }

  function echo() {
    const [start, end] = [read("start"), read("end")];
    const box = form.querySelector("[data-echo]");
    if (start === null || end === null) return (box.textContent = "");
    if (end < start) return (box.textContent = words.endBeforeStart);
    box.textContent = describe(start, end, field("all_day").checked, field("timezone").value, words);
  }
}

function describe(start, end, isAllDay, zone, words) {
  const day = { weekday: "long", day: "numeric", month: "long", year: "numeric" };
  if (isAllDay) return range(new Date(start * 60_000), new Date(end * 60_000), "UTC", day);
  const [from, to] = [instant(start, zone), instant(end, zone)];
  const format = { ...day, hour: "2-digit", minute: "2-digit" };
  const own = range(from, to, zone, format);
  if (zone === words.zone || sameClock(from, zone, words.zone)) return `${own} · ${length(end - start)}`;
  const time = { weekday: "short", hour: "2-digit", minute: "2-digit" };
  const yours = fill(words.inYourZone, { time: range(from, to, words.zone, time) });
  return `${own} (${zone.replaceAll("_", " ")}) · ${length(end - start)} · ${yours}`;
}

function range(from, to, timeZone, format) {
  return new Intl.DateTimeFormat(locale, { ...format, timeZone }).formatRange(from, to);
}

function sameClock(at, one, other) {
  const clock = (timeZone) => new Intl.DateTimeFormat("en", { timeZone, dateStyle: "short", timeStyle: "short" }).format(at);
  return clock(one) === clock(other);
}

function length(total) {
  const units = [["day", 1440], ["hour", 60], ["minute", 1]];
  const said = [];
  for (const [unit, size] of units) {
    const count = Math.floor(total / size);
    total -= count * size;
    if (count) said.push(number(count, unit));
  }
  return said.join(" ") || number(0, "minute");
}

function number(count, unit) {
  const format = { style: "unit", unit, unitDisplay: unit === "day" ? "long" : "short" };
  return new Intl.NumberFormat(locale, format).format(count);
}
