// The button that stops the mails of a save goes away with the seconds in which it can.
export function endWithItsSeconds() {
  const seconds = Number(document.querySelector(".messages [data-seconds]")?.dataset.seconds);
  if (seconds) setTimeout(forget, seconds * 1000);
}

/** Take away what can no longer be pressed with any effect. */
export function forget() {
  for (const button of document.querySelectorAll(".messages [data-seconds]")) {
    if (button.contains(document.activeElement)) document.getElementById("main").focus();
    button.remove();
  }
}
