"""Foreign time zone names, made ours: IANA, Windows, and definitions that only the file knows."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from functools import cache, lru_cache
from zoneinfo import ZoneInfo, available_timezones

from convoca.standards.ical.dates import following
from convoca.standards.ical.reading.tree import Component, Unreadable
from convoca.standards.ical.rule import BadRule, Frequency, Rule

_UTC_NAMES = {"z", "utc", "gmt", "etc/utc", "etc/gmt", "tzone://microsoft/utc", "(utc) utc"}
_SHAPELESS = {"factory", "localtime", "posixrules"}
_MAX_OBSERVANCES = 60
_MAX_LOOKED_AT = 20_000
"""How often observances of one file's own definitions may be looked at: that is slow."""


_NOONS = 24
"""On how many days of a year a foreign zone is compared with those we know."""


@dataclass(frozen=True, slots=True)
class _Observance:
    """A STANDARD or DAYLIGHT of a VTIMEZONE."""

    start: datetime
    offset: timedelta
    rule: Rule | None

    def last_start(self, wall: datetime) -> datetime | None:
        """Return when it last began before a wall time."""
        if wall < self.start:
            return None
        if self.rule is None:
            return self.start
        since = max(self.start.date(), wall.date() - timedelta(days=800))
        days = [self.start.date(), *following(self.rule, self.start.date(), wall.date(), since)]
        starts = (datetime.combine(day, self.start.timetz()) for day in days)
        return max(start for start in starts if start <= wall)


class Zones:
    """The zones one calendar file uses; called with a TZID and a wall time (told as UTC)."""

    def __init__(self, definitions: list[Component], floating: tzinfo) -> None:
        self._definitions = {part.text("TZID"): part for part in definitions if part.text("TZID")}
        self._floating = floating
        self._known: dict[tuple[str, int], tzinfo | None] = {}
        self._observances: dict[str, list[_Observance]] = {}
        self._looked_at = 0

    def __call__(self, tzid: str, wall: datetime) -> tzinfo:
        """Return the zone meant by a TZID, or raise Unreadable; no TZID is the reader's zone."""
        if not tzid:
            return self._floating
        zone = self._zone(tzid)
        if zone is not None:
            return zone
        place = (tzid, wall.year)
        observances = self._defined(tzid)
        if place not in self._known:
            self._look_at(_NOONS * len(observances))
            self._known[place] = _alike(observances, wall.year)
        zone = self._known[place]
        if zone is not None:
            return zone
        self._look_at(len(observances))
        return timezone(_offset_at(observances, wall))

    def _look_at(self, number: int) -> None:
        self._looked_at += number
        if self._looked_at > _MAX_LOOKED_AT:
            raise Unreadable("it uses too many times in zones of its own")

    def _zone(self, tzid: str) -> tzinfo | None:
        """Return the zone by its name, or by the name its definition gives."""
        definition = self._definitions.get(tzid)
        return named(tzid) or (named(definition.text("X-LIC-LOCATION")) if definition else None)

    def _defined(self, tzid: str) -> list[_Observance]:
        """Return what the file says about a zone of its own."""
        if tzid not in self._observances:
            definition = self._definitions.get(tzid)
            self._observances[tzid] = _observances(definition) if definition else []
        if not self._observances[tzid]:
            raise Unreadable(f"the time zone {tzid[:60]!r} is not known")
        return self._observances[tzid]


@lru_cache(maxsize=1024)
def named(name: str) -> tzinfo | None:
    """Return the zone of an IANA or Windows name, also with a vendor's prefix, None if unknown."""
    folded = name.strip().strip('"').casefold()
    if folded in _UTC_NAMES:
        return UTC
    parts = folded.split("/")
    for start in range(min(len(parts), 8)):
        key = _iana_names().get("/".join(parts[start:]))
        if key is not None:
            return ZoneInfo(key)
    return ZoneInfo(_windows_names()[folded]) if folded in _windows_names() else None


@cache
def _windows_names() -> dict[str, str]:
    """Return the table of Windows names; the library that has it is slow to import."""
    from icalendar.timezone.windows_to_olson import WINDOWS_TO_OLSON

    return {name.casefold(): zone for name, zone in WINDOWS_TO_OLSON.items()}


@cache
def _iana_names() -> dict[str, str]:
    return {
        name.casefold(): name for name in available_timezones() if name.casefold() not in _SHAPELESS
    }


def _observances(definition: Component) -> list[_Observance]:
    found = []
    for part in definition.parts[:_MAX_OBSERVANCES]:
        offset, begin = _offset(part.text("TZOFFSETTO")), part.text("DTSTART")
        if offset is None:
            continue
        try:
            start = datetime.strptime(begin.strip()[:15], "%Y%m%dT%H%M%S").replace(tzinfo=UTC)
            rule = _yearly(part.text("RRULE"))
        except ValueError:
            continue
        found.append(_Observance(start, offset, rule))
    return found


def _yearly(rrule: str) -> Rule | None:
    """Return the rule of an observance; none has another than a yearly one, by month and day."""
    if not rrule:
        return None
    rule = Rule.parse(rrule)
    if rule.frequency != Frequency.YEARLY or rule.by_week or rule.by_year_day:
        raise BadRule("clocks are changed on a day of the year")
    return rule


def _offset(text: str) -> timedelta | None:
    digits = text.strip()[1:]
    if text.strip()[:1] not in ("+", "-") or not digits.isdecimal() or len(digits) not in (4, 6):
        return None
    hours, minutes, seconds = int(digits[:2]), int(digits[2:4]), int(digits[4:] or 0)
    size = timedelta(hours=hours, minutes=minutes, seconds=seconds)
    if size >= timedelta(hours=24):
        return None
    return -size if text.strip()[0] == "-" else size


def _offset_at(observances: list[_Observance], wall: datetime) -> timedelta:
    """Return the offset in force: of what began last, else of what begins first."""
    begun = [
        (start, one.offset) for one in observances if (start := one.last_start(wall)) is not None
    ]
    if begun:
        return max(begun)[1]
    return min(observances, key=lambda one: one.start).offset


def _alike(observances: list[_Observance], year: int) -> tzinfo | None:
    """Return a well-known zone whose clocks show the same all year, None if there is none.

    Only with such a zone can a series keep its wall time.
    """
    noons = [
        datetime(year, month, day, 12, tzinfo=UTC) for month in range(1, 13) for day in (1, 15)
    ]
    offsets = [_offset_at(observances, noon) for noon in noons]
    for key in dict.fromkeys(_windows_names().values()):
        zone = ZoneInfo(key)
        if all(
            noon.replace(tzinfo=zone).utcoffset() == offset
            for noon, offset in zip(noons, offsets, strict=True)
        ):
            return zone
    return None
