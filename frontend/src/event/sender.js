// The sender is asked for when the first guest appears, and remembered (S6, S7).
import { say } from "../page/say.js";

export function wireSender(form, words) {
  const panel = form.querySelector("[data-sender-panel]");
  if (!panel) return;
  let wasHidden = panel.hidden;

  form.addEventListener("convoca:attendees", () => {
    panel.hidden = !form.querySelector('[data-chip-key][data-kind="GUEST"]');
    if (wasHidden && !panel.hidden && panel.hasAttribute("data-ask")) say(words.chooseSender);
    wasHidden = panel.hidden;
  });

  // The dialog's pages say so when an address is ready: {"id", "label"}.
  document.addEventListener("sender-ready", ({ detail }) => {
    document.getElementById("sender-dialog").close();
    choose(panel, detail);
    say(words.senderReady.replace("%sender", detail.label));
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
  input.checked = true;
  input.focus();
}
