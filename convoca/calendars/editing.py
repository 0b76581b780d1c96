"""A draft becomes rows: checked as a whole, written in bulk, returned as a change."""

from __future__ import annotations

import datetime as dt
import uuid
from dataclasses import dataclass

from django.utils.timezone import now
from django.utils.translation import gettext_lazy as _

from convoca.accounts.invalid import Invalid
from convoca.accounts.models import Membership
from convoca.calendars import attending, one_date
from convoca.calendars.checking import check, check_guests_have_sender
from convoca.calendars.drafts import EventDraft
from convoca.calendars.layout import Layout, lay_over, organize
from convoca.calendars.models import Event
from convoca.calendars.models.event import EventQuerySet
from convoca.calendars.refusals import NotAllowed
from convoca.calendars.scopes import Scope, check_scope
from convoca.standards.ical import model as ical
from convoca.standards.ical import recurrence


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What a save did: the event's row, and the event before (None: it is new) and after it.

    `row` describes the date that was meant: the event's own, or that of one changed date.
    `has_guests` tells that somebody from outside the team is invited (rule S18).
    """

    event: Event
    row: Event
    before: ical.Event | None
    after: ical.Event
    has_guests: bool


def save(
    member: Membership,
    draft: EventDraft,
    event: Event | None = None,
    *,
    scope: Scope = Scope.ALL,
    recurrence_id: dt.datetime | None = None,
) -> Change:
    """Write a draft as a new event, or over an existing one, inside the caller's transaction.

    `scope` and `recurrence_id` (the wall-clock original start) say which dates of a series are
    meant. The event's row is locked until that transaction ends. New guests get their card in the
    address book; attendees who stay keep their row and their answer. Raise Invalid with every
    complaint at once, and NotAllowed. Only `invitations.scheduling` calls this.
    """
    if event is not None:
        event = _allowed(member, event, Event.objects.select_for_update(of=("self",)))
    edit = _prepare(member, draft, event, scope, recurrence_id)
    edit.layout.write(member)
    return edit.change


def imagine(
    member: Membership,
    draft: EventDraft,
    event: Event | None = None,
    *,
    scope: Scope = Scope.ALL,
    recurrence_id: dt.datetime | None = None,
) -> Change:
    """Return the change that `save` would make, and write nothing. Raises as `save` does."""
    if event is not None:
        event = _allowed(member, event, Event.objects.all())
    return _prepare(member, draft, event, scope, recurrence_id).change


def cancel(
    member: Membership,
    event: Event,
    *,
    scope: Scope = Scope.ALL,
    recurrence_id: dt.datetime | None = None,
) -> Change:
    """Mark an event, or dates of it, as not taking place, inside the caller's transaction.

    Cancelling twice changes nothing. Raise NotAllowed, and Invalid where there is no such date.
    Only `invitations.scheduling` calls this.
    """
    event = _allowed(member, event, Event.objects.select_for_update(of=("self",)))
    edit = _prepare_cancelling(event, scope, recurrence_id)
    if edit.change.before != edit.change.after:
        edit.layout.write(member)
    return edit.change


def imagine_cancelling(
    event: Event,
    *,
    scope: Scope = Scope.ALL,
    recurrence_id: dt.datetime | None = None,
) -> Change:
    """Return the change that `cancel` would make, and write nothing. Raise Invalid."""
    event = Event.objects.select_related("team", "host__user", "sender").get(pk=event.pk)
    return _prepare_cancelling(event, scope, recurrence_id).change


@dataclass(frozen=True, slots=True, kw_only=True)
class _Edit:
    """A change laid out but not written."""

    change: Change
    layout: Layout


def _allowed(member: Membership, event: Event, rows: EventQuerySet) -> Event:
    """Return the event as it stands in the database now, or raise NotAllowed."""
    rows = rows.select_related("team", "host__user", "sender")
    fresh = rows.get(pk=event.pk)
    if not fresh.is_editable_by(member):
        raise NotAllowed
    return fresh


def _prepare(
    member: Membership,
    draft: EventDraft,
    event: Event | None,
    scope: Scope,
    recurrence_id: dt.datetime | None,
) -> _Edit:
    check_scope(event, scope, recurrence_id)
    if scope == Scope.FOLLOWING:
        raise Invalid.field("scope", _("This event does not repeat."))
    layout = Layout.load(event) if event else Layout(event=_new_event(member))
    before = layout.shown() if event else None
    if scope == Scope.THIS and recurrence_id is not None:
        row = one_date.change(member, draft, layout, recurrence_id)
    else:
        row = _change_all(member, draft, layout)
    return _edit(layout, row, before)


def _change_all(member: Membership, draft: EventDraft, layout: Layout) -> Event:
    """Lay a draft over a whole event and return its row; raise Invalid."""
    event, was_known = layout.event, layout.has_people
    draft, errors = check(member, draft, None if event.pk is None else event)
    attendance = attending.arrange(member, draft.attendees, event, layout.attendance.rows)
    errors += [*attendance.errors, *check_guests_have_sender(draft, attendance)]
    if errors:
        raise Invalid(errors)
    lay_over(event, draft)
    event.rrule = draft.rrule
    layout.attendance, layout.files = attendance, draft.files
    organize(layout, draft, was_known=was_known)
    return event


def _prepare_cancelling(event: Event, scope: Scope, recurrence_id: dt.datetime | None) -> _Edit:
    check_scope(event, scope, recurrence_id)
    layout = Layout.load(event)
    before = layout.shown()
    if event.is_cancelled:
        return _edit(layout, event, before)
    if scope == Scope.THIS and recurrence_id is not None:
        one_date.cancel(layout, recurrence_id)
    if scope == Scope.ALL or not recurrence.takes_place(layout.shown()):
        layout.cancel(now())
    return _edit(layout, event, before)


def _edit(layout: Layout, row: Event, before: ical.Event | None) -> _Edit:
    layout.settle()
    change = Change(
        event=layout.event,
        row=row,
        before=before,
        after=layout.shown(),
        has_guests=layout.has_guests,
    )
    return _Edit(change=change, layout=layout)


def _new_event(member: Membership) -> Event:
    return Event(team=member.team, host=member, uid=str(uuid.uuid4()), dtstamp=now(), revision=0)
