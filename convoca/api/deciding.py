"""What waits for the host, and what they decide: the contract's fields for both."""

from __future__ import annotations

import datetime as dt
from typing import Literal
from uuid import UUID

from ninja import Field, Schema

from convoca.api.schemas import Moment, Typed, Words
from convoca.invitations.answers.history import Said
from convoca.invitations.models import GuestMessage, HeldAnswer, Proposal


class HeldDecision(Typed):
    """What the host decides about an answer that waits."""

    decision: Literal["admit", "merge", "ignore"]
    attendee: UUID | None = Field(
        None, description="merge: whose other address it is; by default of whom it resembles."
    )


class HeldOut(Schema):
    """An answer that waits for the host; `resembles` is the address of an invitation it answers."""

    id: UUID
    why: str
    email: str
    name: str
    written_from: str
    partstat: str
    note: str
    recurrence_id: str | None
    answered_at: dt.datetime
    resembles: str | None
    decision: str | None
    decided_at: dt.datetime | None

    @classmethod
    def of(cls, one: HeldAnswer) -> HeldOut:
        return cls(
            id=one.public_id,
            why=one.why,
            email=one.email,
            name=one.name,
            written_from=one.written_from,
            partstat=one.partstat,
            note=one.note,
            recurrence_id=one.recurrence_id and one.recurrence_id.isoformat(),
            answered_at=one.answered_at,
            resembles=one.resembles.email if one.resembles else None,
            decision=one.decision or None,
            decided_at=one.decided_at,
        )


class ProposalDecision(Typed):
    """Whether a proposed time is taken over for everyone."""

    decision: Literal["accept", "refuse"]
    message: Words = Field("", description="Personal words in the mails.")


class ProposalOut(Schema):
    """Another time somebody proposes; `start` and `end` are local times in `timezone`."""

    id: UUID
    email: str
    name: str
    recurrence_id: str | None
    start: str
    end: str
    timezone: str
    all_day: bool
    note: str
    proposed_at: dt.datetime

    @classmethod
    def of(cls, one: Proposal) -> ProposalOut:
        start, end = (
            moment.date().isoformat() if one.all_day else moment.isoformat()
            for moment in (one.start, one.end)
        )
        return cls(
            id=one.public_id,
            email=one.invitation.email,
            name=one.invitation.name,
            recurrence_id=one.recurrence_id and one.recurrence_id.isoformat(),
            start=start,
            end=end,
            timezone=one.timezone,
            all_day=one.all_day,
            note=one.note,
            proposed_at=one.proposed_at,
        )


class AnswerIn(Typed):
    """What an attendee has told the host ("she phoned")."""

    partstat: Literal["ACCEPTED", "TENTATIVE", "DECLINED"]
    note: Words = ""
    recurrence_id: Moment | None = Field(None, description="The one date that is answered.")


class AnswerOut(Schema):
    """One answer; `fate` tells whether it counts, and why not."""

    partstat: str
    note: str
    source: str
    recurrence_id: str | None
    answered_at: dt.datetime
    entered_by: str | None
    fate: str

    @classmethod
    def of(cls, said: Said) -> AnswerOut:
        one = said.rsvp
        return cls(
            partstat=one.partstat,
            note=one.note,
            source=one.source,
            recurrence_id=one.recurrence_id and one.recurrence_id.isoformat(),
            answered_at=one.answered_at,
            entered_by=said.by or None,
            fate=said.fate,
        )


class GuestMessageOut(Schema):
    """What somebody invited wrote that is no answer, without what they quoted."""

    id: UUID
    email: str
    name: str
    written_from: str
    text: str
    received_at: dt.datetime
    recorded_as: str | None
    settled_at: dt.datetime | None

    @classmethod
    def of(cls, one: GuestMessage) -> GuestMessageOut:
        return cls(
            id=one.public_id,
            email=one.invitation.email,
            name=one.invitation.name,
            written_from=one.written_from,
            text=one.text,
            received_at=one.received_at,
            recorded_as=one.rsvp.partstat if one.rsvp else None,
            settled_at=one.settled_at,
        )


class GuestMessageSettled(Typed):
    """What the host takes a message for; without `partstat` it is no answer."""

    partstat: Literal["ACCEPTED", "TENTATIVE", "DECLINED"] | None = None
    recurrence_id: Moment | None = None
