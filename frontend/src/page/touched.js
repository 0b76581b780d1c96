// The guest's page says once that a person uses it. Mail scanners load pages, some with a browser,
// but they do not press, type or scroll.
export function tellWhenTouched(page) {
  const stop = new AbortController();
  const tell = () => {
    stop.abort();
    navigator.sendBeacon(page.dataset.rsvp);
  };
  for (const type of ["pointerdown", "keydown", "wheel", "touchstart"]) {
    addEventListener(type, tell, { signal: stop.signal, passive: true });
  }
}
