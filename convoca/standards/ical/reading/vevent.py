"""One VEVENT from outside, made one of ours or refused."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import islice

from convoca.standards.ical import moments
from convoca.standards.ical.model import (
    Attachment,
    Attendee,
    Moment,
    Organizer,
    Partstat,
    Status,
    VEvent,
)
from convoca.standards.ical.reading import values
from convoca.standards.ical.reading.tree import Component, Line, Unreadable, unescape
from convoca.standards.ical.rule import BadRule, check

NO_TIME = datetime(1970, 1, 1, tzinfo=UTC)
"""Stands for the start of an answer that does not tell one."""
_MAX_DATES = 5_000
_MAX_UID = 1_000
_REDUNDANT = re.compile(r"(?i);?BY(HOUR|MINUTE|SECOND)=0*([0-9]{1,2})(?=;|$)")
_URI_SCHEME = re.compile(r"(?i)https?://")


def read_vevent(component: Component, zones: values.Zones, *, is_answer: bool) -> VEvent:
    """Return the VEVENT, or raise Unreadable.

    Of an answer (REPLY and the like) only what identifies it has to be there, and its rule is not
    looked at. Alarms and whatever else is within are passed over.
    """
    if not component.is_complete:
        raise Unreadable("an event is cut off")
    uid = component.text("UID").strip()
    if not uid or len(uid) > _MAX_UID:
        raise Unreadable("an event has no UID, or one that is far too long")
    times = _times(component, zones, is_answer=is_answer)
    return VEvent(
        uid=uid,
        start=times.start,
        end=times.end,
        recurrence_id=times.recurrence_id,
        rrule="" if is_answer else _rrule(component, times.start),
        rdates=() if is_answer else _dates(component, "RDATE", times.start, zones),
        exdates=() if is_answer else _dates(component, "EXDATE", times.start, zones),
        sequence=values.number(component.first("SEQUENCE")),
        dtstamp=values.stamp(component.first("DTSTAMP")),
        created=values.stamp(component.first("CREATED")),
        last_modified=values.stamp(component.first("LAST-MODIFIED")),
        summary=component.text("SUMMARY"),
        location=component.text("LOCATION"),
        description=component.text("DESCRIPTION"),
        description_html=_html(component),
        url=_web_link(component.text("URL")),
        status=_status(component),
        transparency=_transparency(component),
        organizer=_organizer(component),
        attendees=tuple(_attendees(component)),
        attachments=tuple(_attachments(component)),
        related_to=component.text("RELATED-TO"),
        comment="\n".join(unescape(line.value) for line in component.all("COMMENT")),
    )


@dataclass(frozen=True, slots=True)
class _Times:
    start: Moment
    end: Moment
    recurrence_id: Moment | None


def _times(component: Component, zones: values.Zones, *, is_answer: bool) -> _Times:
    original = component.first("RECURRENCE-ID")
    recurrence_id = values.moment(original, zones) if original else None
    line = component.first("DTSTART")
    if line is None:
        if not is_answer:
            raise Unreadable("an event has no DTSTART")
        start = NO_TIME if recurrence_id is None else recurrence_id
        return _Times(start, start, recurrence_id)
    start = values.moment(line, zones)
    return _Times(start, _end(component, start, zones), recurrence_id)


def _end(component: Component, start: Moment, zones: values.Zones) -> Moment:
    """Return DTEND, or what DURATION or the value type of DTSTART make of it (3.6.1)."""
    line, length = component.first("DTEND"), component.first("DURATION")
    one_day = timedelta(days=1)
    if line is not None:
        end = _as_start(values.moment(line, zones), start)
    elif length is not None:
        nominal, exact = values.duration(length.value)
        end = _add(start, nominal, exact)
    elif not isinstance(start, datetime):
        return start + one_day
    else:
        return start
    if moments.key(end) > moments.key(start):
        return end
    return start if isinstance(start, datetime) else start + one_day


def _add(start: Moment, nominal: timedelta, exact: timedelta) -> Moment:
    """Add days by the calendar and hours by the clock (RFC 5545, 3.3.6)."""
    if not isinstance(start, datetime):
        return start + nominal
    return ((start + nominal).astimezone(UTC) + exact).astimezone(start.tzinfo)


def _rrule(component: Component, start: Moment) -> str:
    """Return the rule in our spelling, or nothing; refuse one that cannot be followed."""
    lines = {line.value.strip() for line in component.all("RRULE")}
    if not lines:
        return ""
    if len(lines) > 1:
        raise Unreadable("an event has several repetition rules")
    text = _without_redundant_time(lines.pop(), start)
    try:
        return str(check(text, start))
    except BadRule as problem:
        raise Unreadable(f"its repetition cannot be followed: {problem}") from None


def _without_redundant_time(rrule: str, start: Moment) -> str:
    """Drop a BYHOUR and the like that only repeats what DTSTART says."""
    if not isinstance(start, datetime):
        return rrule
    said = {"HOUR": start.hour, "MINUTE": start.minute, "SECOND": start.second}

    def drop(match: re.Match[str]) -> str:
        return "" if said[match[1].upper()] == int(match[2]) else match[0]

    return _REDUNDANT.sub(drop, rrule)


def _dates(
    component: Component, name: str, start: Moment, zones: values.Zones
) -> tuple[Moment, ...]:
    listed = (one for line in component.all(name) for one in values.moments(line, zones))
    found = [_as_start(one, start) for one in islice(listed, _MAX_DATES + 1)]
    if len(found) > _MAX_DATES:
        raise Unreadable("an event has too many dates")
    return tuple(dict.fromkeys(found))


def _as_start(moment: Moment, start: Moment) -> Moment:
    """Return a moment in the value type of DTSTART, for some programs mix dates and times."""
    is_date = not isinstance(moment, datetime)
    return moment if is_date != isinstance(start, datetime) else moments.like(moment, start)


def _html(component: Component) -> str:
    line = component.first("X-ALT-DESC")
    return unescape(line.value) if line else ""


def _web_link(text: str) -> str:
    return text.strip() if _URI_SCHEME.match(text.strip()) else ""


def _status(component: Component) -> str:
    text = component.text("STATUS").strip().upper()
    return text if text in Status.__members__ else ""


def _transparency(component: Component) -> str:
    is_free = component.text("TRANSP").strip().upper() == "TRANSPARENT"
    return "TRANSPARENT" if is_free else "OPAQUE"


def _organizer(component: Component) -> Organizer | None:
    line = component.first("ORGANIZER")
    if line is None:
        return None
    return Organizer(address=_address(line), name=line.parameter("CN"))


def _attendees(component: Component) -> Iterator[Attendee]:
    seen = set()
    for line in component.all("ATTENDEE"):
        address = _address(line)
        if address and address not in seen:
            seen.add(address)
            yield _attendee(line, address)


def _attendee(line: Line, address: str) -> Attendee:
    partstat = line.parameter("PARTSTAT").upper()
    is_known = partstat in {one.value for one in Partstat}
    return Attendee(
        address=address,
        name=line.parameter("CN"),
        partstat=Partstat(partstat) if is_known else Partstat.NEEDS_ACTION,
        role=line.parameter("ROLE").upper() or "REQ-PARTICIPANT",
        cutype=line.parameter("CUTYPE").upper() or "INDIVIDUAL",
        rsvp=line.parameter("RSVP").upper() == "TRUE",
        delegated_to=_addresses(line, "DELEGATED-TO"),
        delegated_from=_addresses(line, "DELEGATED-FROM"),
    )


def _address(line: Line) -> str:
    """Return the address; Apple tells it in a parameter when the value is only a path."""
    email = line.parameter("EMAIL")
    return values.address(email if email and "@" not in line.value else line.value)


def _addresses(line: Line, name: str) -> tuple[str, ...]:
    return tuple(values.address(one) for one in line.parameters.get(name, ()) if one)


def _attachments(component: Component) -> Iterator[Attachment]:
    """Yield the linked files; those within the text are left out."""
    for line in component.all("ATTACH"):
        link = _web_link(line.value)
        if link:
            name = line.parameter("FILENAME") or line.parameter("X-FILENAME")
            yield Attachment(uri=link, name=name, media_type=line.parameter("FMTTYPE"))
