"""This and the following dates: a series cut in two, each half with a UID of its own (rule 19)."""

from __future__ import annotations

import datetime as dt
import uuid
from dataclasses import replace

from django.utils.timezone import now

from convoca.calendars import overrides, snapshot
from convoca.calendars.attending import Attendance
from convoca.calendars.drafts import EventDraft
from convoca.calendars.layout import Date, Layout
from convoca.calendars.models import Attendee, Event, File
from convoca.standards.ical import model as ical
from convoca.standards.ical import series

_KEPT = (
    *("team", "host", "sender", "title", "location", "description", "timezone", "all_day"),
    *("notify_answers", "hide_guests", "search_text", "counted_at"),
)
_ATTENDEE = (*overrides.COPIED, "replied_at")


def is_first(layout: Layout, recurrence_id: dt.datetime) -> bool:
    """Tell whether nothing takes place before a date: then the following ones are all.

    Raise Invalid where there is no such date.
    """
    if layout.find(recurrence_id) is None:
        overrides.regular_span(layout.event, recurrence_id)
    original = snapshot.moment(layout.event, recurrence_id)
    return not series.starts_before(layout.shown(), original)


def truncate(layout: Layout, recurrence_id: dt.datetime) -> None:
    """Let a series end before a date; the dates from there on leave the layout."""
    event = layout.event
    original = snapshot.moment(event, recurrence_id)
    _put_rule(event, series.ending_before(snapshot.row_times(event), original))
    later = [date for date in layout.dates if _is_from(date, recurrence_id)]
    layout.dates = [date for date in layout.dates if date not in later]
    layout.dropped += later


def split(layout: Layout, recurrence_id: dt.datetime) -> tuple[Layout, ical.Event]:
    """Cut a series before a date; return the rest as a new event, and how it was known until now.

    The rest takes along the changed dates with their attendees, and has copies of the other
    attendees, with their answers, and of the files, over the same bytes. Nothing is written.
    """
    event = layout.event
    original = snapshot.moment(event, recurrence_id)
    rest = Layout(event=_rest_of(event, original))
    rest.attendance = Attendance(
        rows=[
            Attendee(event=rest.event, **{name: getattr(one, name) for name in _ATTENDEE})
            for one in layout.attendance.rows
        ]
    )
    rest.files = [_copy(file, event) for file in layout.files]
    truncate(layout, recurrence_id)
    rest.dates = [date for date in layout.dropped if _is_from(date, recurrence_id)]
    layout.dropped = []
    for date in rest.dates:
        date.row.series = rest.event
    known = rest.shown().map(lambda part: replace(part, uid=event.uid, related_to=""))
    for date in rest.dates:
        date.row.uid = rest.event.uid
    for one in [row for attendance in rest.attendances for row in attendance.rows]:
        one.replied_sequence = None if one.replied_at is None else 0
    return rest, known


def over_the_rest(draft: EventDraft, rrule: str, layout: Layout, rest: Layout) -> EventDraft:
    """Return a draft of a date of the series as one of the rest: its rule, and its files.

    `rrule` is the rule of the series before it was cut.
    """
    files = dict(zip(layout.files, rest.files, strict=True))
    return replace(
        draft,
        rrule=rest.event.rrule if draft.rrule == rrule else draft.rrule,
        files=[files.get(file, file) for file in draft.files],
    )


def under(known: ical.Event, after: ical.Event) -> ical.Event:
    """Return what was known of a series as if its rest's organizer address had been told already.

    Where answers go is another mailbox for each UID; that is no change to show.
    """
    address = after.organizer.address if after.organizer else ""

    def name(part: ical.VEvent) -> ical.VEvent:
        organizer = part.organizer and replace(part.organizer, address=address)
        return replace(part, organizer=organizer)

    return known.map(name)


def _rest_of(event: Event, original: ical.Moment) -> Event:
    rest = Event(
        **{name: getattr(event, name) for name in _KEPT},
        uid=str(uuid.uuid4()),
        related_to=event.uid,
        dtstamp=now(),
        revision=0,
        reminders=list(event.reminders),
    )
    part = series.going_on_from(snapshot.row_times(event), original)
    rest.start, rest.end = snapshot.wall(part.start), snapshot.wall(part.end)
    _put_rule(rest, part)
    return rest


def _put_rule(event: Event, part: ical.VEvent) -> None:
    event.rrule = part.rrule
    event.rdates = [snapshot.wall(one).isoformat() for one in part.rdates]
    event.exdates = [snapshot.wall(one).isoformat() for one in part.exdates]


def _is_from(date: Date, recurrence_id: dt.datetime) -> bool:
    return date.row.recurrence_id is not None and date.row.recurrence_id >= recurrence_id


def _copy(file: File, event: Event) -> File:
    """Return another row over the same bytes; it stands for the event's own until it is saved."""
    names = ("team", "uploaded_by", "name", "size", "media_type", "path")
    return File(event=event, **{name: getattr(file, name) for name in names})
