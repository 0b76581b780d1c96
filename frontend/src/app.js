// Every page: the live bell, dialogs and menus. What only some pages use comes as a chunk there.
import "./page/bell.js";
import "./page/dialogs.js";
import { focusFirstInvalid } from "./page/focus.js";

document.documentElement.classList.add("js");
focusFirstInvalid(document);

if (document.querySelector("[hx-get], [hx-post]")) import("./page/htmx.js");

const zone = document.querySelector("[data-guess-zone]");
if (zone) import("./page/zone.js").then(({ guessZone }) => guessZone(zone));

if (document.querySelector("[data-seconds]")) {
  import("./page/stopping.js").then(({ endWithItsSeconds }) => endWithItsSeconds());
}

const ledger = document.querySelector("[data-ledger]");
if (ledger) import("./page/ledger.js").then(({ follow }) => follow(ledger));

const form = document.querySelector("[data-event-form]");
if (form) {
  import("./event/form.js").then(({ enhance }) => enhance(form));
  // Enter in the attendees' box finds somebody; it never sends the form, not even before that script came.
  form.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && event.target.matches("[role=combobox]")) event.preventDefault();
  });
}

const invitation = document.querySelector("[data-rsvp]");
if (invitation) import("./page/touched.js").then(({ tellWhenTouched }) => tellWhenTouched(invitation));
