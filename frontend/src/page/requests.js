// Requests to our own server carry the CSRF token of the page they leave from.

/** Send a form's fields, or any FormData; the answer is {ok, status, data}. */
export async function post(url, body) {
  const response = await fetch(url, {
    method: "POST",
    body,
    headers: { "X-CSRFToken": token(), Accept: "application/json" },
  });
  return { ok: response.ok, status: response.status, data: await json(response) };
}

export async function get(url, signal) {
  const response = await fetch(url, { headers: { Accept: "application/json" }, signal });
  if (!response.ok) throw new Error(`${url}: ${response.status}`);
  return response.json();
}

export function token() {
  return document.querySelector('meta[name="csrf-token"]').content;
}

async function json(response) {
  const type = response.headers.get("Content-Type") ?? "";
  return type.includes("json") ? response.json() : {};
}
