// <live-bell>: the number on the bell, kept up to date by server-sent events.
//
// Each `bell` event carries {"unread": 3, "text": "Gwen López accepted …"}; the text may be missing.
// Only a visible page listens, so that twenty open tabs do not hold twenty connections.
import { fill, toast } from "./say.js";

class LiveBell extends HTMLElement {
  connectedCallback() {
    this.listen = () => (document.hidden ? this.hush() : this.open());
    document.addEventListener("visibilitychange", this.listen);
    this.listen();
  }

  disconnectedCallback() {
    document.removeEventListener("visibilitychange", this.listen);
    this.hush();
  }

  open() {
    if (this.source || !this.dataset.stream) return;
    this.source = new EventSource(this.dataset.stream);
    this.source.addEventListener("bell", ({ data }) => this.show(JSON.parse(data)));
  }

  hush() {
    this.source?.close();
    this.source = null;
  }

  show({ unread, text }) {
    const badge = this.querySelector("[data-count]");
    const before = Number(badge.textContent) || 0;
    badge.textContent = unread;
    badge.hidden = unread === 0;
    if (unread <= before) return;
    const words = unread === 1 ? this.dataset.one : fill(this.dataset.many, { n: unread });
    toast(text || words);
    document.dispatchEvent(new CustomEvent("convoca:news"));
  }
}

customElements.define("live-bell", LiveBell);
