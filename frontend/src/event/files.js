// <file-drop>: files are uploaded as soon as they are chosen or dropped, and kept by their id.
import { locale } from "../page/language.js";
import { token } from "../page/requests.js";
import { fill, say } from "../page/say.js";

class FileDrop extends HTMLElement {
  connectedCallback() {
    this.list = this.querySelector("[data-files]");
    this.input = this.querySelector('input[type="file"]');
    // Without its name the browser does not send the files a second time with the form.
    this.input.removeAttribute("name");
    this.input.addEventListener("change", () => this.take(this.input.files));
    this.addEventListener("dragover", (event) => this.over(event, true));
    this.addEventListener("dragleave", (event) => this.over(event, false));
    this.addEventListener("drop", (event) => {
      this.over(event, false);
      this.take(event.dataTransfer.files);
    });
    this.addEventListener("click", (event) => this.remove(event.target.closest("[data-remove]")));
  }

  over(event, isOver) {
    event.preventDefault();
    this.toggleAttribute("data-over", isOver);
  }

  take(files) {
    for (const file of [...files]) this.upload(file);
    this.input.value = "";
  }

  upload(file) {
    const row = this.row(file);
    const limit = Number(this.dataset.limit);
    if (file.size > limit) return this.fail(row, this.dataset.tooBig);
    const request = new XMLHttpRequest();
    request.upload.addEventListener("progress", ({ loaded, total }) => {
      row.querySelector("progress").value = loaded / total;
    });
    request.addEventListener("load", () => this.finish(row, file, request));
    request.addEventListener("error", () => this.fail(row, this.dataset.failed));
    request.open("POST", this.dataset.url);
    request.setRequestHeader("X-CSRFToken", token());
    request.setRequestHeader("Accept", "application/json");
    const body = new FormData();
    body.append("file", file);
    request.send(body);
    row.request = request;
  }

  row(file) {
    const row = this.querySelector("template").content.cloneNode(true).firstElementChild;
    row.querySelector(".file__name").textContent = file.name;
    row.querySelector("[data-size]").textContent = size(file.size);
    row.querySelector("progress").setAttribute("aria-label", file.name);
    row.querySelector("[data-remove] .visually-hidden").append(` ${file.name}`);
    this.list.append(row);
    return row;
  }

  finish(row, file, request) {
    const data = parse(request.responseText);
    if (request.status !== 201) return this.fail(row, data.detail || this.dataset.failed);
    row.querySelector("input").value = data.id;
    row.querySelector("input").disabled = false;
    row.querySelector(".meter").remove();
    say(fill(this.dataset.ready, { name: file.name }));
    this.dispatchEvent(new Event("input", { bubbles: true }));
  }

  fail(row, text) {
    row.querySelector(".meter")?.remove();
    const error = row.querySelector(".error");
    error.hidden = false;
    error.textContent = text;
    say(text);
  }

  remove(button) {
    const row = button?.closest(".file");
    if (!row) return;
    row.request?.abort();
    row.remove();
    this.input.focus();
    this.dispatchEvent(new Event("input", { bubbles: true }));
  }
}

function parse(text) {
  try {
    return JSON.parse(text);
  } catch {
    return {};
  }
}

function size(bytes) {
  const units = ["byte", "kilobyte", "megabyte"];
  const step = Math.min(Math.floor(Math.log10(Math.max(bytes, 1)) / 3), 2);
  const format = { style: "unit", unit: units[step], maximumFractionDigits: 1 };
  return new Intl.NumberFormat(locale, format).format(bytes / 1000 ** step);
}

customElements.define("file-drop", FileDrop);
