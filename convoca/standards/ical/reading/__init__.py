"""Calendar text from anywhere, read into the model within bounds of time and memory."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo

from convoca.standards.ical.model import Event, VEvent
from convoca.standards.ical.reading.tree import MAX_BYTES, Component, Unreadable, calendars
from convoca.standards.ical.reading.vevent import read_vevent
from convoca.standards.ical.reading.zones import Zones, named

__all__ = ["MAX_BYTES", "Calendar", "Unreadable", "read"]

MAX_EVENTS = 10_000
_ANSWERS = {"REPLY", "REFRESH", "DECLINECOUNTER", "CANCEL"}
"""Methods whose VEVENTs need not say when the event is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Calendar:
    """What was found in calendar text.

    `method` is empty for a plain file. `refused` says in words why some events are missing from
    `events`: a repetition below a day, a time zone nobody knows, a start that is no date.
    """

    method: str
    events: tuple[Event, ...]
    refused: tuple[str, ...] = ()
    product: str = ""


def read(data: bytes | str, *, floating_zone: tzinfo = UTC) -> Calendar:
    """Return the events in the data, one Event per UID, or raise Unreadable.

    Times without zone are placed in `floating_zone`, unless the file names one itself. Several
    calendars in one text are taken together; what has another method than the first is left out.
    At most 1 MiB is accepted.
    """
    found = calendars(data)
    method = _method(found[0])
    parts: list[VEvent] = []
    refused: list[str] = []
    for calendar in found:
        if _method(calendar) != method:
            refused.append("a calendar with another METHOD")
            continue
        zones = Zones(_within(calendar, "VTIMEZONE"), _zone_of(calendar, floating_zone))
        for component in _within(calendar, "VEVENT"):
            try:
                parts.append(read_vevent(component, zones, is_answer=method in _ANSWERS))
            except Unreadable as problem:
                refused.append(str(problem))
    if len(parts) > MAX_EVENTS:
        raise Unreadable("it has too many events")
    return Calendar(
        method=method,
        events=tuple(_events(parts)),
        refused=tuple(refused),
        product=found[0].text("PRODID"),
    )


def _method(calendar: Component) -> str:
    return calendar.text("METHOD").strip().upper()


def _within(calendar: Component, name: str) -> list[Component]:
    return [part for part in calendar.parts if part.name == name]


def _zone_of(calendar: Component, floating_zone: tzinfo) -> tzinfo:
    return named(calendar.text("X-WR-TIMEZONE")) or floating_zone


def _events(parts: Iterable[VEvent]) -> Iterator[Event]:
    """Yield an event per UID; of one component told twice, the newer (RFC 5546, 2.1.5)."""
    by_uid: dict[str, dict[object, VEvent]] = {}
    for part in parts:
        known = by_uid.setdefault(part.uid, {})
        other = known.get(part.recurrence_id)
        if other is None or _order(part) > _order(other):
            known[part.recurrence_id] = part
    for components in by_uid.values():
        master = components.pop(None, None)
        yield Event(master=master, overrides=tuple(components.values()))


def _order(part: VEvent) -> tuple[int, datetime]:
    return part.sequence, part.dtstamp or datetime.min.replace(tzinfo=UTC) + timedelta(days=1)
