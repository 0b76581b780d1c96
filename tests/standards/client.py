"""A guest's calendar program: it knows iCalendar only through libraries, one of which Convoca does
not use, and iTIP only as RFC 5546 tells it to attendees."""

from dataclasses import dataclass, field
from datetime import datetime

import icalendar
import vobject

from convoca.standards.ical import moments

Held = dict[object, "Part"]


@dataclass
class Part:
    """One VEVENT as the client stored it."""

    sequence: int
    dtstamp: datetime
    component: icalendar.Event

    @property
    def key(self) -> moments.Key | None:
        """Return which component it is: the instant of its RECURRENCE-ID, None for a master."""
        found = self.component.get("RECURRENCE-ID")
        return None if found is None else moments.key(found.dt)

    @property
    def exdates(self) -> set[object]:
        lines = self.component.get("EXDATE", [])
        lines = lines if isinstance(lines, list) else [lines]
        return {moments.key(one.dt) for line in lines for one in line.dts}

    @property
    def facts(self) -> tuple[object, ...]:
        """Return what a person would see of it."""
        start, end = self.component["DTSTART"].dt, self.component.get("DTEND")
        rule = self.component.get("RRULE")
        return (
            moments.key(start),
            moments.key(end.dt if end else start),
            str(self.component.get("SUMMARY", "")),
            str(self.component.get("LOCATION", "")),
            str(self.component.get("DESCRIPTION", "")),
            rule.to_ical().decode() if rule else "",
            frozenset(self.exdates),
        )


def check_valid(ics: bytes) -> icalendar.Calendar:
    """Parse with the library that wrote it and with a foreign one; neither may complain."""
    calendar = icalendar.Calendar.from_ical(ics)
    assert [one.errors for one in calendar.walk() if one.errors] == []
    vobject.readOne(ics.decode()).validate(raiseException=True)
    for line in ics.split(b"\r\n"):
        assert len(line) <= 75
        assert b"\n" not in line
    used = {str(one.params["TZID"]) for one in _dated(calendar) if "TZID" in one.params}
    assert used == {str(zone["TZID"]) for zone in calendar.walk("VTIMEZONE")}
    return calendar


def _dated(calendar: icalendar.Calendar):
    for event in calendar.walk("VEVENT"):
        for name in ("DTSTART", "DTEND", "RECURRENCE-ID", "EXDATE", "RDATE"):
            found = event.get(name, [])
            yield from found if isinstance(found, list) else [found]


@dataclass
class Client:
    """What one guest's program holds of one event, from the messages it was given."""

    events: dict[str, Held] = field(default_factory=dict)
    received: list[str] = field(default_factory=list)

    def receive(self, ics: bytes) -> None:
        calendar = check_valid(ics)
        method = str(calendar["METHOD"])
        self.received.append(method)
        parts = [_part(event) for event in calendar.walk("VEVENT")]
        held = self.events.setdefault(str(parts[0].component["UID"]), {})
        if method == "REQUEST":
            self._request(held, parts)
        else:
            assert method == "CANCEL"
            self._cancel(held, parts)

    def _request(self, held: Held, parts: list[Part]) -> None:
        known = {part.key: part for part in parts}
        assert all(_is_newer(part, held.get(key)) for key, part in known.items()), "out of order"
        if None in known:
            held.clear()
        held.update(known)

    def _cancel(self, held: Held, parts: list[Part]) -> None:
        for part in parts:
            key = part.key
            assert held, "a CANCEL of what was never heard of"
            assert part.sequence > max(one.sequence for one in held.values()), "not a new SEQUENCE"
            if key is None:
                held.clear()
                return
            held.pop(key, None)
            if None in held:
                held[None].component.add("EXDATE", part.component["RECURRENCE-ID"].dt)

    def holds(self, uid: str) -> dict[object, tuple[object, ...]]:
        """Return the facts of every component held."""
        return {key: part.facts for key, part in self.events.get(uid, {}).items()}


def _part(event: icalendar.Event) -> Part:
    return Part(int(event["SEQUENCE"]), event["DTSTAMP"].dt, event)


def _is_newer(part: Part, known: Part | None) -> bool:
    return known is None or (part.sequence, part.dtstamp) > (known.sequence, known.dtstamp)
