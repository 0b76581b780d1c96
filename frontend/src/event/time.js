// Wall-clock arithmetic on the values of date and time inputs ("2026-11-24", "10:00").
const MINUTE = 60_000;

/** Minutes since 1970 of a wall time, as if every clock ran on UTC. */
export function minutes(date, time) {
  const value = Date.parse(`${date}T${time || "00:00"}Z`);
  return Number.isNaN(value) ? null : value / MINUTE;
}

/** The inverse of `minutes`: the values of a date and a time input. */
export function parts(value) {
  const text = new Date(value * MINUTE).toISOString();
  return { date: text.slice(0, 10), time: text.slice(11, 16) };
}

/** The instant at which a clock in `zone` shows this wall time. */
export function instant(wall, zone) {
  const guess = wall * MINUTE;
  const first = guess - offset(guess, zone);
  return new Date(guess - offset(first, zone));
}

function offset(instantMs, zone) {
  const shown = new Intl.DateTimeFormat("en-CA", {
    timeZone: zone, hourCycle: "h23", year: "numeric", month: "2-digit", day: "2-digit",
    hour: "2-digit", minute: "2-digit", second: "2-digit",
  }).formatToParts(instantMs);
  const get = (type) => shown.find((part) => part.type === type).value;
  const day = `${get("year")}-${get("month")}-${get("day")}`;
  return Date.parse(`${day}T${get("hour")}:${get("minute")}:${get("second")}Z`) - instantMs;
}
