"""A guest's calendar program, with nothing of Convoca in it.

It reads with vobject, expands with dateutil, knows of a zone only what the VTIMEZONE in the message
says, and follows RFC 5546 as attendees have to: whatever order mails come in and however often,
the newest by SEQUENCE and DTSTAMP stands (2.1.5), and what was cancelled stays so (4.2.9).
"""
# ruff: noqa: DTZ001, DTZ007 -- rules are reckoned in wall-clock time

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, tzinfo
from functools import lru_cache
from io import StringIO

import vobject
from dateutil.rrule import rrulestr
from dateutil.tz import tzical

Moment = date | datetime
Key = Moment | None
"""Which component: the instant (UTC) or day of its RECURRENCE-ID, None for a master."""
Order = tuple[int, datetime]
Seen = tuple[Moment, Moment, str, str, str, frozenset[str]]
"""One entry in the calendar: start, end (in UTC or as days), title, place, words, guests."""

_FAR = datetime(2028, 1, 1)


@dataclass(frozen=True)
class Part:
    """One VEVENT as the program stored it."""

    key: Key
    order: Order
    start: Moment
    end: Moment
    rule: str
    added: tuple[Moment, ...]
    taken: frozenset[Moment]
    title: str
    place: str
    words: str
    partstats: dict[str, str]

    def entry(self, start: Moment) -> Seen:
        """Return the entry of one date."""
        begin = instant(start)
        guests = frozenset(self.partstats)
        length = instant(self.end) - instant(self.start)
        return begin, begin + length, self.title, self.place, self.words, guests

    def starts(self) -> Iterator[Moment]:
        """Yield the starts of all dates, in wall-clock time as the rule means it."""
        found = {self.start, *self.added}
        if self.rule:
            found |= set(self._by_rule())
        yield from sorted((one for one in found if instant(one) not in self.taken), key=instant)

    def _by_rule(self) -> Iterator[Moment]:
        is_day = not isinstance(self.start, datetime)
        zone = None if is_day else self.start.tzinfo
        wall = datetime(*self.start.timetuple()[:6])
        rule = ";".join(_local(part, zone) for part in self.rule.split(";"))
        for one in rrulestr(rule, dtstart=wall):
            if one > _FAR:
                return
            yield one.date() if is_day else one.replace(tzinfo=zone)


@dataclass
class Held:
    """What is known of one UID: its components, and the last word on those that are gone."""

    parts: dict[Key, Part] = field(default_factory=dict)
    gone: dict[Key, Order] = field(default_factory=dict)

    def last(self, key: Key) -> Order | None:
        """Return the order of the last word on one component."""
        known = [self.parts[key].order] if key in self.parts else []
        return max([*known, *([self.gone[key]] if key in self.gone else [])], default=None)

    def is_news(self, part: Part, *, with_master: bool = False) -> bool:
        """Tell whether it is newer than the last word on it.

        What comes without its series has to be newer than the last word on that as well.
        """
        last, whole = self.last(part.key), self.last(None)
        if last is not None and part.order <= last:
            return False
        return with_master or part.key is None or whole is None or part.order >= whole


@dataclass
class Client:
    """What one guest's program holds, from the messages it was given."""

    events: dict[str, Held] = field(default_factory=dict)

    def receive(self, ics: bytes) -> None:
        """Take in a message; one that is out of date, or was here before, changes nothing."""
        calendar = vobject.readOne(ics.decode(), transform=False)
        parts = [read_part(one, zones_of(ics)) for one in calendar.vevent_list]
        (uid,) = {one.uid.value for one in calendar.vevent_list}
        held = self.events.setdefault(uid, Held())
        {"REQUEST": _request, "CANCEL": _cancel}[calendar.method.value](held, parts)

    def entries(self, uid: str) -> list[Seen]:
        """Return everything the calendar shows of one UID."""
        held = self.events.get(uid, Held())
        master = held.parts.get(None)
        own = [part for key, part in held.parts.items() if key is not None]
        found = [part.entry(part.start) for part in own]
        if master is not None:
            elsewhere = {*held.parts, *held.gone}
            dates = (one for one in master.starts() if instant(one) not in elsewhere)
            found += [master.entry(one) for one in dates]
        return sorted(found, key=str)

    def part(self, uid: str, key: Key = None) -> Part:
        """Return what it answers from: the component of a date, or what speaks for it."""
        parts = self.events[uid].parts
        return parts.get(key) or parts.get(None) or next(iter(parts.values()))


def _request(held: Held, parts: list[Part]) -> None:
    """Take a REQUEST; with a master in it, it says all there is (RFC 5546, 4.4.7)."""
    master = next((part for part in parts if part.key is None), None)
    is_whole = master is not None and held.is_news(master)
    if is_whole:
        for known in (held.parts, held.gone):
            for key in [key for key in known if held.last(key) <= master.order]:
                del known[key]
    for part in parts:
        if held.is_news(part, with_master=is_whole):
            held.parts[part.key] = part
            held.gone.pop(part.key, None)


def _cancel(held: Held, parts: list[Part]) -> None:
    for part in parts:
        if not held.is_news(part):
            continue
        is_whole = part.key is None
        for key in list(held.parts) if is_whole else [part.key]:
            if key not in held.parts or held.parts[key].order < part.order:
                held.parts.pop(key, None)
        held.gone[part.key] = part.order


def read_part(event: object, zones: dict[str, tzinfo]) -> Part:
    """Return one VEVENT, from the raw lines vobject found."""

    def text(name: str) -> str:
        lines = event.contents.get(name, [])
        return lines[0].value if lines else ""

    def moments(name: str) -> list[Moment]:
        return [
            _moment(value, line.params.get("TZID", [""])[0], zones)
            for line in event.contents.get(name, [])
            for value in line.value.split(",")
        ]

    (start,) = moments("dtstart")
    original = moments("recurrence-id")
    return Part(
        key=instant(original[0]) if original else None,
        order=(int(text("sequence")), instant(*moments("dtstamp"))),
        start=start,
        end=(moments("dtend") or [start])[0],
        rule=text("rrule"),
        added=tuple(moments("rdate")),
        taken=frozenset(instant(one) for one in moments("exdate")),
        title=text("summary"),
        place=text("location"),
        words=text("description"),
        partstats={
            line.value.lower().removeprefix("mailto:"): line.params["PARTSTAT"][0]
            for line in event.contents.get("attendee", [])
        },
    )


def instant(moment: Moment) -> Moment:
    """Return a moment in UTC; a day stays a day."""
    if not isinstance(moment, datetime):
        return moment
    return (moment.replace(tzinfo=None) - moment.utcoffset()).replace(tzinfo=UTC)


def zones_of(ics: bytes) -> dict[str, tzinfo]:
    """Return the zones that a message defines."""
    text = ics.decode().replace("\r\n ", "")
    begin = text.find("BEGIN:VTIMEZONE")
    end = text.rfind("END:VTIMEZONE\r\n")
    return _zones(text[begin : end + len("END:VTIMEZONE\r\n")]) if begin >= 0 else {}


@lru_cache
def _zones(text: str) -> dict[str, tzinfo]:
    found = tzical(StringIO(text))
    return {name: found.get(name) for name in found.keys()}  # noqa: SIM118


def _moment(text: str, tzid: str, zones: dict[str, tzinfo]) -> Moment:
    if "T" not in text:
        return datetime.strptime(text, "%Y%m%d").date()
    wall = datetime.strptime(text.removesuffix("Z"), "%Y%m%dT%H%M%S")
    assert text.endswith("Z") != bool(tzid), "neither UTC nor in a zone"
    return wall.replace(tzinfo=zones[tzid] if tzid else UTC)


def _local(part: str, zone: tzinfo | None) -> str:
    """Return a part of a rule with an UNTIL in wall-clock time, as the dates are reckoned.

    A zone of dateutil's knows the way back only, so that its offset is looked up twice.
    """
    if not part.startswith("UNTIL=") or not part.endswith("Z"):
        return part
    until = datetime.strptime(part, "UNTIL=%Y%m%dT%H%M%SZ")
    wall = until.replace(tzinfo=zone)
    for _ in range(2):
        wall = (until + wall.utcoffset()).replace(tzinfo=zone)
    return f"UNTIL={wall:%Y%m%dT%H%M%S}"
