"""A draft becomes rows: checked as a whole, written in bulk, returned as a change."""

from __future__ import annotations

import datetime as dt
import uuid
from dataclasses import dataclass, replace

from django.utils.timezone import now

from convoca.accounts.models import Membership
from convoca.calendars import one_date, whole
from convoca.calendars.drafts import EventDraft
from convoca.calendars.layout import Layout, state_of
from convoca.calendars.models import Event
from convoca.calendars.refusals import NotAllowed
from convoca.calendars.scopes import Scope, check_scope
from convoca.calendars.splitting import is_first, over_the_rest, split, truncate, under
from convoca.standards.ical import model as ical
from convoca.standards.ical import recurrence


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What a save did: the event's row, and the event before (None: it is new) and after it.

    `row` describes the date that was meant: the event's own, or that of one changed date.
    `has_guests` tells that somebody from outside the team is invited (rule S18). `rest` is what
    goes on as an event of its own, where a series was cut in two; its `before` is how attendees
    knew these dates, under the old UID. `date` is the one date that alone was changed, or as it
    was before it was cancelled.
    """

    event: Event
    row: Event
    before: ical.Event | None
    after: ical.Event
    has_guests: bool
    rest: Change | None = None
    date: Event | None = None

    @property
    def is_date_cancelled(self) -> bool:
        """Tell whether one date, and nothing else, was called off."""
        return self.date is not None and self.date is not self.row

    def halves(self) -> list[Change]:
        """Return the change of each event that was written."""
        return [self] if self.rest is None else [self, self.rest]


@dataclass(frozen=True, slots=True, kw_only=True)
class Edit:
    """A change laid out but not written; `stored` is what it was laid over, None for a new event.

    Laying out may take a second with thousands of attendees, so it is done before anything is
    locked. It holds only as long as the event is stored as it was then.
    """

    change: Change
    layouts: list[Layout]
    stored: int | None = None


def prepare(
    member: Membership,
    draft: EventDraft,
    event: Event | None = None,
    *,
    scope: Scope = Scope.ALL,
    recurrence_id: dt.datetime | None = None,
) -> Edit:
    """Lay out what `save` shall write, and write nothing. Raise Invalid and NotAllowed.

    `scope` and `recurrence_id` (the wall-clock original start) say which dates of a series are
    meant. Invalid has every complaint at once.
    """
    if event is None:
        return _prepare(member, draft, None, scope, recurrence_id)
    stored = state_of(event)
    edit = _prepare(member, draft, _allowed(member, event), scope, recurrence_id)
    return replace(edit, stored=stored)


def save(
    member: Membership,
    draft: EventDraft,
    event: Event | None = None,
    *,
    scope: Scope = Scope.ALL,
    recurrence_id: dt.datetime | None = None,
    edit: Edit | None = None,
) -> Change:
    """Write a draft as a new event, or over an existing one, inside the caller's transaction.

    `edit` is what `prepare` made of the same; where the event was changed since, all is laid out
    anew. The event's row is locked until that transaction ends. New guests get their card in the
    address book; attendees who stay keep their row and their answer. Raises as `prepare` does.
    Only `invitations.saving` calls this.
    """
    edit = _lock(event, edit) or prepare(
        member, draft, event, scope=scope, recurrence_id=recurrence_id
    )
    for layout in edit.layouts:
        layout.write(member)
    return edit.change


def prepare_cancelling(
    member: Membership,
    event: Event,
    *,
    scope: Scope = Scope.ALL,
    recurrence_id: dt.datetime | None = None,
) -> Edit:
    """Lay out what `cancel` shall write, and write nothing. Raises as `cancel` does."""
    stored = state_of(event)
    edit = _prepare_cancelling(_allowed(member, event), scope, recurrence_id)
    return replace(edit, stored=stored)


def cancel(
    member: Membership,
    event: Event,
    *,
    scope: Scope = Scope.ALL,
    recurrence_id: dt.datetime | None = None,
    edit: Edit | None = None,
) -> Change:
    """Mark an event, or dates of it, as not taking place, inside the caller's transaction.

    `edit` is what `prepare_cancelling` made of the same, as for `save`. Cancelling twice changes
    nothing. Raise NotAllowed, and Invalid where there is no such date.
    Only `invitations.saving` calls this.
    """
    edit = _lock(event, edit) or prepare_cancelling(
        member, event, scope=scope, recurrence_id=recurrence_id
    )
    if edit.change.before != edit.change.after:
        for layout in edit.layouts:
            layout.write(member)
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


def _lock(event: Event | None, edit: Edit | None) -> Edit | None:
    """Lock the event's row; return the edit if it still holds."""
    if event is None:
        return edit
    rows = Event.objects.select_for_update(of=("self",)).filter(pk=event.pk)
    rows.values_list("pk").get()
    return edit if edit is not None and edit.stored == state_of(event) else None


def _allowed(member: Membership, event: Event) -> Event:
    """Return the event as it stands in the database now, or raise NotAllowed."""
    rows = Event.objects.select_related("team", "host__user", "sender")
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
) -> Edit:
    check_scope(event, scope, recurrence_id)
    if event is None:
        layout = Layout(event=_new_event(member))
        return _edit(layout, whole.change(member, draft, layout, None, None), None)
    layout = Layout.load(event)
    before = layout.shown()
    if scope == Scope.THIS and recurrence_id:
        row = one_date.change(member, draft, layout, recurrence_id)
        return _edit(layout, row, before, date=row if row is not event else None)
    if scope == Scope.FOLLOWING and recurrence_id and not is_first(layout, recurrence_id):
        return _prepare_split(member, draft, layout, recurrence_id)
    return _edit(layout, whole.change(member, draft, layout, recurrence_id, event), before)


def _prepare_split(
    member: Membership, draft: EventDraft, layout: Layout, recurrence_id: dt.datetime
) -> Edit:
    """Cut the series in two and change the rest as a whole."""
    event, before, rrule = layout.event, layout.shown(), layout.event.rrule
    rest, known = split(layout, recurrence_id)
    draft = over_the_rest(draft, rrule, layout, rest)
    row = whole.change(member, draft, rest, recurrence_id, event)
    second = _edit(rest, row, known).change
    second = replace(second, before=under(known, second.after))
    change = replace(_edit(layout, row, before).change, rest=second)
    return Edit(change=change, layouts=[layout, rest])


def _prepare_cancelling(event: Event, scope: Scope, recurrence_id: dt.datetime | None) -> Edit:
    check_scope(event, scope, recurrence_id)
    layout = Layout.load(event)
    before = layout.shown()
    if event.is_cancelled:
        return _edit(layout, event, before)
    date = None
    if scope == Scope.THIS and recurrence_id:
        date = one_date.cancel(layout, recurrence_id)
    if scope == Scope.FOLLOWING and recurrence_id:
        if is_first(layout, recurrence_id):
            scope = Scope.ALL
        else:
            truncate(layout, recurrence_id)
    if scope == Scope.ALL or not recurrence.takes_place(layout.shown()):
        layout.cancel(now())
    return _edit(layout, event, before, date=None if event.is_cancelled else date)


def _edit(
    layout: Layout, row: Event, before: ical.Event | None, *, date: Event | None = None
) -> Edit:
    layout.settle()
    change = Change(
        event=layout.event,
        row=row,
        before=before,
        after=layout.shown(),
        has_guests=layout.has_guests,
        date=date,
    )
    return Edit(change=change, layouts=[layout])


def _new_event(member: Membership) -> Event:
    return Event(team=member.team, host=member, uid=str(uuid.uuid4()), dtstamp=now(), revision=0)
