// What has data-opens="id" shows a <dialog>, data-closes shuts the one around it; a dialog whose
// opener names a page (data-from, empty for where its link leads) fetches it first. Menus shut on Escape and on a click elsewhere.
document.addEventListener("click", (event) => {
  const opener = event.target.closest("[data-opens]");
  if (opener && !event.ctrlKey && !event.metaKey) {
    event.preventDefault(); // a link leads to the same as a page, for whoever wants that
    const { opens, from } = opener.dataset;
    open(document.getElementById(opens), from === "" ? opener.href : from);
  }
  if (event.target.closest("[data-closes]")) event.target.closest("dialog")?.close();
  if (event.target.matches("dialog[open]") && isOutside(event)) event.target.close();
  for (const menu of document.querySelectorAll("details.menu[open]")) {
    if (!menu.contains(event.target)) menu.open = false;
  }
});

document.addEventListener("keydown", (event) => {
  const menu = document.querySelector("details.menu[open]");
  if (event.key !== "Escape" || !menu) return;
  menu.open = false;
  menu.querySelector("summary").focus();
});

export async function open(dialog, address) {
  if (address) {
    const { default: htmx } = await import("./htmx.js");
    const page = dialog.querySelector("[data-page]");
    page.replaceChildren();
    await htmx.ajax("GET", address, { target: page });
    if (!page.childElementCount) return;
  }
  dialog.showModal();
  dialog.querySelector("[data-page] > form :is(input:not([type=hidden]), textarea)")?.focus();
  const [, place] = (address ?? "").split("#"); // the part of the page that is meant
  if (place) dialog.querySelector(`#${CSS.escape(place)} input:not([type="hidden"])`)?.focus();
}

function isOutside({ target, clientX, clientY }) {
  const { left, right, top, bottom } = target.getBoundingClientRect();
  return clientX < left || clientX > right || clientY < top || clientY > bottom;
}
