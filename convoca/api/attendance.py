"""What the API answers about attendees: who was reached, and who comes on which date."""

from __future__ import annotations

import dataclasses
import datetime as dt
from uuid import UUID

from ninja import Field, Schema

from convoca.api.answers import local
from convoca.api.schemas import Typed
from convoca.invitations.reaching.ledger import Line, OnDate
from convoca.invitations.reaching.suppressed import Suppressed
from convoca.invitations.reaching.trail import Step


class DeliveryOut(Schema):
    """How far the mail to an attendee has come.

    `cause` says why it failed or is delayed, such as UNKNOWN_ADDRESS; `reason` and `advice` say so
    in the user's language, and what to do; `last_error` is what their server said. `opened_at` is
    when somebody, not a scanner, first used their page. `nudges_at` is when the next
    reminder goes out by itself; `nudges_stopped` tells who stopped them: the `guest` themselves, or
    the `host`.
    """

    status: str
    attempts: int
    cause: str
    reason: str
    advice: str
    last_error: str
    sent_at: dt.datetime | None
    next_try_at: dt.datetime | None
    opened_at: dt.datetime | None
    nudged_at: dt.datetime | None
    nudges_at: dt.datetime | None
    nudges_stopped: str | None


class DateAnswerOut(Schema):
    """How an attendee stands to one date of a series; times as those of the event."""

    recurrence_id: str
    start: str
    partstat: str
    note: str

    @classmethod
    def of(cls, date: OnDate) -> DateAnswerOut:
        start, is_timed = date.start, isinstance(date.start, dt.datetime)
        return cls(
            recurrence_id=local(date.recurrence_id, not is_timed),
            start=local(start, False) if isinstance(start, dt.datetime) else start.isoformat(),
            partstat=date.partstat,
            note=date.note,
        )


class AttendeeOut(Schema):
    """An attendee with answer and delivery.

    `dates` are the coming dates of a series to which they answered otherwise; who is on single
    dates only has all of theirs there, and `whole` false.
    """

    id: UUID
    email: str
    name: str
    kind: str
    partstat: str
    answered_at: dt.datetime | None
    answered_by: str = Field(description="WEB, MAIL, APP or HOST; empty without an answer.")
    note: str
    whole: bool
    dates: list[DateAnswerOut]
    delivery: DeliveryOut

    @classmethod
    def of(cls, line: Line) -> AttendeeOut:
        reach = line.delivery
        return cls(
            id=line.attendee.public_id,
            email=line.email,
            name=line.name,
            kind=line.kind.lower(),
            partstat=line.partstat,
            answered_at=line.answered_at,
            answered_by=line.answered_by,
            note=line.note,
            whole=line.is_whole,
            dates=[DateAnswerOut.of(one) for one in line.dates],
            delivery=DeliveryOut(
                status=reach.status,
                attempts=reach.attempts,
                cause=reach.cause,
                reason=reach.reason,
                advice=reach.advice,
                last_error=reach.last_error,
                sent_at=reach.sent_at,
                next_try_at=reach.next_try_at,
                opened_at=reach.opened_at,
                nudged_at=reach.nudged_at,
                nudges_at=reach.nudges_at,
                nudges_stopped=reach.nudges_stopped.lower() or None,
            ),
        )


class StepOut(Schema):
    """One thing that happened to the mails to an attendee.

    `what` is SENT (their server accepted it), DELAYED, FAILED, BOUNCED (it came back later),
    INVITED, OPENED, REMINDED or CORRECTED. `code` and `response` are their server's; `email` is the
    address that was corrected.
    """

    at: dt.datetime
    what: str
    cause: str
    reason: str
    advice: str
    code: int | None
    response: str
    email: str
    by: str

    @classmethod
    def of(cls, step: Step) -> StepOut:
        return cls(**{field.name: getattr(step, field.name) for field in dataclasses.fields(step)})


class SuppressedOut(Schema):
    """An address that is not written to: mails came back (BOUNCED) or the guest wishes so
    (OPTED_OUT)."""

    email: str
    why: str
    since: dt.datetime
    words: str
    guest: UUID | None

    @classmethod
    def of(cls, one: Suppressed) -> SuppressedOut:
        guest = one.guest.public_id if one.guest else None
        return cls(email=one.email, why=one.why, since=one.since, words=one.words, guest=guest)


class ResentOut(Schema):
    """How many mails were queued once more."""

    resent: int


class AddressIn(Typed):
    """The address a guest has instead of the one that was written down."""

    email: str
