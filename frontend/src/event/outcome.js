// The button says what pressing it will do, and the line above it who will be told.
import { token } from "../page/requests.js";
import { fill } from "../page/say.js";
import { countTold, hasGuests } from "./people.js";

const PAUSE = 400;

export function wireOutcome(form, words) {
  const button = form.querySelector("[data-outcome]");
  let pause, asking;

  const guess = () => {
    const count = countTold(form);
    for (const part of form.querySelectorAll("[data-only-with-guests]")) part.hidden = !hasGuests(form);
    if (form.hasAttribute("data-is-new")) button.textContent = sentence(words.outcome, count);
    form.querySelector("[data-silent]").hidden = count === 0;
    form.querySelector("[data-sending]").hidden = count === 0 && form.hasAttribute("data-is-new");
  };
  const refine = () => {
    clearTimeout(pause);
    pause = setTimeout(async () => {
      asking?.abort();
      asking = new AbortController();
      const told = await ask(form, asking.signal);
      if (told?.button) show(form, button, told);
    }, PAUSE);
  };

  form.addEventListener("convoca:attendees", () => (guess(), refine()));
  form.addEventListener("change", refine);
  form.addEventListener("submit", ({ submitter }) => {
    if (submitter?.hasAttribute("data-preview")) return;
    setTimeout(() => (button.disabled = true));
  });
  window.addEventListener("pageshow", () => (button.disabled = false));
  guess();
  refine();
}

/** Ask the server, which knows who was reached before and who wishes for no mail. */
async function ask(form, signal) {
  try {
    const response = await fetch(form.dataset.audience, {
      method: "POST",
      body: new FormData(form),
      headers: { "X-CSRFToken": token(), Accept: "application/json" },
      signal,
    });
    return response.ok ? await response.json() : null;
  } catch {
    return null;
  }
}

function show(form, button, { button: text, sentence: told, count, mayChoose }) {
  button.textContent = text;
  const line = form.querySelector("[data-told]");
  if (line.textContent !== told) line.textContent = told;
  const choice = form.querySelector("[data-notify]");
  if (choice) choice.hidden = !mayChoose;
  form.querySelector("[data-silent]").hidden = count === 0;
  form.querySelector("[data-sending]").hidden = count === 0 && !told;
}

function sentence({ none, one, many }, count) {
  if (count === 0) return none;
  return fill(count === 1 ? one : many, { n: count });
}
