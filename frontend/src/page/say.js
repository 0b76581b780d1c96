// What just happened, for ears (a live region) and for eyes (a toast).
let fading;

export function say(text) {
  const region = document.getElementById("said");
  region.textContent = "";
  // A change in a later task is read out even when the words are the same as before.
  setTimeout(() => (region.textContent = text), 30);
}

export function toast(text) {
  if (!text) return;
  const box = document.getElementById("toast");
  say(text);
  box.textContent = text;
  clearTimeout(fading);
  fading = setTimeout(() => (box.textContent = ""), 6000);
}

/** Fill the `{name}` places of a translated text. */
export function fill(text, values) {
  return text.replace(/\{(\w+)\}/g, (place, name) => values[name] ?? place);
}
