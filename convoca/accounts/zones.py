"""Time zones as people choose them: the names of the IANA database."""

from __future__ import annotations

from functools import cache
from zoneinfo import available_timezones


def is_zone(name: str) -> bool:
    """Tell whether this is a zone's name; never touches the file system with it."""
    return name in _names()


@cache
def _names() -> frozenset[str]:
    return frozenset(available_timezones() - {"localtime", "posixrules", "Factory"})
