"""After a save: its mails stopped in their grace, and whoever was not told, told."""

from __future__ import annotations

from uuid import UUID

from django.shortcuts import get_object_or_404
from ninja import Router, Schema

from convoca.api.access import ApiRequest
from convoca.calendars.models import Event
from convoca.invitations import withheld

router = Router(tags=["events"])


class StoppedOut(Schema):
    """How many mails were stopped, and how many of the same save had left, or are leaving."""

    stopped: int
    left: int


class ToldOut(Schema):
    """How many mails were queued."""

    told: int


@router.post("/{uuid:event_id}/stop", response=StoppedOut)
def stop_mails(request: ApiRequest, event_id: UUID) -> StoppedOut:
    """Stop the mails of a save whose grace still runs; those they were for are not told."""
    stopped = withheld.stop(request.auth, _event(request, event_id))
    return StoppedOut(stopped=stopped.count, left=stopped.left)


@router.post("/{uuid:event_id}/tell", response=ToldOut)
def tell_untold(request: ApiRequest, event_id: UUID) -> ToldOut:
    """Tell how the event stands to everyone whom an earlier save did not tell."""
    return ToldOut(told=withheld.tell(request.auth, _event(request, event_id)))


def _event(request: ApiRequest, event_id: UUID) -> Event:
    rows = Event.objects.visible_to(request.auth).select_related("host__user", "sender", "team")
    return get_object_or_404(rows, public_id=event_id)
