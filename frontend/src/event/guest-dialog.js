// «Invite a guest»: saved in the address book at once, sent nothing until the event is saved.
import { post } from "../page/requests.js";
import { say } from "../page/say.js";

export function wireGuestDialog(dialog, { done, closed }) {
  const form = dialog.querySelector("form");
  let person = null;

  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const { ok, data } = await post(form.action, new FormData(form));
    if (!ok) return showErrors(form, data);
    person = data;
    return dialog.close();
  });

  dialog.addEventListener("close", () => {
    if (person) done(person);
    else closed();
    person = null;
  });

  return {
    open(typed) {
      form.reset();
      showErrors(form, {});
      fillIn(form, typed);
      dialog.showModal();
      const { email, first_name: first } = form.elements;
      (email.value ? first : email).focus();
    },
  };
}

function fillIn(form, typed) {
  const { email, first_name: first, last_name: last } = form.elements;
  if (typed.includes("@")) {
    email.value = typed;
  } else {
    const [one, ...rest] = typed.split(/\s+/);
    first.value = one;
    last.value = rest.join(" ");
  }
}

function showErrors(form, { errors = [], detail = "" }) {
  const general = form.querySelector("[data-error]");
  const byField = new Map(errors.map(({ field, message }) => [field, message]));
  general.textContent = byField.size ? "" : detail;
  for (const box of form.querySelectorAll("[data-error-for]")) {
    const message = byField.get(box.dataset.errorFor) ?? "";
    box.textContent = message;
    form.elements[box.dataset.errorFor].setAttribute("aria-invalid", Boolean(message));
  }
  const [first] = byField.keys();
  form.elements[first]?.focus();
  say([...byField.values()].join(" ") || general.textContent);
}
