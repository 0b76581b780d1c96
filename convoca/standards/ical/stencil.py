"""A text written once for many people, cut where each of them has something of their own."""

import re
from collections.abc import Mapping

from convoca.standards.ical.cleaning import mailto, parameter

_LONGEST = 74  # octets of text in a line; a continuation begins with a space (RFC 5545, 3.1)
_QUOTED = re.compile("[,;:’' ]")


class Unfit(ValueError):
    """A value that cannot be put in place of a mark: it has to be written by the library."""


class Stencil:
    """Bytes with holes where the marks stood; `fill` puts each person's own values there."""

    def __init__(self, text: bytes, marks: Mapping[str, str]) -> None:
        """Cut `text`; `marks` are the texts that stand for values, by the values' names."""
        names = {mark.encode(): name for name, mark in marks.items()}
        pieces = re.split(b"(" + b"|".join(map(re.escape, names)) + b")", text)
        self._pieces = pieces
        self._holes = [(at, names[pieces[at]]) for at in range(1, len(pieces), 2)]

    @property
    def has_holes(self) -> bool:
        """Tell whether there is anything to fill in."""
        return bool(self._holes)

    def fill(self, values: Mapping[str, bytes]) -> bytes:
        """Return the text with a value at each hole."""
        pieces = self._pieces.copy()
        for at, name in self._holes:
            pieces[at] = values[name]
        return b"".join(pieces)


class CalendarStencil:
    """A calendar object with holes: lines with one are folded anew, all others stay as written.

    The marks must have been written where they need neither quoting nor escaping; `in_parameter`
    and `in_address` make the values what the library would have written in their place.
    """

    def __init__(self, written: bytes, marks: Mapping[str, str]) -> None:
        """Cut what `writing.write` wrote of an event with marks in it."""
        self._pieces: list[bytes | Stencil] = []
        fixed: list[bytes] = []
        for folded in re.findall(rb"[^\r]*\r\n(?:[ ][^\r]*\r\n)*", written):
            line = Stencil(folded[:-2].replace(b"\r\n ", b""), marks)
            if line.has_holes:
                self._pieces += [b"".join(fixed), line]
                fixed.clear()
            else:
                fixed.append(folded)
        self._pieces.append(b"".join(fixed))

    def fill(self, values: Mapping[str, bytes]) -> bytes:
        """Return the object with a value at each hole, its lines folded at 75 octets."""
        return b"".join(
            piece if isinstance(piece, bytes) else fold(piece.fill(values)) + b"\r\n"
            for piece in self._pieces
        )


def in_parameter(name: str) -> str:
    """Return a name as the library writes it after `CN=`. Raises Unfit.

    An empty name leaves the whole parameter out, and a caret becomes two (RFC 6868).
    """
    value = parameter(name)
    if not value or "^" in value:
        raise Unfit(name)
    return f'"{value}"' if _QUOTED.search(value) else value


def in_address(address: str) -> str:
    """Return an address as the library writes it after `mailto:`. Raises Unfit."""
    scheme, colon, bare = mailto(address).partition(":")
    if scheme + colon != "mailto:":
        raise Unfit(address)
    return bare


def fold(line: bytes) -> bytes:
    """Return a content line folded as the library folds it: never inside a character or escape."""
    if len(line) <= _LONGEST:
        return line
    pieces, at = [], 0
    while len(line) - at > _LONGEST:
        end = at + _LONGEST
        while line[end] & 0xC0 == 0x80:
            end -= 1
        if line[end - 1] in b"\\^" and end - at > 1:
            end -= 1
        pieces.append(line[at:end])
        at = end
    return b"\r\n ".join([*pieces, line[at:]])
