"""Content lines (RFC 5545, 3.1): the one place where text becomes part of a calendar object.

Whatever goes in, a value can neither end its line nor its parameter nor its property.
"""

import re
from urllib.parse import quote

_NEWLINE = re.compile(r"\r\n|[\n\r\x0b\x0c\x85\u2028\u2029]")
_UNWANTED = re.compile(r"[\x00-\x08\x0e-\x1f\x7f-\x9f]")
_SURROGATE = re.compile(r"[\ud800-\udfff]")
_ODD = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
_PLAIN_PARAMETER = re.compile(r"[\w.@+/-]*")
_CARET = re.compile(r"\^(?=[\^'n])")
_URI_SAFE = "/?#:;,@!$&'()*+=-._~%[]"
_MAILTO_UNSAFE = re.compile(r"[\x00-\x20\x7f\"<>\\^`{|}%?#]")
_WIDTH = 75


def clean(text: str) -> str:
    """Return the text with `\\n` as its only line break and without what no program can show."""
    if not _ODD.search(text):  # nearly always, and several times as fast
        return text
    text = _NEWLINE.sub("\n", text)
    text = _UNWANTED.sub("", text)
    return _SURROGATE.sub("\ufffd", text)


def text_value(text: str) -> str:
    """Escape a TEXT value (RFC 5545, 3.3.11)."""
    escaped = clean(text).replace("\\", "\\\\").replace(";", "\\;").replace(",", "\\,")
    return escaped.replace("\n", "\\n")


def parameter(text: str) -> str:
    """Return a parameter value, quoted where needed.

    A quote cannot stand in a parameter and becomes an apostrophe; a backslash would be taken for
    an escape by many readers and becomes a slash; the caret escapes of RFC 6868 are kept literal.
    """
    value = " ".join(clean(text).split()).replace('"', "'").replace("\\", "/")
    value = _CARET.sub("^^", value)
    return value if _PLAIN_PARAMETER.fullmatch(value) else f'"{value}"'


def uri_value(uri: str) -> str:
    """Return a URI with everything percent-encoded that does not belong into one."""
    return quote(_SURROGATE.sub("", uri.strip()), safe=_URI_SAFE)


def mailto(address: str) -> str:
    """Return a calendar user address; a text that is no e-mail address stays a URI of its own."""
    if "@" not in address and ":" in address:
        return uri_value(address)
    bare = _MAILTO_UNSAFE.sub(lambda match: f"%{ord(match[0]):02X}", clean(address))
    return f"mailto:{bare}"


def fold(line: str) -> str:
    """Return the line folded at 75 octets, never within a character, with its CRLF."""
    octets = line.encode()
    if len(octets) <= _WIDTH:
        return line + "\r\n"
    pieces = []
    start, room = 0, _WIDTH
    while len(octets) - start > room:
        end = start + room
        while octets[end] & 0xC0 == 0x80:
            end -= 1
        pieces.append(octets[start:end].decode())
        start, room = end, _WIDTH - 1
    pieces.append(octets[start:].decode())
    return "\r\n ".join(pieces) + "\r\n"
