"""Save or cancel an event and, in the same transaction, queue what everyone must come to hold."""

from __future__ import annotations

import datetime as dt

from django.db import transaction
from django.utils import timezone

from convoca.accounts import limits
from convoca.accounts.models import Membership
from convoca.calendars import editing, snapshot
from convoca.calendars.drafts import EventDraft
from convoca.calendars.editing import Change
from convoca.calendars.models import Event
from convoca.calendars.refusals import NotAllowed
from convoca.calendars.scopes import Scope
from convoca.invitations import invitees, notices
from convoca.invitations.saving.foresight import Foresight, foresee
from convoca.invitations.saving.planning import (
    SenderNotConfirmed,
    check_sender,
    choose_recipients,
    stored_sender,
    with_sender,
)
from convoca.invitations.saving.recipients import Notify, concerned
from convoca.invitations.saving.rehearsal import Audience, audience, audience_of_cancelling
from convoca.mail.outbox import NO_GRACE

__all__ = [
    "NO_GRACE",
    "Audience",
    "NotAllowed",
    "Notify",
    "Scope",
    "SenderNotConfirmed",
    "audience",
    "audience_of_cancelling",
    "cancel_event",
    "save_event",
]


def save_event(
    member: Membership,
    draft: EventDraft,
    event: Event | None = None,
    *,
    scope: Scope = Scope.ALL,
    recurrence_id: dt.datetime | None = None,
    message: str = "",
    notify: Notify = "all",
    grace: dt.timedelta = NO_GRACE,
) -> Event:
    """Save a draft as a new event, or over `event`, and queue the mails it asks for.

    Of a series, `scope` says how much is meant and `recurrence_id` (the wall-clock original
    start) from which date; `draft` is then the one of that date. Return the row that describes
    the date from now on. One transaction: nothing is ever sent for what was not saved, nothing
    saved stays unsent. `message` are the host's personal words in these mails, which `withheld`
    stops within the `grace`. Raises Invalid with every complaint (SenderNotConfirmed for the
    sender), LimitReached, NotAllowed.
    """
    made = with_sender(member, draft, event)
    edit = editing.prepare(member, made, event, scope=scope, recurrence_id=recurrence_id)
    ahead = foresee(edit, timezone.now())
    with transaction.atomic():
        known_sender = stored_sender(event)
        change = editing.save(
            member, made, event, scope=scope, recurrence_id=recurrence_id, edit=edit
        )
        check_sender(member, change.halves()[-1], known_sender)
        for half in change.halves():
            _tell(member, half, change, ahead, message=message, notify=notify, grace=grace)
        for half in change.halves():
            _count(half)
        if change.row.series_id is not None:  # the plan was stored through the series
            change.row.refresh_from_db(fields=["sequence", "dtstamp"])
    return change.row


def cancel_event(
    member: Membership,
    event: Event,
    *,
    scope: Scope = Scope.ALL,
    recurrence_id: dt.datetime | None = None,
    message: str = "",
    grace: dt.timedelta = NO_GRACE,
) -> Event:
    """Cancel an event, or dates of a series, and queue the news to everyone who was reached.

    Raises NotAllowed, and Invalid where the series has no such date.
    """
    edit = editing.prepare_cancelling(member, event, scope=scope, recurrence_id=recurrence_id)
    ahead = foresee(edit, timezone.now())
    with transaction.atomic():
        change = editing.cancel(member, event, scope=scope, recurrence_id=recurrence_id, edit=edit)
        _tell(member, change, change, ahead, message=message, notify="all", grace=grace)
    return change.row


def _tell(
    member: Membership,
    half: Change,
    change: Change,
    ahead: Foresight,
    *,
    message: str,
    notify: Notify,
    grace: dt.timedelta,
) -> None:
    """Store what iTIP plans, queue the mails, ring the bells.

    `half` is the whole `change`, or that of one of the two events a series became.
    """
    event, now = half.event, timezone.now()
    known = invitees.invited(event)
    planned = ahead.plan(half, known, now)
    snapshot.store(event, planned.event)
    version_before = event.version
    is_rest = half is change.rest and half.before is not None
    if is_rest and half.before:
        snapshot.record_origin(event, half.before)
    if is_rest or half.before is None or planned.difference:
        snapshot.record(event, planned.event, message, member)
    recipients = choose_recipients(planned, event, known, version_before, notify, now)
    invitees.settle(event, known, recipients.all, now, grace, ahead.secrets)
    if is_rest:
        invitees.carry_over(change.event, event)
    if half.event == change.halves()[-1].event:  # the bell rings once for both halves
        notices.scheduled(member, half, planned, known, concerned(planned, notify))


def _count(change: Change) -> None:
    """Count an event once, when it first has somebody from outside the team (rule S18).

    The last step of a save: until the commit every colleague who invites somebody waits.
    """
    event = change.event
    if change.has_guests and event.counted_at is None:
        limits.count_event_with_guests(event.team)
        event.counted_at = timezone.now()
        event.save(update_fields=["counted_at"])
