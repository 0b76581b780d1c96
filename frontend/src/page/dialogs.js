// <button data-opens="id"> shows a <dialog>, data-closes shuts the one around it; a dialog whose
// button names a page (data-from) fetches it first. Menus shut on Escape and on a click elsewhere.
document.addEventListener("click", (event) => {
  const opener = event.target.closest("[data-opens]");
  if (opener) open(document.getElementById(opener.dataset.opens), opener.dataset.from);
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
    await htmx.ajax("GET", address, { target: dialog.querySelector("[data-page]") });
  }
  dialog.showModal();
}

function isOutside({ target, clientX, clientY }) {
  const { left, right, top, bottom } = target.getBoundingClientRect();
  return clientX < left || clientX > right || clientY < top || clientY > bottom;
}
