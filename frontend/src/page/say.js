// What just happened, for ears (a live region) and for eyes (a toast).
let fading, speaking;
let unsaid = [];

/** Speak; what is said in the same breath is read out as one, unless it takes the others' place. */
export function say(text, { isAlone = false } = {}) {
  const region = document.getElementById("said");
  unsaid = isAlone ? [text] : [...unsaid, text];
  region.textContent = "";
  clearTimeout(speaking);
  // A change in a later task is read out even when the words are the same as before.
  speaking = setTimeout(() => {
    region.textContent = unsaid.join(" ");
    unsaid = [];
  }, 50);
}

/** Show a text for a while; with `act` a button, whose `label` is read out too. */
export function toast(text, act) {
  if (!text) return;
  const box = document.getElementById("toast");
  say(act ? `${text} ${act.label}` : text);
  box.replaceChildren(text, ...(act ? [button(act)] : []));
  clearTimeout(fading);
  fading = setTimeout(() => box.replaceChildren(), act ? 12_000 : 6000);
}

function button({ label, press }) {
  const made = document.createElement("button");
  made.type = "button";
  made.className = "button";
  made.textContent = label;
  made.addEventListener("click", press, { once: true });
  return made;
}

/** Fill the `{name}` places of a translated text. */
export function fill(text, values) {
  return text.replace(/\{(\w+)\}/g, (place, name) => values[name] ?? place);
}
