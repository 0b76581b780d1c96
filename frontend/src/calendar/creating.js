// A click on a day or a drag over a span opens the form with that time.
const SLOT_MS = 30 * 60_000;
const LONGEST_DAY_MS = 25 * 60 * 60_000;

export function wireCreating(address) {
  const go = (fields) => location.assign(`${address}?${new URLSearchParams(fields)}`);
  return {
    selectable: true,
    selectMirror: true,
    selectLongPressDelay: 400,
    dateClick: ({ dateStr, allDay }) => go(allDay ? { date: dateStr } : { start: wall(dateStr) }),
    select: ({ start, end, startStr, endStr, allDay }) => {
      // A plain click is also a selection, of one day or one slot; dateClick has it already.
      if (end - start <= (allDay ? LONGEST_DAY_MS : SLOT_MS)) return;
      if (allDay) go({ start: startStr, end: endStr, all_day: "on" });
      else go({ start: wall(startStr), end: wall(endStr) });
    },
  };
}

/** "2026-11-24T10:00:00+01:00" -> "2026-11-24T10:00": the wall time the reader sees. */
export function wall(text) {
  return text.slice(0, 16);
}
