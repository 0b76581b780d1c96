"""One date of a series as a row of its own: found, or made as the series has it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable

from convoca.calendars import snapshot
from convoca.calendars.models import Attendee, Event
from convoca.calendars.scopes import no_such_date
from convoca.standards.ical import model as ical
from convoca.standards.ical import recurrence

SHARED = ("team", "host", "uid", "organizer_email", "sender")
"""What a date always has from its series."""
OWN = ("title", "location", "description", "notify_answers", "hide_guests", "reminders")
"""What a date may have of its own, beside its time."""
TIME = ("start", "end", "timezone", "all_day")


COPIED = (
    *("kind", "guest_id", "member_id", "room_id", "email", "email_key", "name", "position"),
    *("partstat", "asked_sequence", "note"),
)


def materialise(event: Event, recurrence_id: dt.datetime) -> Event:
    """Return the row of one date, made from the series when there is none yet.

    Inside the caller's transaction, with the row of the series locked. Its attendees are copies
    that keep their answer; when they gave it is forgotten, for that was about the series. Raise
    Invalid on `recurrence_id` when the series has no such date.
    """
    row = find(event, recurrence_id)
    if row is None:
        row = regular(event, recurrence_id)
        row.save()
        Attendee.objects.bulk_create(copies(event.attendees.all(), row))
    return row


def find(event: Event, recurrence_id: dt.datetime) -> Event | None:
    """Return the row a date has already; raise Invalid when the date is cancelled."""
    rows = event.overrides.select_related("team", "host__user", "sender")
    row = rows.filter(recurrence_id=recurrence_id).first()
    if row is not None and row.is_cancelled:
        raise no_such_date()
    return row


def regular(event: Event, recurrence_id: dt.datetime) -> Event:
    """Return a date as the series makes it, as a row that is not saved; raise Invalid."""
    start, end = regular_span(event, recurrence_id)
    row = Event(
        series=event,
        recurrence_id=recurrence_id,
        dtstamp=event.dtstamp,
        sequence=event.sequence,
        revision=event.revision,
        search_text=event.search_text,
        start=start,
        end=end,
        timezone=event.timezone,
        all_day=event.all_day,
        **{name: getattr(event, name) for name in (*SHARED, *OWN)},
    )
    row.reminders = list(event.reminders)
    row.span_start, row.span_end = snapshot.span(row)
    return row


def regular_span(event: Event, recurrence_id: dt.datetime) -> tuple[dt.datetime, dt.datetime]:
    """Return from when until when (wall-clock) the series itself puts a date; raise Invalid."""
    span = usual_span(event, recurrence_id)
    if span is None:
        raise no_such_date()
    return span


def usual_span(event: Event, recurrence_id: dt.datetime) -> tuple[dt.datetime, dt.datetime] | None:
    """Return from when until when the series itself puts a date, None where it has none."""
    alone = ical.Event(master=snapshot.row_times(event))
    found = recurrence.instance_at(alone, snapshot.moment(event, recurrence_id))
    if found is None or found.recurrence_id is None:
        return None
    if snapshot.wall(found.recurrence_id) != recurrence_id:
        return None
    return snapshot.wall(found.start), snapshot.wall(found.end)


def copies(attendees: Iterable[Attendee], row: Event) -> list[Attendee]:
    """Return attendees of one row as attendees of another, not saved; they keep their answer.

    When they gave it is forgotten: it was about the other.
    """
    return [
        Attendee(event=row, **{name: getattr(one, name) for name in COPIED}) for one in attendees
    ]
