// The button says what pressing it will do.
import { fill } from "../page/say.js";

export function wireOutcome(form, words) {
  const button = form.querySelector("[data-outcome]");
  const update = () => {
    const told = form.querySelectorAll('[data-chip-key]:not([data-kind="ROOM"], [data-me])').length;
    button.textContent = sentence(words.outcome, told);
    const message = form.querySelector("[data-message]");
    if (message) message.hidden = told === 0 && !form.hasAttribute("data-had-attendees");
    for (const part of form.querySelectorAll("[data-only-with-guests]")) {
      part.hidden = !form.querySelector('[data-chip-key][data-kind="GUEST"]');
    }
  };
  form.addEventListener("convoca:attendees", update);
  update();
  form.addEventListener("submit", () => setTimeout(() => (button.disabled = true)));
  window.addEventListener("pageshow", () => (button.disabled = false));
}

function sentence({ none, one, many }, count) {
  if (count === 0) return none;
  return fill(count === 1 ? one : many, { n: count });
}
