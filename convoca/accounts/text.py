"""Text as people type it: cleaned before it is kept, and folded for searching."""

from __future__ import annotations

import re
import unicodedata

_BREAKS = re.compile(r"[\s\x00-\x1f\x7f-\x9f\u2028\u2029]+")
_UNPRINTABLE = re.compile(
    r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]"
)


def one_line(text: str) -> str:
    """Return the text as a title or name: one line, no control or bidi-override characters."""
    return _UNPRINTABLE.sub("", _BREAKS.sub(" ", text)).strip()


def many_lines(text: str) -> str:
    """Return the text with plain line ends and without characters nobody can see or store."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n")
    return _UNPRINTABLE.sub("", lines).strip()


def fold(text: str) -> str:
    """Return the text as a search sees it: `Álvarez` and `ALVAREZ` are the same."""
    if text.isascii():
        return text.casefold()
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return "".join(char for char in decomposed if not unicodedata.combining(char)).casefold()
