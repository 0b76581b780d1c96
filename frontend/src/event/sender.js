// The sender is asked for when the first person to write to appears, and remembered (S6, S7).
import { fill, say } from "../page/say.js";
import { countTold } from "./people.js";

export function wireSender(form, words) {
  const panel = form.querySelector("[data-sender-panel]");
  panel.hidden = countTold(form) === 0;

  form.addEventListener("convoca:attendees", () => {
    const wasHidden = panel.hidden;
    panel.hidden = countTold(form) === 0;
    if (wasHidden && !panel.hidden && panel.hasAttribute("data-ask")) say(words.chooseSender);
  });

  // The dialog says when an address is ready: {"id", "label"}. It stays open, for what the check of
  // the domain found and for a test mail; whoever shuts it is where the address is chosen.
  document.addEventListener("sender-ready", ({ detail }) => {
    const input = choose(panel, detail);
    say(fill(words.senderReady, { sender: detail.label }));
    const dialog = document.getElementById("sender-dialog");
    dialog.addEventListener("close", () => input.focus(), { once: true });
  });
}

function choose(panel, { id, label }) {
  let input = panel.querySelector(`input[value="${CSS.escape(id)}"]`);
  if (!input) {
    const row = panel.querySelector("template").content.cloneNode(true);
    input = row.querySelector("input");
    input.value = id;
    row.querySelector("[data-label]").textContent = label;
    panel.querySelector("[data-choices]").append(row);
  }
  input.disabled = false;
  input.checked = true;
  input.closest("details")?.setAttribute("open", "");
  return input;
}
