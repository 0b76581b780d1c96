"""After a save: its mails stopped in their grace, who was not told, told, the silent reminded."""

from __future__ import annotations

from uuid import UUID

from django.db.models import Q
from django.shortcuts import get_object_or_404
from ninja import Router, Schema

from convoca.api.access import ApiRequest
from convoca.api.schemas import Typed
from convoca.calendars.models import Attendee, Event
from convoca.invitations.reminding import nudging
from convoca.invitations.saving import withheld

router = Router(tags=["events"])


class StoppedOut(Schema):
    """How many mails were stopped, and how many of the same save had left, or are leaving."""

    stopped: int
    left: int


class ToldOut(Schema):
    """How many mails were queued."""

    told: int


class NudgedOut(Schema):
    """Who is reminded, and who was reminded within a day and is not: addresses."""

    nudged: list[str]
    lately: list[str]


class NudgesIn(Typed):
    """Whether somebody is to be reminded while they have not answered."""

    remind: bool


class NudgesOut(Schema):
    """Whether they are."""

    remind: bool


@router.post("/{uuid:event_id}/stop", response=StoppedOut)
def stop_mails(request: ApiRequest, event_id: UUID) -> StoppedOut:
    """Stop the mails of a save whose grace still runs; those they were for are not told."""
    stopped = withheld.stop(request.auth, _event(request, event_id))
    return StoppedOut(stopped=stopped.count, left=stopped.left)


@router.post("/{uuid:event_id}/tell", response=ToldOut)
def tell_untold(request: ApiRequest, event_id: UUID) -> ToldOut:
    """Tell how the event stands to everyone whom an earlier save did not tell."""
    return ToldOut(told=withheld.tell(request.auth, _event(request, event_id)))


@router.post("/{uuid:event_id}/nudge", response=NudgedOut)
def nudge_unanswered(request: ApiRequest, event_id: UUID) -> NudgedOut:
    """Send a reminder to everyone who was reached and has not answered, once a day at most."""
    silent = nudging.nudge(request.auth, _event(request, event_id))
    return NudgedOut(
        nudged=[one.email for one in silent.now], lately=[one.email for one in silent.lately]
    )


@router.post("/{uuid:event_id}/attendees/{uuid:attendee_id}/nudges", response=NudgesOut)
def choose_nudges(
    request: ApiRequest, event_id: UUID, attendee_id: UUID, typed: NudgesIn
) -> NudgesOut:
    """Remind one attendee of this event no more, or again unless they stopped it themselves."""
    event = _event(request, event_id)
    rows = Attendee.objects.filter(Q(event=event) | Q(event__series=event))
    attendee = get_object_or_404(rows.select_related("event"), public_id=attendee_id)
    nudging.choose(request.auth, event, attendee, is_on=typed.remind)
    return NudgesOut(remind=typed.remind)


def _event(request: ApiRequest, event_id: UUID) -> Event:
    rows = Event.objects.visible_to(request.auth).select_related("host__user", "sender", "team")
    return get_object_or_404(rows, public_id=event_id)
