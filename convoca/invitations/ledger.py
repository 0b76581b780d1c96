"""Who was reached and who is coming: one line per attendee, for the event's page and the API."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from convoca.accounts.models import Membership
from convoca.calendars.models import Attendee, Event


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """How far the mail to an attendee has come.

    `status` is a Delivery.Status, or NOT_SENT (saved without sending), OPTED_OUT (they or the
    member wish for no mail) or NONE (rooms and the host get none).
    """

    status: str
    attempts: int = 0
    last_error: str = ""
    sent_at: dt.datetime | None = None
    next_try_at: dt.datetime | None = None
    opened_at: dt.datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One attendee with their answer and the state of the mail to them."""

    attendee: Attendee
    email: str
    name: str
    kind: str
    partstat: str
    answered_at: dt.datetime | None
    answered_by: str  # the Rsvp.Source of the answer that counts, "" without one
    note: str
    delivery: Reach


def attendees(event: Event) -> list[Line]:
    """Return everyone on the event in the host's order; the number of queries is fixed."""
    raise NotImplementedError


def resend(member: Membership, event: Event, attendee: Attendee) -> None:
    """Queue the current state of the event for one attendee once more. Raises NotAllowed."""
    raise NotImplementedError
