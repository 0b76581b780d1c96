"""A draft becomes rows: checked as a whole, written in bulk, returned as a change."""

from __future__ import annotations

import datetime as dt
import uuid
from dataclasses import dataclass

from django.utils.timezone import now
from django.utils.translation import gettext_lazy as _

from convoca.accounts.invalid import FieldError, Invalid
from convoca.accounts.models import Membership
from convoca.accounts.text import fold
from convoca.calendars import attending, organizers, snapshot
from convoca.calendars.attending import Attendance
from convoca.calendars.checking import check
from convoca.calendars.description import plain_text
from convoca.calendars.drafts import EventDraft
from convoca.calendars.models import Attendee, Event, EventStatus, File, Kind
from convoca.calendars.models.event import FOREVER, EventQuerySet
from convoca.calendars.refusals import NotAllowed
from convoca.standards.ical import model as ical
from convoca.standards.ical import recurrence

WEST, EAST = dt.timedelta(hours=12), dt.timedelta(hours=14)  # how far zones lie from UTC


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What a save did: the row, and the event before (None: it is new) and after it.

    `has_guests` tells that somebody from outside the team is invited (rule S18).
    """

    event: Event
    before: ical.Event | None
    after: ical.Event
    has_guests: bool


def save(member: Membership, draft: EventDraft, event: Event | None = None) -> Change:
    """Write a draft as a new event, or over an existing one, inside the caller's transaction.

    The event's row is locked until that transaction ends. New guests get their card in the
    address book; attendees who stay keep their row and their answer. Raise Invalid with every
    complaint at once, and NotAllowed. Only `invitations.scheduling` calls this.
    """
    if event is not None:
        event = _allowed(member, event, Event.objects.select_for_update(of=("self",)))
    edit = _prepare(member, draft, event)
    edit.change.event.save()
    attending.write(member, edit.change.event, edit.attendance)
    _attach(edit)
    return edit.change


def imagine(member: Membership, draft: EventDraft, event: Event | None = None) -> Change:
    """Return the change that `save` would make, and write nothing. Raises as `save` does."""
    if event is not None:
        event = _allowed(member, event, Event.objects.all())
    return _prepare(member, draft, event).change


def cancel(member: Membership, event: Event) -> Change:
    """Mark an event as not taking place, inside the caller's transaction.

    Cancelling twice changes nothing. Raise NotAllowed. Only `invitations.scheduling` calls this.
    """
    event = _allowed(member, event, Event.objects.select_for_update(of=("self",)))
    before = snapshot.take(event)
    if not event.is_cancelled:
        event.status = EventStatus.CANCELLED
        event.cancelled_at = now()
        event.revision += 1
        event.save(update_fields=["status", "cancelled_at", "revision", "updated_at"])
    return Change(
        event=event,
        before=before,
        after=snapshot.take(event),
        has_guests=event.attendees.filter(kind=Kind.GUEST).exists(),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Edit:
    """A change laid out but not written."""

    change: Change
    attendance: Attendance
    attached: list[File]
    detached: list[File]


def _allowed(member: Membership, event: Event, rows: EventQuerySet) -> Event:
    """Return the event as it stands in the database now, or raise NotAllowed."""
    rows = rows.select_related("team", "host__user", "sender")
    fresh = rows.get(pk=event.pk)
    if not fresh.is_editable_by(member):
        raise NotAllowed
    return fresh


def _prepare(member: Membership, draft: EventDraft, event: Event | None) -> _Edit:
    draft, errors = check(member, draft, event)
    rows: list[Attendee] = []
    files: list[File] = []
    before = None
    if event is not None:
        rows, files = list(event.attendees.all()), list(event.files.all())
        before = snapshot.take(event, rows, files)
    after = event or _new_event(member)
    attendance = attending.arrange(member, draft.attendees, after, rows)
    errors = [*errors, *attendance.errors]
    if attendance.has_guests and draft.sender is None:
        errors.append(FieldError("sender", _("Choose from which address invitations are sent.")))
    if errors:
        raise Invalid(errors)
    _lay_over(after, draft)
    if not any(row.email_key for row in rows):  # nobody's program knows an organizer yet
        after.organizer_email = organizers.address_for(after, draft.sender)
    change = Change(
        event=after,
        before=before,
        after=snapshot.take(after, attendance.rows, draft.files),
        has_guests=attendance.has_guests,
    )
    kept = set(draft.files)
    return _Edit(
        change=change,
        attendance=attendance,
        attached=[file for file in draft.files if file not in files],
        detached=[file for file in files if file not in kept],
    )


def _new_event(member: Membership) -> Event:
    return Event(team=member.team, host=member, uid=str(uuid.uuid4()), dtstamp=now(), revision=0)


def _lay_over(event: Event, draft: EventDraft) -> None:
    """Set everything on the row that the draft says, and what follows from it."""
    for field in (
        *("title", "location", "description", "start", "end", "timezone", "all_day", "rrule"),
        *("notify_answers", "hide_guests", "sender"),
    ):
        setattr(event, field, getattr(draft, field))
    event.reminders = list(draft.reminders)
    event.revision += 1
    words = (event.title, event.location, plain_text(event.description))
    event.search_text = fold(" ".join(words))
    event.span_start, event.span_end = _span(event)


def _span(event: Event) -> tuple[dt.datetime, dt.datetime]:
    """Return between which instants (UTC) all dates lie, seen from any zone."""
    times = snapshot.times(event)
    start = recurrence.span_start(times)
    end = recurrence.span_end(times) or FOREVER
    if event.all_day:
        return start - EAST, end if end == FOREVER else end + WEST
    return start, end


def _attach(edit: _Edit) -> None:
    for event, files in ((edit.change.event, edit.attached), (None, edit.detached)):
        if files:
            File.objects.filter(pk__in=[file.pk for file in files]).update(event=event)
