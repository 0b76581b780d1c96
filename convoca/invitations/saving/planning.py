"""Between the change that was saved and its mails: the plan, the sender, and who is written to."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import replace

from django.utils.translation import gettext_lazy as _

from convoca.accounts.invalid import FieldError, Invalid
from convoca.accounts.models import Membership
from convoca.calendars.drafts import EventDraft, NewGuest
from convoca.calendars.editing import Change
from convoca.calendars.models import Event
from convoca.guests.models import Guest
from convoca.invitations import invitees
from convoca.invitations.invitees import Invited
from convoca.invitations.saving.recipients import Notify, Recipients, choose
from convoca.mail import senders
from convoca.standards.ical.recurrence import is_over
from convoca.standards.itip.outgoing import Plan, plan


class SenderNotConfirmed(Invalid):
    """There are people to write to, but no address that may be written from."""


def plan_change(change: Change, known: Mapping[str, Invited], now: dt.datetime) -> Plan:
    """Plan what the change asks for; `known` are the event's invitations so far."""
    return plan(change.before, change.after, now, returning=returning(known))


def returning(known: Mapping[str, Invited]) -> frozenset[str]:
    """Return who would come back, were they on the event: they were on it, and were told so."""
    return frozenset(key for key, row in known.items() if row.ended_at and row.delivery_id)


def choose_recipients(
    planned: Plan,
    event: Event,
    known: Mapping[str, Invited],
    version: int,
    notify: Notify,
    now: dt.datetime,
) -> Recipients:
    """Decide who is written to after a save; `version` is the event's before it."""
    if event.sender_id is None:  # colleagues alone, and no address to write to them from
        return Recipients()
    current = () if planned.event.is_cancelled else planned.event.addresses()
    return choose(
        planned,
        wanted={key: row.wanted for key, row in known.items() if row.delivery_id},
        version=version,
        unaware=invitees.unaware(event, known, current, version),
        silent=invitees.silent(event.team),
        is_past=is_over(planned.event, now),
        notify=notify,
    )


def with_sender(member: Membership, draft: EventDraft, event: Event | None) -> EventDraft:
    """Let a meeting among colleagues be sent from the host's default address without asking.

    With somebody from outside the sender is the host's to choose (rule S6); the save insists.
    """
    has_members = any(isinstance(one, Membership) for one in draft.attendees)
    has_guests = any(isinstance(one, Guest | NewGuest) for one in draft.attendees)
    if draft.sender is None and has_members and not has_guests:
        return replace(draft, sender=senders.default_for(event.host if event else member))
    return draft


def stored_sender(event: Event | None) -> int | None:
    """Return the sender an event is stored with: it stays good, even when removed since."""
    if event is None:
        return None
    return Event.objects.values_list("sender_id", flat=True).get(pk=event.pk)


def check_sender(member: Membership, change: Change, stored: int | None) -> None:
    """Raise SenderNotConfirmed unless the event may be sent from its sender.

    `stored` is the sender the event had before, see `stored_sender`.
    """
    sender, host = change.event.sender, change.event.host
    if sender is None or sender.pk == stored:
        return
    if not any(senders.may_use(one, sender) for one in {member, host}):
        raise SenderNotConfirmed(
            [FieldError("sender", _("This address is not confirmed, or not yours to send from."))]
        )
