"""The one bridge between rows and the calendar object of the standards."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence

from django.db.models import QuerySet

from convoca.accounts import bulk
from convoca.accounts.models import Membership
from convoca.calendars import organizers
from convoca.calendars.description import plain_text
from convoca.calendars.models import Attendee, Event, EventVersion, File, Kind
from convoca.calendars.models.event import FOREVER
from convoca.standards.ical import address, recurrence, snapshot_json
from convoca.standards.ical import model as ical

WEST, EAST = dt.timedelta(hours=12), dt.timedelta(hours=14)  # how far zones lie from UTC

Dates = Iterable[tuple[Event, Iterable[Attendee]]]
"""The changed dates of a series, each with who is on it."""


def take(
    event: Event,
    attendees: Iterable[Attendee] | None = None,
    files: Iterable[File] | None = None,
    dates: Dates | None = None,
    *,
    naming: Collection[str] | None = None,
) -> ical.Event:
    """Return the event with all its components as attendees may come to see it.

    The host is the ORGANIZER and no ATTENDEE; rooms stand in LOCATION. Attachments carry the
    file's `public_id` as key and no link, for links differ from guest to guest; they are those of
    the series on each date. `attendees` and `files` of the master and the changed `dates` are read
    unless the caller has them, saved or not; of thousands of attendees only those `naming` asks
    for, by address. The number of queries is fixed.
    """
    files = list(event.files.all() if files is None else files)
    dates = changed_dates(event, naming) if dates is None else dates
    attendees = _only(event.attendees.all(), naming) if attendees is None else attendees
    return ical.Event(
        master=build(event, attendees, files),
        overrides=tuple(build(row, people, files) for row, people in dates),
    )


def changed_dates(
    event: Event, naming: Collection[str] | None = None
) -> list[tuple[Event, list[Attendee]]]:
    """Return the rows of changed dates in order, each with who is on it; two queries."""
    if event.pk is None:
        return []
    rows = sorted(event.overrides.all(), key=lambda row: row.recurrence_id or row.start)
    people: defaultdict[int, list[Attendee]] = defaultdict(list)
    for one in _only(Attendee.objects.filter(event__in=rows), naming) if rows else ():
        people[one.event_id].append(one)
    return [(row, people[row.pk]) for row in rows]


def build(event: Event, attendees: Iterable[Attendee], files: Iterable[File]) -> ical.VEvent:
    """Return one component from rows at hand, saved or not; no query."""
    rows = list(attendees)
    rooms = [row.name for row in rows if row.kind == Kind.ROOM]
    start, end = when(event)
    return ical.VEvent(
        uid=event.uid,
        sequence=event.sequence,
        dtstamp=event.dtstamp,
        start=start,
        end=end,
        recurrence_id=original(event),
        rrule=event.rrule,
        rdates=_moments(event, event.rdates),
        exdates=_moments(event, event.exdates),
        summary=event.title,
        location=_location(event.location, rooms),
        description=plain_text(event.description),
        description_html=event.description,
        status=event.status,
        organizer=_organizer(event.series or event),
        attendees=tuple(_attendee(row) for row in rows if row.kind != Kind.ROOM),
        attachments=tuple(_attachment(file) for file in files),
        related_to=(event.series or event).related_to,
        hide_guests=event.hide_guests,
    )


def times(event: Event) -> ical.Event:
    """Return only when the event takes place, changed dates included: for expanding a series."""
    overrides = () if event.pk is None else event.overrides.all()
    return ical.Event(master=row_times(event), overrides=tuple(row_times(row) for row in overrides))


def row_times(event: Event) -> ical.VEvent:
    """Return only when one row takes place; of a series, without its changed dates."""
    start, end = when(event)
    return ical.VEvent(
        uid=event.uid,
        start=start,
        end=end,
        recurrence_id=original(event),
        rrule=event.rrule,
        rdates=_moments(event, event.rdates),
        exdates=_moments(event, event.exdates),
        status=event.status,
    )


def span(event: Event, dates: Sequence[Event] = ()) -> tuple[dt.datetime, dt.datetime]:
    """Return between which instants (UTC) the row and these dates of it lie, seen from any zone."""
    part, others = row_times(event), tuple(row_times(row) for row in dates)
    if part.recurrence_id is None:
        whole = ical.Event(master=part, overrides=others)
    else:
        whole = ical.Event(master=None, overrides=(part, *others))
    start, end = recurrence.span_start(whole), recurrence.span_end(whole) or FOREVER
    if event.all_day or any(row.all_day for row in dates):
        return start - EAST, end if end == FOREVER else end + WEST
    return start, end


def when(event: Event) -> tuple[ical.Moment, ical.Moment]:
    """Return start and exclusive end as the standards' moments."""
    return moment(event, event.start), moment(event, event.end)


def moment(event: Event, wall: dt.datetime) -> ical.Moment:
    """Return a wall-clock time of the event as the standards' moment."""
    return wall.date() if event.all_day else wall.replace(tzinfo=event.zone)


def original(event: Event) -> ical.Moment | None:
    """Return RECURRENCE-ID: told in the zone of the series, and a date if the series has dates."""
    if event.recurrence_id is None:
        return None
    return moment(event.series or event, event.recurrence_id)


def wall(moment: ical.Moment) -> dt.datetime:
    """Return a moment as the wall-clock time that rows hold."""
    if isinstance(moment, dt.datetime):
        return moment.replace(tzinfo=None)
    return dt.datetime.combine(moment, dt.time())


def store(event: Event, planned: ical.Event) -> None:
    """Write what a plan decided back into the rows: SEQUENCE, DTSTAMP, answers asked again.

    Only rows that differ are written, in bulk.
    """
    rows = {row.recurrence_id: row for row in event.overrides.all()} | {None: event}
    found = []
    for component in planned.components():
        named = component.recurrence_id
        row = rows.get(None if named is None else wall(named))
        if row is not None:
            found.append((row, component))
    stale = [
        (row, component)
        for row, component in found
        if (row.sequence, row.dtstamp) != (component.sequence, component.dtstamp)
    ]
    for row, component in stale:
        row.sequence = component.sequence
        row.dtstamp = component.dtstamp or row.dtstamp
    if stale:
        rows_to_write = [row for row, _component in stale]
        Event.objects.bulk_update(rows_to_write, ["sequence", "dtstamp"], batch_size=100)
    _store_answers(found)


def record(
    event: Event, shown: ical.Event, message: str, member: Membership | None
) -> EventVersion:
    """Count the event's version up and keep what attendees see of it from now on."""
    event.version += 1
    event.save(update_fields=["version"])
    return EventVersion.objects.create(
        event=event,
        number=event.version,
        snapshot=snapshot_json.to_json(shown),
        message=message,
        saved_by=member,
    )


def record_origin(event: Event, shown: ical.Event) -> None:
    """Keep, as version 0 of the rest of a series, what attendees knew of its dates until now."""
    EventVersion.objects.create(event=event, number=0, snapshot=snapshot_json.to_json(shown))


def load(event: Event, number: int) -> ical.Event | None:
    """Return what attendees saw at a version.

    Before the first they saw nothing, except of the rest of a series: that is version 0.
    """
    version = EventVersion.objects.filter(event=event, number=number).first()
    if version is None and number:
        raise EventVersion.DoesNotExist
    return snapshot_json.from_json(version.snapshot) if version else None


def readdress(event: Event, old: str, new: str) -> None:
    """Let all versions name an attendee by another address: it was mistyped, and always them."""
    versions = list(EventVersion.objects.filter(event=event))
    for version in versions:
        for component in version.snapshot["components"]:
            for attendee in component.get("attendees", ()):
                if attendee["address"] == old:
                    attendee["address"] = new
    EventVersion.objects.bulk_update(versions, ["snapshot"], batch_size=100)


def load_many(keys: Collection[tuple[int, int]]) -> dict[tuple[int, int], ical.Event]:
    """Return the versions of several events, by the event's id and the version's number."""
    rows = EventVersion.objects.filter(
        event__in={event for event, _number in keys}, number__in={number for _event, number in keys}
    )
    found = rows.values_list("event_id", "number", "snapshot")
    return {
        (event, number): snapshot_json.from_json(values)
        for event, number, values in found
        if (event, number) in keys
    }


def _only(rows: QuerySet[Attendee], naming: Collection[str] | None) -> QuerySet[Attendee]:
    return rows if naming is None else rows.filter(email_key__in=naming)


def _moments(event: Event, walls: Iterable[str]) -> tuple[ical.Moment, ...]:
    return tuple(moment(event, dt.datetime.fromisoformat(wall)) for wall in walls)


def _location(place: str, rooms: Sequence[str]) -> str:
    return ", ".join([*(room for room in rooms if room not in place), *([place] if place else [])])


def _organizer(event: Event) -> ical.Organizer:
    """Return the organizer: the address stays, the name is the sender's, or the host's own."""
    sender = event.sender
    email = event.organizer_email or (sender.email if sender else event.host.email)
    name = sender.name if sender and not organizers.is_reply_address(email) else ""
    return ical.Organizer(address=address.normalise(email), name=name or event.host.name)


def _attendee(row: Attendee) -> ical.Attendee:
    return ical.Attendee(
        address=row.email_key,
        name=row.name,
        partstat=ical.Partstat(row.partstat),
        asked_sequence=row.asked_sequence,
        replied_sequence=row.replied_sequence,
        replied_at=row.replied_at,
    )


def _attachment(file: File) -> ical.Attachment:
    return ical.Attachment(
        uri="", name=file.name, size=file.size, media_type=file.media_type, key=str(file.public_id)
    )


def _store_answers(found: Sequence[tuple[Event, ical.VEvent]]) -> None:
    planned = {
        (row.pk, one.address): (one.partstat.value, one.asked_sequence)
        for row, component in found
        for one in component.attendees
    }
    changed: defaultdict[tuple[str, int], list[int]] = defaultdict(list)
    people = Attendee.objects.filter(event__in=[row.pk for row, _component in found])
    for key, event, email_key, *stored in people.exclude(kind=Kind.ROOM).values_list(
        "pk", "event_id", "email_key", "partstat", "asked_sequence"
    ):
        wanted = planned.get((event, email_key))
        if wanted and wanted != tuple(stored):
            changed[wanted].append(key)
    for (partstat, asked_sequence), keys in changed.items():
        for batch in bulk.batches(keys):
            Attendee.objects.filter(pk__in=batch).update(
                partstat=partstat, asked_sequence=asked_sequence
            )
