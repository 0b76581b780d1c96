"""A draft becomes rows: checked as a whole, written in bulk, returned as a change."""

from __future__ import annotations

from dataclasses import dataclass

from convoca.accounts.models import Membership
from convoca.calendars.drafts import EventDraft
from convoca.calendars.models import Event
from convoca.standards.ical import model as ical


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What a save did: the row, and the event before (None: it is new) and after it.

    `has_guests` tells that somebody from outside the team is invited (rule S18).
    """

    event: Event
    before: ical.Event | None
    after: ical.Event
    has_guests: bool


class NotAllowed(Exception):
    """Only the host and the team's administrators change an event."""


def save(member: Membership, draft: EventDraft, event: Event | None = None) -> Change:
    """Write a draft as a new event, or over an existing one, inside the caller's transaction.

    The event's row is locked until that transaction ends. New guests get their card in the
    address book; attendees who stay keep their row and their answer. Raise Invalid with every
    complaint at once, and NotAllowed. Only `invitations.scheduling` calls this.
    """
    raise NotImplementedError


def imagine(member: Membership, draft: EventDraft, event: Event | None = None) -> Change:
    """Return the change that `save` would make, and write nothing. Raises as `save` does."""
    raise NotImplementedError


def cancel(member: Membership, event: Event) -> Change:
    """Mark an event as not taking place, inside the caller's transaction.

    Cancelling twice changes nothing. Raise NotAllowed. Only `invitations.scheduling` calls this.
    """
    raise NotImplementedError
