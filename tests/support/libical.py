"""The restrictions of RFC 5545 and 5546 as libical knows them, where it is installed (libical3)."""

from __future__ import annotations

import ctypes
from ctypes.util import find_library
from functools import cache

_XLICERROR = b"X-LIC-ERROR"
_ECHO = b"restrictions for SEQUENCE property"
"""libical lets a DECLINECOUNTER have no SEQUENCE; ours echoes the proposal's (RFC 5546, 3.2.8)."""


@cache
def library() -> ctypes.CDLL | None:
    """Return libical, None where it is not installed."""
    name = find_library("ical")
    if name is None:
        return None
    found = ctypes.CDLL(name)
    found.icalparser_parse_string.restype = ctypes.c_void_p
    found.icalcomponent_as_ical_string.restype = ctypes.c_char_p
    for function in (
        found.icalrestriction_check,
        found.icalcomponent_count_errors,
        found.icalcomponent_as_ical_string,
        found.icalcomponent_free,
    ):
        function.argtypes = [ctypes.c_void_p]
    return found


def complaint(text: bytes) -> str:
    """Return what libical has to say against a calendar, nothing when it is content."""
    ical = library()
    assert ical is not None
    component = ical.icalparser_parse_string(text)
    if not component:
        return "it cannot be parsed"
    try:
        is_valid = ical.icalrestriction_check(component)
        if is_valid and not ical.icalcomponent_count_errors(component):
            return ""
        said = ical.icalcomponent_as_ical_string(component).replace(b"\r\n ", b"")
        errors = [line for line in said.splitlines() if line.startswith(_XLICERROR)]
        if b"METHOD:DECLINECOUNTER" in said and errors and all(_ECHO in one for one in errors):
            return ""
        return b"; ".join(errors).decode(errors="replace") or "a restriction is not met"
    finally:
        ical.icalcomponent_free(component)
