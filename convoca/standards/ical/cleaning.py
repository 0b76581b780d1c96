"""Values made safe before a library writes them: none can end its line, parameter or property."""

import re
from urllib.parse import quote

_NEWLINE = re.compile(r"\r\n|[\n\r\x0b\x0c\x85\u2028\u2029]")
_UNWANTED = re.compile(r"[\x00-\x08\x0e-\x1f\x7f-\x9f]")
_SURROGATE = re.compile(r"[\ud800-\udfff]")
_ODD = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
_URI_SAFE = "/?#:;,@!$&'()*+=-._~%[]"
_MAILTO_UNSAFE = re.compile(r"[\x00-\x20\x7f\"<>\\^`{|}%?#]")


def clean(text: str) -> str:
    """Return the text with `\\n` as its only line break and without what no program can show."""
    if not _ODD.search(text):  # nearly always, and several times as fast
        return text
    text = _NEWLINE.sub("\n", text)
    text = _UNWANTED.sub("", text)
    return _SURROGATE.sub("\ufffd", text)


def parameter(text: str) -> str:
    """Return the text on one line as a parameter can hold it.

    A quote cannot stand in a parameter and becomes an apostrophe; a backslash would be taken for
    an escape by many readers and becomes a slash.
    """
    return " ".join(clean(text).split()).replace('"', "'").replace("\\", "/")


def uri(text: str) -> str:
    """Return a URI with everything percent-encoded that does not belong into one."""
    return quote(_SURROGATE.sub("", text.strip()), safe=_URI_SAFE)


def mailto(address: str) -> str:
    """Return a calendar user address; a text that is no e-mail address stays a URI of its own."""
    if "@" not in address and ":" in address:
        return uri(address)
    bare = _MAILTO_UNSAFE.sub(lambda match: f"%{ord(match[0]):02X}", clean(address))
    return f"mailto:{bare}"
