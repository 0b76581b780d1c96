// Who is picked in the form, for whatever depends on it.
const TOLD = '[data-chip-key]:not([data-kind="ROOM"], [data-me])';

/** How many people would get a mail; rooms and the host get none. */
export function countTold(form) {
  return form.querySelectorAll(TOLD).length;
}

export function hasGuests(form) {
  return Boolean(form.querySelector('[data-chip-key][data-kind="GUEST"]'));
}
