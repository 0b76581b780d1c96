"""What a mail server has written down about a mail it received, read without being fooled."""

import re
from collections.abc import Iterable

from convoca.standards.ical.address import normalise

_RESULT = re.compile(r"\s*([a-z][a-z-]*)(?:\s*/\s*\d+)?\s*=\s*([a-z]+)\b(.*)", re.I | re.S)
_PROPERTY = re.compile(r"([a-z]+\.[a-z]+)\s*=\s*(\S+)", re.I)
_HARMLESS = frozenset("@.-_")


def plain(text: str) -> str:
    """Return a structured header without comments, and with no syntax left in quoted strings.

    In either of them can stand what a stranger chose, such as the local part of an address.
    """
    kept: list[str] = []
    depth, is_quoted, is_escaped = 0, False, False
    for character in text:
        if is_escaped:
            is_escaped = False
        elif character == "\\" and (is_quoted or depth):
            is_escaped = True
        elif character == '"' and not depth:
            is_quoted = not is_quoted
            continue
        elif character in "()" and not is_quoted:
            depth = max(0, depth + (1 if character == "(" else -1))
            character = " "
        if not depth:
            is_safe = not is_quoted or character.isalnum() or character in _HARMLESS
            kept.append(character if is_safe else "_")
    return "".join(kept)


def vouches(results: str, domain: str) -> bool:
    """Tell whether plain results prove that a mail comes from `domain` (RFC 7489, 3.1; RFC 8601).

    DMARC's verdict decides. Only where the domain has no policy, or the server does not look for
    one, a signature of this very domain (DKIM), or mail that it lets come from there (SPF), does:
    it is what DMARC would have looked for.
    """
    found = [_read(one) for one in results.split(";")]
    verdicts = [(result, names) for method, result, names in found if method == "dmarc"]
    if any(
        result == "pass" and domain in names.get("header.from", ()) for result, names in verdicts
    ):
        return True
    if any(result != "none" for result, _names in verdicts):
        return False
    return any(
        result == "pass" and domain in names.get(where, ())
        for method, result, names in found
        for where in _ALIGNED.get(method, ())
    )


def summary(headers: Iterable[str]) -> dict[str, str]:
    """Return what the receiving server says of a mail: spf, dkim and dmarc, where it says it.

    `headers` are its Authentication-Results, topmost first; those below in another's name are not
    read. To be asked of a mail only that nobody but its sender can have written. One right
    signature of several is enough (RFC 6376, 4.2).
    """
    found: dict[str, str] = {}
    server: list[str] | None = None
    for header in headers:
        identity, _semicolon, results = plain(header[:_LONGEST]).partition(";")
        server = server or identity.split()[:1]
        if identity.split()[:1] != server:
            break
        for method, result, _names in map(_read, results.split(";")):
            if method in _METHODS and found.get(method) != "pass":
                found[method] = result
    return found


_METHODS = ("spf", "dkim", "dmarc")
_LONGEST = 16 * 1024
_ALIGNED = {"dkim": ("header.d", "header.i"), "spf": ("smtp.mailfrom",)}


def _read(result: str) -> tuple[str, str, dict[str, set[str]]]:
    """Return the method, its result, and the domains that its properties name."""
    found = _RESULT.match(result)
    if found is None:
        return "", "", {}
    names: dict[str, set[str]] = {}
    for name, value in _PROPERTY.findall(found[3]):
        named = normalise(f"x@{value.rpartition('@')[2]}").partition("@")[2]
        names.setdefault(name.lower(), set()).add(named)
    return found[1].lower(), found[2].lower(), names
