"""Whom mails reach: what became of each, sending once more, correcting an address, lifting."""

from __future__ import annotations

from uuid import UUID

from django.db.models import Q
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404
from ninja import Query, Router, Status

from convoca.api.access import ApiRequest
from convoca.api.attendance import AddressIn, AttendeeOut, ResentOut, StepOut, SuppressedOut
from convoca.api.paging import Paging, page
from convoca.calendars.models import Attendee, Event
from convoca.invitations.reaching import ledger, resending, suppressed, trail
from convoca.invitations.reaching.correcting import correct_address

router = Router(tags=["delivery"])
ATTENDEE = "/events/{uuid:event_id}/attendees/{uuid:attendee_id}"


@router.get(f"{ATTENDEE}/trail", response=list[StepOut])
def read_trail(request: ApiRequest, event_id: UUID, attendee_id: UUID) -> list[StepOut]:
    """List what became of the mails to an attendee, the newest first."""
    event = _event(request, event_id)
    key = _attendee(event, attendee_id).email_key
    return [StepOut.of(step) for step in trail.of(event, key)]


@router.post(f"{ATTENDEE}/resend", response=AttendeeOut)
def resend(request: ApiRequest, event_id: UUID, attendee_id: UUID) -> AttendeeOut:
    """Send an attendee the event as it stands once more, even where mails came back before."""
    event = _event(request, event_id)
    attendee = _attendee(event, attendee_id)
    resending.resend(request.auth, event, attendee)
    return _line(event, attendee)


@router.post("/events/{uuid:event_id}/resend", response=ResentOut)
def resend_to_lost(request: ApiRequest, event_id: UUID) -> ResentOut:
    """Send it once more to everyone whose mail failed or came back, unless only another address
    helps."""
    return ResentOut(resent=resending.resend_lost(request.auth, _event(request, event_id)))


@router.post(f"{ATTENDEE}/address", response=AttendeeOut)
def correct_attendee_address(
    request: ApiRequest, event_id: UUID, attendee_id: UUID, typed: AddressIn
) -> AttendeeOut:
    """Correct a guest's address: on their card, here and on other events to come.

    Answers and history stay, the link is new, the invitation goes to the new address; the old one
    and everybody else are told nothing.
    """
    event = _event(request, event_id)
    attendee = _attendee(event, attendee_id)
    correct_address(request.auth, event, attendee, typed.email)
    attendee.refresh_from_db()
    return _line(event, attendee)


@router.get("/suppressions", response=list[SuppressedOut])
def list_suppressions(
    request: ApiRequest, response: HttpResponse, paging: Query[Paging]
) -> list[SuppressedOut]:
    """List the addresses the team does not write to, the newest first."""
    found = suppressed.of(request.auth)
    return [SuppressedOut.of(one) for one in page(request, response, found, paging)]


@router.delete("/suppressions/{path:email}", response={204: None})
def lift_suppression(request: ApiRequest, email: str) -> Status:
    """Write to an address again that mails came back from.

    Refused (422) where a guest wishes for no mail: only they can change that.
    """
    if not suppressed.lift(request.auth, email):
        raise Http404
    return Status(204, None)


def _line(event: Event, attendee: Attendee) -> AttendeeOut:
    [line] = ledger.attendees(event, only=attendee.email_key)
    return AttendeeOut.of(line)


def _event(request: ApiRequest, event_id: UUID) -> Event:
    rows = Event.objects.visible_to(request.auth).select_related("host__user", "sender", "team")
    return get_object_or_404(rows, public_id=event_id)


def _attendee(event: Event, attendee_id: UUID) -> Attendee:
    """Find somebody on the event, or on one date of it."""
    people = Attendee.objects.filter(Q(event=event) | Q(event__series=event))
    return get_object_or_404(people.select_related("event"), public_id=attendee_id)
