// <rich-text>: a small editor over a textarea. What it writes is sanitised again by the server.
const KEYS = { b: "bold", i: "italic" };

class RichText extends HTMLElement {
  connectedCallback() {
    this.plain = this.querySelector("textarea");
    this.text = this.querySelector(".rich__text");
    this.html = this.querySelector('input[name="description_html"]');
    this.html.disabled = false;
    this.text.innerHTML = this.html.value;
    this.plain.hidden = true;
    this.querySelector(".rich").hidden = false;
    this.wire();
  }

  wire() {
    document.execCommand("defaultParagraphSeparator", false, "p");
    this.text.addEventListener("focus", () => this.begin());
    this.text.addEventListener("input", () => this.keep());
    this.text.addEventListener("paste", (event) => this.paste(event));
    this.text.addEventListener("keydown", (event) => this.shortcut(event));
    this.text.addEventListener("keyup", () => this.reflect());
    this.text.addEventListener("mouseup", () => this.reflect());
    for (const button of this.querySelectorAll("[data-command]")) {
      button.addEventListener("mousedown", (event) => event.preventDefault());
      button.addEventListener("click", () => this.apply(button.dataset.command));
    }
  }

  /** An empty editor starts with a paragraph, so that the first line is one like the others. */
  begin() {
    if (!this.text.textContent.trim()) this.text.innerHTML = "<p><br></p>";
  }

  keep() {
    this.html.value = this.text.textContent.trim() ? this.text.innerHTML : "";
    this.plain.value = this.text.innerText;
  }

  apply(command) {
    this.text.focus();
    const value = command === "createLink" ? this.address() : null;
    if (command !== "createLink" || value) document.execCommand(command, false, value);
    this.keep();
    this.reflect();
    this.dispatchEvent(new Event("input", { bubbles: true }));
  }

  /** A selection that looks like an address becomes its own link. */
  address() {
    const selected = String(getSelection()).trim();
    const offered = /^\S+\.\S+$/.test(selected) ? selected : "";
    const typed = prompt(this.dataset.ask, offered || "https://");
    if (!typed || typed === "https://") return null;
    return /^[a-z][a-z0-9+.-]*:/i.test(typed) ? typed : `https://${typed}`;
  }

  paste(event) {
    event.preventDefault();
    document.execCommand("insertText", false, event.clipboardData.getData("text/plain"));
  }

  shortcut(event) {
    const command = KEYS[event.key.toLowerCase()];
    if (!command || !(event.ctrlKey || event.metaKey)) return;
    event.preventDefault();
    this.apply(command);
  }

  reflect() {
    for (const button of this.querySelectorAll("[data-command][aria-pressed]")) {
      button.setAttribute("aria-pressed", document.queryCommandState(button.dataset.command));
    }
  }
}

customElements.define("rich-text", RichText);
