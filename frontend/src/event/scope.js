// «Only this date»: what belongs to the whole series is put away, unless something was changed there.
export function wireScope(form) {
  if (!form.elements.scope) return;
  const parts = [...form.querySelectorAll("[data-whole-series]")];
  const before = parts.map(read);
  const wasRefused = form.hasAttribute("data-changed");
  const show = () => {
    parts.forEach((part, index) => {
      const isUntouched = read(part) === before[index];
      part.classList.toggle("put-away", !wasRefused && isOneDate(form) && isUntouched);
    });
  };
  form.addEventListener("change", show);
  show();
}

export function isOneDate(form) {
  return form.elements.scope?.value === "this";
}

/** Everything that the fields of a part would send. */
function read(part) {
  const fields = [...part.querySelectorAll("[name]:not(:disabled)")];
  const sent = fields.filter(({ type, checked }) => checked || !["checkbox", "radio"].includes(type));
  return JSON.stringify(sent.map(({ name, value }) => [name, value]));
}
