// Addresses as people paste them: one a line, or a mail program's «Name <address>, …».
const PLAIN = /^[^\s@<>"]+@[^\s@<>"]+\.[^\s@<>".]{2,}$/;

/** Split pasted text into {email, name, ok}; what does not look like an address is kept, not ok. */
export function parseAddresses(text) {
  const seen = new Set();
  const found = [];
  for (const piece of split(text)) {
    const person = parse(piece);
    const key = person.email.toLowerCase();
    if (seen.has(key)) continue;
    seen.add(key);
    found.push(person);
  }
  return found;
}

/** Commas inside quotation marks do not separate: "López, Gwen" <gwen@example.org>. */
function split(text) {
  const pieces = text.match(/(?:"[^"]*"|[^",;\n])+/g) ?? [];
  return pieces.map((piece) => piece.trim()).filter(Boolean);
}

function parse(piece) {
  const [, name, inner] = piece.match(/^(.*?)\s*<([^<>]*)>$/) ?? [null, "", piece];
  const email = inner.trim().replace(/^mailto:/i, "");
  return { email, name: turn(name.replaceAll('"', "").trim()), ok: PLAIN.test(email) };
}

/** «López, Gwen» is how some address books write Gwen López. */
function turn(name) {
  const [last, first, ...more] = name.split(/\s*,\s*/);
  return first && !more.length ? `${first} ${last}` : name;
}
