// «Preview»: the mail that a chosen guest would get, in a frame, before anything is sent.
import { post } from "../page/requests.js";
import { toast } from "../page/say.js";

export function wirePreview(form) {
  const button = form.querySelector("[data-preview]");
  const dialog = document.getElementById("preview-dialog");
  const choice = dialog.querySelector("select");
  button.formTarget = "preview-frame";

  button.addEventListener("click", (event) => {
    event.preventDefault();
    offer(choice, form);
    show();
  });
  choice.addEventListener("change", show);

  async function show() {
    const { ok, data } = await post(button.formAction, new FormData(form));
    if (!ok) return toast(data.detail);
    for (const name of ["subject", "sender"]) {
      dialog.querySelector(`[data-${name}]`).textContent = data[name];
    }
    if (!dialog.open) dialog.showModal();
    return form.requestSubmit(button);
  }
}

/** Everyone who would get a mail, the one chosen last still chosen. */
function offer(choice, form) {
  const chosen = choice.value;
  const chips = form.querySelectorAll('[data-chip-key]:not([data-kind="ROOM"], [data-me])');
  choice.replaceChildren(
    ...[...chips].map((chip) => new Option(chip.querySelector(".chip__name").textContent, chip.title)),
  );
  if ([...choice.options].some(({ value }) => value === chosen)) choice.value = chosen;
}
