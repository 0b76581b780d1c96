// The event form comes from the server complete; here it learns to be quick.
import "./picker.js";
import "./files.js";
import "./rich.js";
import { wireOutcome } from "./outcome.js";
import { wirePreview } from "./preview.js";
import { wireRepeat } from "./repeat.js";
import { wireScope } from "./scope.js";
import { wireSender } from "./sender.js";
import { wireWhen } from "./when.js";

export function enhance(form) {
  const words = JSON.parse(document.getElementById("form-words").textContent);
  wireWhen(form, words);
  wireRepeat(form);
  wireScope(form);
  wireSender(form, words);
  wireOutcome(form, words);
  wirePreview(form);
  guardAgainstLoss(form, words);
}

/** Ask before leaving with unsaved changes; the browser finds the words. */
function guardAgainstLoss(form) {
  let isChanged = form.hasAttribute("data-changed");
  form.addEventListener("input", () => (isChanged = true));
  form.addEventListener("convoca:attendees", () => (isChanged = true));
  form.addEventListener("submit", ({ submitter }) => {
    if (!submitter?.hasAttribute("data-preview")) isChanged = false;
  });
  window.addEventListener("beforeunload", (event) => {
    if (isChanged) event.preventDefault();
  });
}
