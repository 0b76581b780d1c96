"""What guests' answers leave for the host to decide."""

from __future__ import annotations

from uuid import UUID

from django.shortcuts import get_object_or_404
from ninja import Router

from convoca.api.access import ApiRequest
from convoca.api.deciding import HeldDecision, HeldOut, ProposalDecision, ProposalOut
from convoca.calendars.models import Event
from convoca.invitations import asks, proposals
from convoca.invitations.models import HeldAnswer

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


def _event(request: ApiRequest, event_id: UUID) -> Event:
    rows = Event.objects.visible_to(request.auth).select_related("host__user", "sender", "team")
    return get_object_or_404(rows, public_id=event_id)
