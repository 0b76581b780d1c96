"""What a save would send, and to whom, before anybody presses the button."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from django.utils import timezone

from convoca.accounts.models import Membership
from convoca.calendars import editing
from convoca.calendars.drafts import EventDraft
from convoca.calendars.editing import Change
from convoca.calendars.models import Event
from convoca.calendars.scopes import Scope
from convoca.invitations import invitees
from convoca.invitations.saving.planning import (
    check_sender,
    choose_recipients,
    plan_change,
    stored_sender,
    with_sender,
)
from convoca.standards.ical.recurrence import is_over


@dataclass(frozen=True, slots=True, kw_only=True)
class Audience:
    """Whom a save would write to, by display name: for the button and the question before it.

    `updated` have been written to before and would get the difference. `attendees_only` tells that
    the host may choose "affected". `opted_out` wish for no mail and get none.
    """

    invited: tuple[str, ...] = ()
    updated: tuple[str, ...] = ()
    cancelled: tuple[str, ...] = ()
    opted_out: tuple[str, ...] = ()
    attendees_only: bool = False
    is_past: bool = False

    @property
    def count(self) -> int:
        """Return how many mails would leave."""
        return len(self.invited) + len(self.updated) + len(self.cancelled)


def audience(
    member: Membership,
    draft: EventDraft,
    event: Event | None = None,
    *,
    scope: Scope = Scope.ALL,
    recurrence_id: dt.datetime | None = None,
) -> Audience:
    """Return whom saving the draft would write to; nothing is written. Raises as `save_event`."""
    made = with_sender(member, draft, event)
    edit = editing.prepare(member, made, event, scope=scope, recurrence_id=recurrence_id)
    change = edit.change
    check_sender(member, change, stored_sender(event))
    return _audience(change)


def audience_of_cancelling(
    event: Event,
    *,
    scope: Scope = Scope.ALL,
    recurrence_id: dt.datetime | None = None,
) -> Audience:
    """Return whom cancelling would write to; nothing is written. Raises Invalid."""
    change = editing.imagine_cancelling(event, scope=scope, recurrence_id=recurrence_id)
    return _audience(change)


def _audience(change: Change) -> Audience:
    """Return whom the change, or both its halves, would write to; each is named once."""
    halves = [_half(half, change) for half in change.halves()]
    first, last = halves[0], halves[-1]

    def together(name: str, *others: str) -> tuple[str, ...]:
        named = dict.fromkeys(one for half in halves for one in getattr(half, name))
        return tuple(one for one in named if all(one not in getattr(last, it) for it in others))

    return Audience(
        invited=together("invited"),
        updated=together("updated", "invited"),
        cancelled=together("cancelled", "invited", "updated"),
        opted_out=together("opted_out"),
        attendees_only=all(half.attendees_only for half in halves),
        is_past=first.is_past and last.is_past,
    )


def _half(half: Change, change: Change) -> Audience:
    now, event = timezone.now(), half.event
    known = invitees.invited(change.event) if change.event.pk else {}
    planned = plan_change(half, known if half is change else {}, now)
    recipients = choose_recipients(planned, event, known, event.version, "all", now)
    names = {
        one.address: one.name or one.address
        for version in (half.before, half.after)
        for component in (version.components() if version else ())
        for one in component.attendees
    }

    def named(addresses: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(names.get(address, address) for address in addresses)

    return Audience(
        invited=named(recipients.invited),
        updated=named(recipients.updated),
        cancelled=named(recipients.cancelled),
        opted_out=named(recipients.silent),
        attendees_only=planned.attendees_only,
        is_past=is_over(planned.event, now),
    )
