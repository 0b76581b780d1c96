"""Content lines from outside, unfolded and taken apart in one pass, whatever they hold."""

import re
from dataclasses import dataclass, field

MAX_BYTES = 1024 * 1024
MAX_LINES = 30_000
MAX_DEPTH = 8
MAX_PARAMETERS = 100
MAX_VALUES = 1_000
_FOLD = re.compile(r"\r*\n[ \t]")
_CARETS = {"^n": "\n", "^N": "\n", "^^": "^", "^'": '"'}
_CARET = re.compile(r"\^[nN^']")
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)
_STOP = re.compile(r"[,;:]")
_ENCODINGS = ("utf-8-sig", "cp1252")


class Unreadable(ValueError):
    """Calendar text that cannot be understood; the message says why."""


@dataclass(slots=True)
class Line:
    """One property: its value as it stands, and its parameters by upper-case name."""

    name: str
    value: str
    parameters: dict[str, list[str]]

    def parameter(self, name: str) -> str:
        """Return the first value of a parameter, or nothing."""
        return (self.parameters.get(name) or [""])[0]


@dataclass(slots=True)
class Component:
    """A BEGIN...END block with its own lines and the blocks within it."""

    name: str
    lines: list[Line] = field(default_factory=list)
    parts: list["Component"] = field(default_factory=list)
    is_complete: bool = False

    def all(self, name: str) -> list[Line]:
        """Return all properties of this name."""
        return [line for line in self.lines if line.name == name]

    def first(self, name: str) -> Line | None:
        """Return the first property of this name."""
        return next((line for line in self.lines if line.name == name), None)

    def text(self, name: str) -> str:
        """Return the first property of this name as unescaped text, or nothing."""
        line = self.first(name)
        return unescape(line.value) if line else ""


def calendars(data: bytes | str) -> list[Component]:
    """Return the VCALENDAR components in the data, or raise Unreadable.

    The time taken is linear in the size, which is bounded. Lines that are no properties are
    passed over; a block that is cut off stays marked as not complete.
    """
    if len(data) > MAX_BYTES:
        raise Unreadable("it is larger than 1 MiB")
    text = _FOLD.sub("", decode(data) if isinstance(data, bytes) else data)
    if text.count("\n") > MAX_LINES:
        raise Unreadable("it has too many lines")
    root = Component("")
    _build(root, text.split("\n"))
    found = [part for part in root.parts if part.name == "VCALENDAR"]
    if not found:
        raise Unreadable("it is no calendar")
    return found


def decode(data: bytes) -> str:
    """Return the text of bytes of which nobody told the charset."""
    for encoding in _ENCODINGS:
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    return data.decode("latin-1")


def unescape(value: str) -> str:
    """Return a TEXT value without its escapes (RFC 5545, 3.3.11)."""
    if "\\" not in value:
        return value
    return _ESCAPE.sub(lambda match: "\n" if match[1] in "nN" else match[1], value)


def _build(root: Component, lines: list[str]) -> None:
    stack = [root]
    for text in lines:
        line = _parse(text.rstrip("\r"))
        if line is None:
            continue
        if line.name == "BEGIN":
            if len(stack) > MAX_DEPTH:
                raise Unreadable("its components are nested too deeply")
            part = Component(line.value.strip().upper())
            stack[-1].parts.append(part)
            stack.append(part)
        elif line.name == "END":
            if len(stack) > 1 and stack[-1].name == line.value.strip().upper():
                stack.pop().is_complete = True
        else:
            stack[-1].lines.append(line)


def _parse(text: str) -> Line | None:
    """Take one content line apart; None for what is none."""
    at = _end_of_name(text)
    name = text[:at].strip().upper()
    if not name or at >= len(text):
        return None
    if text[at] == ":":
        return Line(name.rpartition(".")[2], text[at + 1 :], {})
    parameters: dict[str, list[str]] = {}
    while at < len(text) and text[at] == ";":
        equals = text.find("=", at)
        if equals < 0 or len(parameters) > MAX_PARAMETERS:
            return None
        key = text[at + 1 : equals].strip().upper()
        values, at = _parameter_values(text, equals + 1)
        parameters.setdefault(key, []).extend(values)
    if at >= len(text):
        return None
    return Line(name.rpartition(".")[2], text[at + 1 :], parameters)


def _end_of_name(text: str) -> int:
    colon, semicolon = text.find(":"), text.find(";")
    if colon < 0:
        return len(text)
    return colon if semicolon < 0 else min(colon, semicolon)


def _parameter_values(text: str, at: int) -> tuple[list[str], int]:
    """Return the values of one parameter and where they end."""
    values = []
    while True:
        value, at = _parameter_value(text, at)
        values.append(_CARET.sub(lambda match: _CARETS[match[0]], value))
        if at >= len(text) or text[at] != "," or len(values) > MAX_VALUES:
            return values, at
        at += 1


def _parameter_value(text: str, at: int) -> tuple[str, int]:
    if text.startswith('"', at):
        close = text.find('"', at + 1)
        if close >= 0:
            return text[at + 1 : close], _next_stop(text, close + 1)
    stop = _next_stop(text, at)
    return text[at:stop], stop


def _next_stop(text: str, at: int) -> int:
    match = _STOP.search(text, at)
    return match.start() if match else len(text)
