// Somebody new lives, most likely, in the time zone of their browser: the list starts there.
export function guessZone(select) {
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  if (!zone || select.form.querySelector('[aria-invalid="true"]')) return;
  if (![...select.options].some(({ value }) => value === zone)) {
    select.add(new Option(zone.split("/").at(-1).replaceAll("_", " "), zone));
  }
  select.value = zone;
}
