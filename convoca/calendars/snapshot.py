"""The one bridge between rows and the calendar object of the standards."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

from convoca.accounts.models import Membership
from convoca.calendars import organizers
from convoca.calendars.description import plain_text
from convoca.calendars.models import Attendee, Event, EventVersion, File, Kind
from convoca.standards.ical import address, snapshot_json
from convoca.standards.ical import model as ical

BATCH = 5_000  # rows named in one statement


def take(
    event: Event,
    attendees: Iterable[Attendee] | None = None,
    files: Iterable[File] | None = None,
) -> ical.Event:
    """Return the event with all its components as attendees may come to see it.

    The host is the ORGANIZER and no ATTENDEE; rooms stand in LOCATION. Attachments carry the
    file's `public_id` as key and no link, for links differ from guest to guest. `attendees` and
    `files` of the master are read unless the caller has them, saved or not.
    """
    files = list(event.files.all() if files is None else files)
    return ical.Event(
        master=build(event, event.attendees.all() if attendees is None else attendees, files),
        overrides=tuple(
            build(override, override.attendees.all(), files) for override in _overrides(event)
        ),
    )


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
        recurrence_id=event.recurrence_id and _moment(event, event.recurrence_id),
        rrule=event.rrule,
        rdates=_moments(event, event.rdates),
        exdates=_moments(event, event.exdates),
        summary=event.title,
        location=_location(event.location, rooms),
        description=plain_text(event.description),
        description_html=event.description,
        status=event.status,
        organizer=_organizer(event),
        attendees=tuple(_attendee(row) for row in rows if row.kind != Kind.ROOM),
        attachments=tuple(_attachment(file) for file in files),
        hide_guests=event.hide_guests,
    )


def times(event: Event) -> ical.Event:
    """Return only when the event takes place, changed dates included: for expanding a series."""
    return ical.Event(
        master=_times(event), overrides=tuple(_times(override) for override in _overrides(event))
    )


def when(event: Event) -> tuple[ical.Moment, ical.Moment]:
    """Return start and exclusive end as the standards' moments."""
    return _moment(event, event.start), _moment(event, event.end)


def wall(moment: ical.Moment) -> dt.datetime:
    """Return a moment as the wall-clock time that rows hold."""
    if isinstance(moment, dt.datetime):
        return moment.replace(tzinfo=None)
    return dt.datetime.combine(moment, dt.time())


def store(event: Event, planned: ical.Event) -> None:
    """Write what a plan decided back into the rows: SEQUENCE, DTSTAMP, answers asked again.

    Only rows that differ are written, in bulk.
    """
    rows = {override.recurrence_id: override for override in _overrides(event)}
    for component in planned.components():
        row = rows.get(wall(component.recurrence_id)) if component.recurrence_id else event
        if row is None:
            continue
        if (row.sequence, row.dtstamp) != (component.sequence, component.dtstamp):
            row.sequence = component.sequence
            row.dtstamp = component.dtstamp or row.dtstamp
            row.save(update_fields=["sequence", "dtstamp"])
        _store_answers(row, component)


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


def load(event: Event, number: int) -> ical.Event | None:
    """Return what attendees saw at a version; None for 0, before there was anything to see."""
    if number == 0:
        return None
    version = EventVersion.objects.get(event=event, number=number)
    return snapshot_json.from_json(version.snapshot)


def _overrides(event: Event) -> Sequence[Event]:
    return () if event.pk is None else tuple(event.overrides.all())


def _times(event: Event) -> ical.VEvent:
    start, end = when(event)
    return ical.VEvent(
        uid=event.uid,
        start=start,
        end=end,
        recurrence_id=event.recurrence_id and _moment(event, event.recurrence_id),
        rrule=event.rrule,
        rdates=_moments(event, event.rdates),
        exdates=_moments(event, event.exdates),
        status=event.status,
    )


def _moment(event: Event, wall: dt.datetime) -> ical.Moment:
    return wall.date() if event.all_day else wall.replace(tzinfo=event.zone)


def _moments(event: Event, walls: Iterable[str]) -> tuple[ical.Moment, ...]:
    return tuple(_moment(event, dt.datetime.fromisoformat(wall)) for wall in walls)


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


def _store_answers(row: Event, component: ical.VEvent) -> None:
    changed: defaultdict[tuple[str, int], list[int]] = defaultdict(list)
    planned = {attendee.address: attendee for attendee in component.attendees}
    people = row.attendees.exclude(kind=Kind.ROOM)
    for key, email_key, *stored in people.values_list(
        "pk", "email_key", "partstat", "asked_sequence"
    ):
        wanted = planned.get(email_key)
        if wanted and [wanted.partstat.value, wanted.asked_sequence] != stored:
            changed[wanted.partstat.value, wanted.asked_sequence].append(key)
    for (partstat, asked_sequence), keys in changed.items():
        for batch in _batches(keys):
            Attendee.objects.filter(pk__in=batch).update(
                partstat=partstat, asked_sequence=asked_sequence
            )


def _batches(keys: list[int]) -> Iterator[list[int]]:
    return (keys[first : first + BATCH] for first in range(0, len(keys), BATCH))
