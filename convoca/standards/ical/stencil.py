"""A text written once for many people, cut where each of them has something of their own."""

import re
from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache

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
        pieces = _any_of(tuple(marks.values())).split(text)
        self._pieces = pieces
        self._holes = [(at, names[pieces[at]]) for at in range(1, len(pieces), 2)]

    def fill(self, values: Mapping[str, bytes]) -> bytes:
        """Return the text with a value at each hole."""
        pieces = self._pieces.copy()
        for at, name in self._holes:
            pieces[at] = values[name]
        return b"".join(pieces)


class LineStencil:
    """A text with holes that is written line by line in some encoding which breaks long lines.

    All is encoded beforehand but the lines with a `free` mark. A `fixed` mark stands for values of
    its own length, of nothing but letters, digits, `-` and `_`: those break where the mark does.
    The free marks must have been written where they need neither quoting nor escaping.
    """

    def __init__(
        self,
        lines: Iterable[bytes],
        encode: Callable[[bytes], bytes],
        soft_break: bytes,
        *,
        fixed: Mapping[str, str],
        free: Mapping[str, str],
    ) -> None:
        """Cut the lines, given without their ends; `encode` writes one with its end."""
        self._encode = encode
        self._pieces: list[bytes] = []
        self._holes: list[tuple[int, str, slice]] = []
        self._lines: list[tuple[int, Stencil]] = []
        unbroken: list[bytes] = []
        mark = _breakable(tuple(fixed.items()), soft_break)
        is_free = _any_of(tuple(free.values()))
        for line in lines:
            if is_free.search(line):
                self._add_encoded(b"".join(unbroken), mark, soft_break)
                unbroken.clear()
                self._lines.append((len(self._pieces), Stencil(line, {**free, **fixed})))
                self._pieces.append(b"")
            else:
                unbroken.append(encode(line))
        self._add_encoded(b"".join(unbroken), mark, soft_break)

    def _add_encoded(self, text: bytes, mark: re.Pattern[bytes], soft_break: bytes) -> None:
        at = 0
        for found in mark.finditer(text):
            self._pieces.append(text[at : found.start()])
            start = 0
            for number, part in enumerate(found[0].split(soft_break)):
                if number:
                    self._pieces.append(soft_break)
                cut = slice(start, start + len(part))
                self._holes.append((len(self._pieces), str(found.lastgroup), cut))
                self._pieces.append(b"")
                start += len(part)
            at = found.end()
        self._pieces.append(text[at:])

    def fill(self, values: Mapping[str, bytes]) -> bytes:
        """Return the encoded text with a value at each hole."""
        pieces = self._pieces.copy()
        for at, name, cut in self._holes:
            pieces[at] = values[name][cut]
        for at, line in self._lines:
            pieces[at] = self._encode(line.fill(values))
        return b"".join(pieces)


@lru_cache(16)  # marks are the same again and again, and to compile them costs milliseconds
def _any_of(marks: tuple[str, ...]) -> re.Pattern[bytes]:
    """Return what finds any of the marks, and keeps it when it splits."""
    return re.compile(b"(" + b"|".join(re.escape(mark.encode()) for mark in marks) + b")")


@lru_cache(16)
def _breakable(marks: tuple[tuple[str, str], ...], soft_break: bytes) -> re.Pattern[bytes]:
    """Return what finds any of the marks, also where the encoding broke its line inside one."""
    maybe = b"(?:" + re.escape(soft_break) + b")?"
    spelled = {
        name: maybe.join(re.escape(bytes([one])) for one in mark.encode()) for name, mark in marks
    }
    return re.compile(b"|".join(b"(?P<%s>%s)" % (k.encode(), v) for k, v in spelled.items()))


def calendar_stencil(
    written: bytes, *, fixed: Mapping[str, str], free: Mapping[str, str]
) -> LineStencil:
    """Cut what `writing.write` wrote of an event with marks in it.

    `in_parameter` and `in_address` make values what the library would have written in their place.
    """
    lines = written.replace(b"\r\n ", b"").split(b"\r\n")[:-1]
    return LineStencil(lines, _content_line, b"\r\n ", fixed=fixed, free=free)


def _content_line(line: bytes) -> bytes:
    return fold(line) + b"\r\n"


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
