"""Calendar objects as bytes: what goes into mails, files and feeds."""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from functools import lru_cache

import icalendar
from icalendar import Component, vCalAddress, vDDDTypes, vInt, vRecur, vText, vUri

from convoca.standards.ical import moments
from convoca.standards.ical.cleaning import clean, mailto, parameter, uri
from convoca.standards.ical.model import Attachment, Attendee, Event, Moment, Status, VEvent
from convoca.standards.ical.recurrence import span_end, span_start
from convoca.standards.ical.rule import check
from convoca.standards.ical.timezones import vtimezone

PRODID = "-//Convoca//Convoca//EN"


def write(*events: Event, method: str = "", name: str = "") -> bytes:
    """Return a VCALENDAR with all components of the events: UTF-8, CRLF, folded.

    `method` makes it a scheduling message (RFC 5546); `name` is shown by programs that subscribe.
    Every TZID used is defined by a VTIMEZONE that covers its dates. No text in an event can add a
    line, a parameter or a property; what has nothing to say is left out. Raises BadRule for a rule
    that cannot be followed.
    """
    calendar = icalendar.Calendar()
    for key, text in (
        ("VERSION", "2.0"),
        ("PRODID", PRODID),
        ("CALSCALE", "GREGORIAN"),
        ("METHOD", method),
        ("X-WR-CALNAME", name),
    ):
        if text:
            calendar[key] = _Text(clean(text))
    parts = [part for event in events for part in event.components()]
    is_refusal = method == "DECLINECOUNTER"
    calendar.subcomponents = [*map(_refusal if is_refusal else _vevent, parts)]
    has_times = not is_refusal or any(part.recurrence_id for part in parts)
    return _with_zones(calendar.to_ical(sorted=False), _zones(events) if has_times else [])


def _with_zones(written: bytes, zones: list[bytes]) -> bytes:
    """Return the calendar with its VTIMEZONEs, written once for many, before its events."""
    head, begin, events = written.partition(b"\r\nBEGIN:VEVENT\r\n")
    return b"".join((head, b"\r\n", *zones, begin[2:], events)) if zones else written


class _Text(vText):
    """A TEXT value in which `\\N` stays what it is: the library takes it for a line break."""

    def to_ical(self) -> bytes:
        """Return the value escaped, with every backslash in it."""
        return rb"\\N".join(vText(part).to_ical() for part in self.split(r"\N"))


def _zones(events: Iterable[Event]) -> list[bytes]:
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
        _zone(vtimezone(name, first.date(), last.date() if last else None))
        for name, (first, last) in sorted(spans.items())
    ]


@lru_cache(maxsize=512)
def _zone(text: str) -> bytes:
    """Return a VTIMEZONE of ours as the library writes it; one made by it lists decades."""
    written: bytes = icalendar.Timezone.from_ical(text).to_ical(sorted=False)
    return written


def _all_moments(event: Event) -> Iterator[Moment]:
    for part in event.components():
        yield from (part.start, part.end)


def _refusal(part: VEvent) -> Component:
    """Return all that a DECLINECOUNTER may say: which proposal, and why (RFC 5546, 3.2.8)."""
    made = _head(part)
    if part.recurrence_id is not None:
        made["RECURRENCE-ID"] = _moment(part.recurrence_id)
    if part.comment:
        made["COMMENT"] = _Text(clean(part.comment))
    _add_organizer(made, part)
    return made


def _vevent(part: VEvent) -> Component:
    made = _head(part)
    _add_times(made, part)
    _add_texts(made, part)
    _add_organizer(made, part)
    if part.attendees:
        made["ATTENDEE"] = [_attendee(one) for one in part.attendees]
    if files := [_attachment(one, link) for one in part.attachments if (link := uri(one.uri))]:
        made["ATTACH"] = files
    return made


def _head(part: VEvent) -> Component:
    made = icalendar.Event()
    made["UID"] = _Text(clean(part.uid))
    made["DTSTAMP"] = _utc(_stamp(part))
    made["SEQUENCE"] = vInt(part.sequence)
    return made


def _add_organizer(made: Component, part: VEvent) -> None:
    if part.organizer is not None:
        made["ORGANIZER"] = vCalAddress(
            mailto(part.organizer.address), params=_known(CN=part.organizer.name)
        )


def _stamp(part: VEvent) -> datetime:
    """Return DTSTAMP, which every VEVENT must have; an old import may know none."""
    return part.dtstamp or part.last_modified or part.created or datetime(1970, 1, 1, tzinfo=UTC)


def _add_times(made: Component, part: VEvent) -> None:
    if part.recurrence_id is not None:
        made["RECURRENCE-ID"] = _moment(part.recurrence_id)
    made["DTSTART"] = _moment(part.start)
    if part.end > part.start:
        made["DTEND"] = _moment(part.end)
    if part.rrule:
        made["RRULE"] = vRecur.from_ical(str(check(part.rrule, part.start)))
    for name, listed in (("RDATE", part.rdates), ("EXDATE", part.exdates)):
        if listed:
            made[name] = [
                _moment(moments.like(one, part.start))
                for one in sorted(listed, key=moments.instant)
            ]


def _add_texts(made: Component, part: VEvent) -> None:
    for name, text in (
        ("SUMMARY", part.summary),
        ("LOCATION", part.location),
        ("DESCRIPTION", part.description),
        ("X-ALT-DESC", part.description_html),
        ("COMMENT", part.comment),
        ("RELATED-TO", part.related_to),
    ):
        if cleaned := clean(text):
            made[name] = _Text(cleaned)
    if "RELATED-TO" in made:
        made["RELATED-TO"].params["RELTYPE"] = "SIBLING"
    if "X-ALT-DESC" in made:
        made["X-ALT-DESC"].params["FMTTYPE"] = "text/html"
    if link := uri(part.url):
        made["URL"] = vUri(link)
    if part.status in Status.__members__:
        made["STATUS"] = _Text(part.status)
    made["TRANSP"] = _Text("TRANSPARENT" if part.transparency == "TRANSPARENT" else "OPAQUE")
    for name, stamp in (("CREATED", part.created), ("LAST-MODIFIED", part.last_modified)):
        if stamp:
            made[name] = _utc(stamp)


def _attendee(one: Attendee) -> vCalAddress:
    params: dict[str, str | list[str]] = {
        "CUTYPE": parameter(one.cutype),
        "ROLE": parameter(one.role),
        "PARTSTAT": one.partstat.value,
    }
    if one.rsvp:
        params["RSVP"] = "TRUE"
    for name, addresses in (
        ("DELEGATED-TO", one.delegated_to),
        ("DELEGATED-FROM", one.delegated_from),
    ):
        if addresses:
            params[name] = [mailto(address) for address in addresses]
    return vCalAddress(mailto(one.address), params=params | _known(CN=one.name))


def _attachment(one: Attachment, link: str) -> vUri:
    return vUri(link, params=_known(FMTTYPE=one.media_type, FILENAME=one.name))


def _known(**texts: str) -> dict[str, str]:
    """Return the parameters that say something, made safe."""
    return {name: value for name, text in texts.items() if (value := parameter(text))}


def _moment(moment: Moment) -> vDDDTypes:
    """Return a moment in its zone by name; the library leaves out that of Africa/Dakar."""
    if not isinstance(moment, datetime):
        return vDDDTypes(moment, params={"VALUE": "DATE"})
    zone = moments.zone_key(moment)
    if not zone:
        return _utc(moment)
    made = vDDDTypes(moment.replace(tzinfo=None))
    made.params["TZID"] = zone
    return made


def _utc(moment: datetime) -> vDDDTypes:
    return vDDDTypes(moment.astimezone(UTC))
