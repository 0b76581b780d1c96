"""Time zones as people choose them: the names of the IANA database."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from zoneinfo import available_timezones

from babel.dates import get_timezone_location
from django.utils.translation import get_language, gettext, gettext_noop

from convoca.accounts.text import fold

REGIONS = {
    "Africa": gettext_noop("Africa"),
    "America": gettext_noop("America"),
    "Antarctica": gettext_noop("Antarctica"),
    "Arctic": gettext_noop("Europe"),
    "Asia": gettext_noop("Asia"),
    "Atlantic": gettext_noop("Atlantic Ocean"),
    "Australia": gettext_noop("Oceania"),
    "Europe": gettext_noop("Europe"),
    "Indian": gettext_noop("Indian Ocean"),
    "Pacific": gettext_noop("Oceania"),
}

Choices = list[tuple[str, str | list[tuple[str, str]]]]


def is_zone(name: str) -> bool:
    """Tell whether this is a zone's name; never touches the file system with it."""
    return name in _names()


def city(name: str) -> str:
    """Return the zone's city in the active language: `Nueva York`."""
    if name not in _names() or "/" not in name:
        return name
    return get_timezone_location(name, locale=get_language() or "en", return_city=True)


def choices() -> Choices:
    """Return the zones for a list, by region, in the active language; UTC stands first."""
    return _choices(get_language() or "en")


@cache
def _choices(language: str) -> Choices:
    """Offer one name for each place; older spellings are accepted, but not offered."""
    regions: dict[str, list[tuple[str, str]]] = {}
    for name in _places():
        region = gettext(REGIONS[name.partition("/")[0]])
        regions.setdefault(region, []).append((name, city(name)))
    for places in regions.values():
        places.sort(key=lambda place: fold(place[1]))
    return [("UTC", "UTC"), *sorted(regions.items(), key=lambda region: fold(region[0]))]


def _places() -> list[str]:
    table = files("tzdata.zoneinfo").joinpath("zone.tab").read_text("utf-8")
    rows = [line.split("\t") for line in table.splitlines() if not line.startswith("#")]
    return [row[2] for row in rows]


@cache
def _names() -> frozenset[str]:
    return frozenset(available_timezones() - {"localtime", "posixrules", "Factory"})
