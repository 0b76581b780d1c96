"""Values from outside: moments, durations and addresses, each refused when it makes no sense."""

import re
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta, tzinfo

from convoca.standards.ical.address import normalise
from convoca.standards.ical.model import Moment
from convoca.standards.ical.reading.tree import Line, Unreadable

Zones = Callable[[str, datetime], tzinfo]
"""Finds the zone of a TZID for a wall time, or raises Unreadable."""

FIRST_YEAR, LAST_YEAR = 1800, 2200
_MAX_DURATION = timedelta(days=3660)
_MOMENT = re.compile(r"(\d{4})(\d\d)(\d\d)(?:T(\d\d)(\d\d)(\d\d)(Z?))?", re.ASCII)
_DURATION = re.compile(
    r"([+-]?)P(?:(\d{1,5})W)?(?:(\d{1,5})D)?"
    r"(?:T(?:(\d{1,6})H)?(?:(\d{1,6})M)?(?:(\d{1,6})S)?)?",
    re.ASCII,
)
_MAILTO = re.compile(r"mailto:", re.IGNORECASE)
_PERCENT = re.compile(r"%([0-9A-Fa-f]{2})")


def moment(line: Line, zones: Zones) -> Moment:
    """Return the one moment of a property."""
    return _moment(line.value.strip(), line.parameter("TZID"), zones)


def moments(line: Line, zones: Zones) -> Iterator[Moment]:
    """Yield the moments of a list property; of a period, where it begins."""
    values = (value.partition("/")[0].strip() for value in line.value.split(","))
    return (_moment(value, line.parameter("TZID"), zones) for value in values if value)


def stamp(line: Line | None) -> datetime | None:
    """Return a UTC time stamp, None when it is missing or no such thing."""
    if line is None:
        return None
    try:
        found = _moment(line.value.strip(), "", lambda _zone, _wall: UTC)
    except Unreadable:
        return None
    return found.astimezone(UTC) if isinstance(found, datetime) else None


def duration(text: str) -> tuple[timedelta, timedelta]:
    """Return a DURATION as nominal days and exact time."""
    match = _DURATION.fullmatch(text.strip().upper())
    if match is None:
        raise Unreadable(f"{text[:40]!r} is no duration")
    weeks, days, hours, minutes, seconds = (int(part or 0) for part in match.groups()[1:])
    nominal = timedelta(weeks=weeks, days=days)
    exact = timedelta(hours=hours, minutes=minutes, seconds=seconds)
    if match[1] == "-" or nominal + exact > _MAX_DURATION:
        raise Unreadable("the duration is negative or longer than ten years")
    return nominal, exact


def number(line: Line | None) -> int:
    """Return a small number such as SEQUENCE; anything else counts as 0."""
    text = line.value.strip() if line else ""
    return int(text) if re.fullmatch(r"[0-9]{1,9}", text) else 0


def address(value: str) -> str:
    """Return a calendar user address, normalised.

    What stands before the last `mailto:` is the rest of a name with a colon that somebody forgot
    to quote.
    """
    if not _MAILTO.search(value):
        return normalise(value)
    bare = _MAILTO.split(value)[-1].partition("?")[0]
    return normalise(_PERCENT.sub(lambda match: chr(int(match[1], 16)), bare).strip(" <>\"'"))


def _moment(text: str, tzid: str, zones: Zones) -> Moment:
    match = _MOMENT.fullmatch(text)
    if match is None:
        raise Unreadable(f"{text[:40]!r} is no date")
    numbers = [int(part) for part in match.groups()[:6] if part is not None]
    if not FIRST_YEAR <= numbers[0] <= LAST_YEAR:
        raise Unreadable(f"the year {numbers[0]} is out of reach")
    try:
        if len(numbers) == 3:
            return date(*numbers)
        year, month, day, hour, minute, second = numbers
        wall = datetime(year, month, day, hour, minute, min(second, 59), tzinfo=UTC)
    except ValueError:
        raise Unreadable(f"{text!r} is no date") from None
    return wall if match[7] else wall.replace(tzinfo=zones(tzid, wall))
