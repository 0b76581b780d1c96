// The quick card: who, when, what they answered, and the way to the whole event.
import { toast } from "../page/say.js";
import { isPhone } from "./place.js";

export function wireCard(root, calendar, words) {
  const card = root.querySelector("[data-card]");
  let opener = null;

  calendar.setOption("eventClick", async ({ el, event, jsEvent }) => {
    jsEvent.preventDefault();
    opener = el;
    const response = await fetch(event.extendedProps.card, { headers: { "HX-Request": "true" } });
    if (!response.ok) return toast(words.notLoaded);
    card.innerHTML = await response.text();
    card.showPopover();
    place(card, el);
    return card.querySelector("h2").focus();
  });

  card.addEventListener("click", ({ target }) => {
    if (target.closest("[data-closes]")) card.hidePopover();
  });

  card.addEventListener("beforetoggle", ({ newState }) => {
    if (newState === "closed" && card.contains(document.activeElement)) opener?.focus();
  });
}

/** Beside the event where there is room, else wherever it fits. */
function place(card, anchor) {
  card.style.removeProperty("left");
  card.style.removeProperty("top");
  if (isPhone()) return;
  const [at, size] = [anchor.getBoundingClientRect(), card.getBoundingClientRect()];
  const gap = 8;
  const right = at.right + gap;
  const left = right + size.width <= innerWidth - gap ? right : at.left - size.width - gap;
  card.style.left = `${clamp(left, gap, innerWidth - size.width - gap)}px`;
  card.style.top = `${clamp(at.top, gap, innerHeight - size.height - gap)}px`;
}

function clamp(value, low, high) {
  return Math.max(low, Math.min(value, high));
}
