"""Calendar objects as bytes: what goes into mails, files and feeds."""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime

from convoca.standards.ical import moments
from convoca.standards.ical.lines import fold, mailto, parameter, text_value, uri_value
from convoca.standards.ical.model import Attachment, Attendee, Event, Moment, VEvent
from convoca.standards.ical.recurrence import span_end, span_start
from convoca.standards.ical.rule import check
from convoca.standards.ical.timezones import vtimezone

PRODID = "-//Convoca//Convoca//EN"


def write(*events: Event, method: str = "", name: str = "") -> bytes:
    """Return a VCALENDAR with all components of the events: UTF-8, CRLF, folded.

    `method` makes it a scheduling message (RFC 5546); `name` is shown by programs that subscribe.
    Every TZID used is defined by a VTIMEZONE that covers its dates. No text in an event can add a
    line, a parameter or a property. Raises BadRule for a rule that cannot be followed.
    """
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", f"PRODID:{PRODID}", "CALSCALE:GREGORIAN"]
    if method:
        lines.append(f"METHOD:{method}")
    if name:
        lines.append(f"X-WR-CALNAME:{text_value(name)}")
    components = [part for event in events for part in event.components()]
    zones = _zones(events)
    body = [fold(line) for part in components for line in _vevent_lines(part)]
    head = [fold(line) for line in lines]
    return "".join([*head, *zones, *body, "END:VCALENDAR\r\n"]).encode()


def _zones(events: Iterable[Event]) -> list[str]:
    """Return the VTIMEZONEs for all zones used, each right for the span of the events using it."""
    spans: dict[str, tuple[datetime, datetime | None]] = {}
    for event in events:
        names = {name for moment in _all_moments(event) if (name := moments.zone_key(moment))}
        if not names:
            continue
        first, last = span_start(event), span_end(event)
        for name in names:
            known_first, known_last = spans.get(name, (first, last))
            is_open = last is None or known_last is None
            spans[name] = (
                min(first, known_first),
                None if is_open or last is None or known_last is None else max(last, known_last),
            )
    return [
        vtimezone(name, first.date(), last.date() if last else None)
        for name, (first, last) in sorted(spans.items())
    ]


def _all_moments(event: Event) -> Iterator[Moment]:
    for part in event.components():
        yield from (part.start, part.end)


def _vevent_lines(part: VEvent) -> Iterator[str]:
    yield "BEGIN:VEVENT"
    yield f"UID:{text_value(part.uid)}"
    yield f"DTSTAMP:{_utc(_stamp(part))}"
    yield f"SEQUENCE:{part.sequence}"
    yield from _time_lines(part)
    yield from _text_lines(part)
    yield from _people_lines(part)
    yield from (_attachment_line(one) for one in part.attachments)
    yield "END:VEVENT"


def _stamp(part: VEvent) -> datetime:
    """Return DTSTAMP, which every VEVENT must have; an old import may know none."""
    return part.dtstamp or part.last_modified or part.created or datetime(1970, 1, 1, tzinfo=UTC)


def _time_lines(part: VEvent) -> Iterator[str]:
    if part.recurrence_id is not None:
        yield _moment_line("RECURRENCE-ID", part.recurrence_id)
    yield _moment_line("DTSTART", part.start)
    if part.end > part.start:
        yield _moment_line("DTEND", part.end)
    if part.rrule:
        yield f"RRULE:{check(part.rrule, part.start)}"
    for name, listed in (("RDATE", part.rdates), ("EXDATE", part.exdates)):
        for moment in sorted(listed, key=moments.instant):
            yield _moment_line(name, moments.like(moment, part.start))


def _text_lines(part: VEvent) -> Iterator[str]:
    for name, text in (
        ("SUMMARY", part.summary),
        ("LOCATION", part.location),
        ("DESCRIPTION", part.description),
        ("X-ALT-DESC;FMTTYPE=text/html", part.description_html),
        ("COMMENT", part.comment),
        ("RELATED-TO", part.related_to),
    ):
        if text:
            yield f"{name}:{text_value(text)}"
    if part.url:
        yield f"URL:{uri_value(part.url)}"
    if part.status:
        yield f"STATUS:{text_value(part.status)}"
    yield f"TRANSP:{text_value(part.transparency)}"
    for name, stamp in (("CREATED", part.created), ("LAST-MODIFIED", part.last_modified)):
        if stamp:
            yield f"{name}:{_utc(stamp)}"


def _people_lines(part: VEvent) -> Iterator[str]:
    if part.organizer is not None:
        yield f"ORGANIZER{_cn(part.organizer.name)}:{mailto(part.organizer.address)}"
    for one in part.attendees:
        yield attendee_line(one)


def attendee_line(one: Attendee) -> str:
    """Return the ATTENDEE line of one attendee, unfolded."""
    delegation = "".join(
        f";{name}=" + ",".join(f'"{mailto(address)}"' for address in addresses)
        for name, addresses in (
            ("DELEGATED-TO", one.delegated_to),
            ("DELEGATED-FROM", one.delegated_from),
        )
        if addresses
    )
    return (
        f"ATTENDEE;CUTYPE={parameter(one.cutype)};ROLE={parameter(one.role)}"
        f";PARTSTAT={one.partstat.value}{';RSVP=TRUE' if one.rsvp else ''}{delegation}"
        f"{_cn(one.name)}:{mailto(one.address)}"
    )


def _cn(name: str) -> str:
    value = parameter(name)
    return f";CN={value}" if value.strip('"') else ""


def _attachment_line(one: Attachment) -> str:
    media_type = f";FMTTYPE={parameter(one.media_type)}" if one.media_type else ""
    name = f";FILENAME={parameter(one.name)}" if one.name else ""
    return f"ATTACH{media_type}{name}:{uri_value(one.uri)}"


def _moment_line(name: str, moment: Moment) -> str:
    if not isinstance(moment, datetime):
        return f"{name};VALUE=DATE:{moment:%Y%m%d}"
    zone = moments.zone_key(moment)
    if zone:
        return f"{name};TZID={zone}:{moment:%Y%m%dT%H%M%S}"
    return f"{name}:{_utc(moment)}"


def _utc(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y%m%dT%H%M%SZ}"
