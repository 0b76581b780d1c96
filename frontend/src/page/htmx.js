// htmx, with the CSRF token on its requests and a word when one fails.
import htmx from "htmx.org";

import { token } from "./requests.js";
import { toast } from "./say.js";

document.addEventListener("htmx:config:request", ({ detail }) => {
  detail.ctx.request.headers["X-CSRFToken"] = token();
});

document.addEventListener("htmx:response:error", () => {
  toast(document.getElementById("toast").dataset.failed);
});

// What was typed before this script had come counts too.
document.addEventListener("htmx:after:init", ({ target }) => {
  if (target.matches("input") && target.value !== target.defaultValue) {
    target.dispatchEvent(new Event("input", { bubbles: true }));
  }
});

export default htmx;
