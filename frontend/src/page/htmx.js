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

export default htmx;
