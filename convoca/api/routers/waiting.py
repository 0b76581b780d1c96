"""What guests' answers leave for the host to decide."""

from __future__ import annotations

import datetime as dt
from uuid import UUID

from django.db.models import Q
from django.shortcuts import get_object_or_404
from ninja import Router

from convoca.api.access import ApiRequest
from convoca.api.deciding import (
    AnswerIn,
    AnswerOut,
    GuestMessageOut,
    GuestMessageSettled,
    HeldDecision,
    HeldOut,
    ProposalDecision,
    ProposalOut,
)
from convoca.calendars.models import Attendee, Event
from convoca.invitations.answers import history, rsvp
from convoca.invitations.models import HeldAnswer
from convoca.invitations.waiting import asks, correspondence, proposals
from convoca.standards.ical.model import Partstat

router = Router(tags=["answers"])
DECISIONS = {
    "admit": HeldAnswer.Decision.ADMITTED,
    "merge": HeldAnswer.Decision.MERGED,
    "ignore": HeldAnswer.Decision.IGNORED,
}


@router.get("/{uuid:event_id}/held", response=list[HeldOut])
def list_held(request: ApiRequest, event_id: UUID) -> list[HeldOut]:
    """List the answers that count only if the host lets them: strangers', delegates', unproven."""
    return [HeldOut.of(one) for one in asks.waiting(_event(request, event_id))]


@router.post("/{uuid:event_id}/held/{uuid:held_id}", response=HeldOut)
def decide_held(request: ApiRequest, event_id: UUID, held_id: UUID, typed: HeldDecision) -> HeldOut:
    """Admit whom an answer is from, merge them with an attendee, or ignore them for this event."""
    event = _event(request, event_id)
    attendee = typed.attendee and get_object_or_404(event.attendees, public_id=typed.attendee)
    decision = DECISIONS[typed.decision]
    return HeldOut.of(
        asks.decide(request.auth, event, held_id, decision, attendee=attendee or None)
    )


@router.get("/{uuid:event_id}/proposals", response=list[ProposalOut])
def list_proposals(request: ApiRequest, event_id: UUID) -> list[ProposalOut]:
    """List the other times that attendees propose and the host has not decided on."""
    return [ProposalOut.of(one) for one in proposals.waiting(_event(request, event_id))]


@router.post("/{uuid:event_id}/proposals/{uuid:proposal_id}", response=list[ProposalOut])
def decide_proposal(
    request: ApiRequest, event_id: UUID, proposal_id: UUID, typed: ProposalDecision
) -> list[ProposalOut]:
    """Move the event to a proposed time for everyone, or refuse it; return what still waits."""
    event = _event(request, event_id)
    decide = proposals.accept if typed.decision == "accept" else proposals.refuse
    decide(request.auth, event, proposal_id, message=typed.message)
    return [ProposalOut.of(one) for one in proposals.waiting(_event(request, event_id))]


@router.get("/{uuid:event_id}/attendees/{uuid:attendee_id}/answers", response=list[AnswerOut])
def list_answers(request: ApiRequest, event_id: UUID, attendee_id: UUID) -> list[AnswerOut]:
    """List everything one attendee has answered, the newest first, and what became of it."""
    event = _event(request, event_id)
    key = _attendee(event, attendee_id).email_key
    return [AnswerOut.of(said) for said in history.of(event, key).get(key, [])] if key else []


@router.post("/{uuid:event_id}/attendees/{uuid:attendee_id}/answer", response=list[AnswerOut])
def enter_answer(
    request: ApiRequest, event_id: UUID, attendee_id: UUID, typed: AnswerIn
) -> list[AnswerOut]:
    """Record what an attendee has told the host; return all their answers."""
    event = _event(request, event_id)
    attendee = _attendee(event, attendee_id)
    partstat, date = Partstat(typed.partstat), _wall(typed.recurrence_id)
    rsvp.enter(request.auth, event, attendee, partstat, note=typed.note, recurrence_id=date)
    said = history.of(event, attendee.email_key)
    return [AnswerOut.of(one) for one in said[attendee.email_key]]


@router.get("/{uuid:event_id}/messages", response=list[GuestMessageOut])
def list_messages(request: ApiRequest, event_id: UUID) -> list[GuestMessageOut]:
    """List what those invited wrote that is no answer."""
    threads = correspondence.of(_event(request, event_id)).values()
    rows = sorted((row for thread in threads for row in thread), key=lambda row: row.received_at)
    return [GuestMessageOut.of(row) for row in rows]


@router.post("/{uuid:event_id}/messages/{uuid:message_id}", response=GuestMessageOut)
def settle_message(
    request: ApiRequest, event_id: UUID, message_id: UUID, typed: GuestMessageSettled
) -> GuestMessageOut:
    """Take a message for an answer, or be done with it."""
    event = _event(request, event_id)
    partstat = Partstat(typed.partstat) if typed.partstat else None
    date = _wall(typed.recurrence_id)
    row = correspondence.settle(request.auth, event, message_id, partstat, recurrence_id=date)
    return GuestMessageOut.of(row)


def _attendee(event: Event, attendee_id: UUID) -> Attendee:
    rows = Attendee.objects.filter(Q(event=event) | Q(event__series=event))
    return get_object_or_404(rows, public_id=attendee_id)


def _wall(date: dt.date | None) -> dt.datetime | None:
    """Return the original start of a date as rows hold it."""
    if date is None or isinstance(date, dt.datetime):
        return date
    return dt.datetime.combine(date, dt.time())


def _event(request: ApiRequest, event_id: UUID) -> Event:
    rows = Event.objects.visible_to(request.auth).select_related("host__user", "sender", "team")
    return get_object_or_404(rows, public_id=event_id)
