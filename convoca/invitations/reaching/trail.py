"""The way of the mails to one attendee: every try with the server's words, and what came after."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from convoca.accounts.models import Membership
from convoca.calendars.models import Event
from convoca.invitations.models import Invitation
from convoca.mail.advice import advice
from convoca.mail.models import Delivery, DeliveryAttempt

MOST = 50  # tries that are shown, the newest ones


class What(StrEnum):
    """What happened: the outcome of a try, or one of those below."""

    SENT = Delivery.Status.SENT
    DELAYED = Delivery.Status.DELAYED
    FAILED = Delivery.Status.FAILED
    BOUNCED = Delivery.Status.BOUNCED
    INVITED = "INVITED"
    """They were put on the event."""
    OPENED = "OPENED"
    """Somebody, not a scanner, first used their page."""
    REMINDED = "REMINDED"
    """A colleague reminded them that their answer is missing."""
    CAME_DUE = "CAME_DUE"
    """They were reminded of it by the clock, before the deadline."""
    SPARED = "SPARED"
    """Reminders were stopped, by a colleague or by themselves."""
    CORRECTED = "CORRECTED"
    """Their address was corrected; before, mails went to `email`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One thing that happened; `code` and `response` are the server's.

    `cause` is a Delivery.Reason; it and what to do are in words in `reason` and `advice`.

    `by` names the colleague who corrected the address, reminded them, or stopped that.
    """

    at: dt.datetime
    what: What
    cause: str = ""
    reason: str = ""
    advice: str = ""
    code: int | None = None
    response: str = ""
    email: str = ""
    by: str = ""


def of(event: Event, email_key: str) -> list[Step]:
    """Return all that happened to the mails to one address of an event, the newest first."""
    rows = Invitation.objects.select_related("delivery", "nudges_stopped_by__user")
    invitation = rows.filter(event=event, email_key=email_key).first()
    if invitation is None:
        return []
    steps = sorted(_steps(invitation), key=lambda step: step.at)
    return steps[::-1]


def _steps(invitation: Invitation) -> Iterator[Step]:
    yield Step(at=invitation.created_at, what=What.INVITED)
    for one in invitation.corrections.select_related("corrected_by__user"):
        by = _name(one.corrected_by)
        yield Step(at=one.corrected_at, what=What.CORRECTED, email=one.was, by=by)
    if invitation.delivery is not None:
        for row in invitation.delivery.tries.order_by("-at", "-id")[:MOST]:
            yield _try(row)
    for nudge in invitation.nudges.select_related("nudged_by__user"):
        what = What.CAME_DUE if nudge.is_automatic else What.REMINDED
        yield Step(at=nudge.nudged_at, what=what, by=_name(nudge.nudged_by))
    if invitation.nudges_stopped_at:
        by = _name(invitation.nudges_stopped_by)
        yield Step(at=invitation.nudges_stopped_at, what=What.SPARED, by=by)
    if invitation.opened_at:
        yield Step(at=invitation.opened_at, what=What.OPENED)


def _name(member: Membership | None) -> str:
    return member.name if member else ""


def _try(row: DeliveryAttempt) -> Step:
    return Step(
        at=row.at,
        what=What(row.outcome),
        cause=row.reason,
        reason=row.get_reason_display() if row.reason else "",
        advice=advice(row.outcome, row.reason),
        code=row.code,
        response=row.response,
    )
