"""What the API answers about attendees: who was reached, and who comes on which date."""

from __future__ import annotations

import datetime as dt
from uuid import UUID

from ninja import Schema

from convoca.api.answers import local
from convoca.invitations.ledger import Line, OnDate


class DeliveryOut(Schema):
    """How far the mail to an attendee has come, and when they are reminded that they are silent.

    `nudges_at` is when the next reminder goes out by itself; `nudges_stopped` tells who stopped
    them: the `guest` themselves, or the `host`.
    """

    status: str
    attempts: int
    last_error: str
    sent_at: dt.datetime | None
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
            note=line.note,
            whole=line.is_whole,
            dates=[DateAnswerOut.of(one) for one in line.dates],
            delivery=DeliveryOut(
                status=reach.status,
                attempts=reach.attempts,
                last_error=reach.last_error,
                sent_at=reach.sent_at,
                opened_at=reach.opened_at,
                nudged_at=reach.nudged_at,
                nudges_at=reach.nudges_at,
                nudges_stopped=reach.nudges_stopped.lower() or None,
            ),
        )
