// The event's page follows its mails: while some are on their way it asks for its attendees again,
// as soon as the server says that there may be news (data-again, in seconds), and when the bell rings.
//
// Only a visible page asks. What has not changed stays as it is, with the focus in it; read out is
// the sum alone, now and then and at the end.
import { say } from "./say.js";
import { forget } from "./stopping.js";

const AFTER_FAILURE = 30; // seconds
const BETWEEN_SUMS = 15_000; // milliseconds

export function follow(ledger) {
  const sum = () => ledger.querySelector("[data-sum]")?.textContent ?? "";
  let isFollowed = Boolean(ledger.dataset.again);
  let said = sum();
  let saidAt = Date.now();
  let waiting, asking;

  const plan = (seconds) => {
    clearTimeout(waiting);
    if (seconds && !document.hidden) waiting = setTimeout(ask, seconds * 1000);
  };
  const ask = async () => {
    clearTimeout(waiting);
    if (document.hidden || asking) return;
    asking = refresh(ledger);
    const isFresh = await asking.catch(() => false);
    asking = null;
    if (isFresh) tell();
    plan(isFresh ? ledger.dataset.again : isFollowed && AFTER_FAILURE);
  };
  const tell = () => {
    const isOver = !ledger.dataset.again;
    isFollowed ||= !isOver;
    // The sum stays when the last mail has left: nothing jumps, and whoever looks reads the end.
    const shown = ledger.querySelector("[data-progress]");
    if (shown && isFollowed) shown.hidden = false;
    if (sum() === said || !(isOver || Date.now() - saidAt > BETWEEN_SUMS)) return;
    said = sum();
    saidAt = Date.now();
    if (isFollowed) say(said);
  };

  document.addEventListener("visibilitychange", () => (document.hidden ? plan() : isFollowed && ask()));
  document.addEventListener("convoca:news", ask);
  plan(ledger.dataset.again);
}

/** Take over what the server says now; tell whether it said so. */
async function refresh(ledger) {
  const { default: htmx } = await import("./htmx.js");
  // Who has been signed out is sent elsewhere, and that page is not what we asked for.
  const address = ledger.dataset.ledger + location.search;
  const response = await fetch(address, { redirect: "error", headers: { "HX-Request": "true" } });
  if (!response.ok) return false;
  const text = (await response.text()).trim();
  const hadFocus = ledger.contains(document.activeElement);
  await htmx.swap({ text, target: ledger, swap: "outerMorph", sourceElement: ledger });
  if (hadFocus && !ledger.contains(document.activeElement)) ledger.closest("[tabindex]").focus();
  if (!("stoppable" in ledger.dataset)) forget();
  return true;
}
