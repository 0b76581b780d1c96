"""Events: saved and cancelled through scheduling, so that everyone is told who must know."""

from __future__ import annotations

import datetime as dt
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.timezone import get_current_timezone, localdate, make_aware
from ninja import Query, Router, Status

from convoca.api.access import ApiRequest
from convoca.api.answers import EventOut, InstanceOut
from convoca.api.attendance import AttendeeOut
from convoca.api.drafting import draft
from convoca.api.paging import Paging, page
from convoca.api.schemas import CancelIn, EventIn, EventPatch, EventsAsked
from convoca.calendars import agenda
from convoca.calendars.models import Event
from convoca.invitations import ledger, scheduling

router = Router(tags=["events"])
MONTH = dt.timedelta(days=31)


@router.get("", response=list[InstanceOut])
def list_events(
    request: ApiRequest, response: HttpResponse, asked: Query[EventsAsked], paging: Query[Paging]
) -> list[InstanceOut]:
    """List what takes place from `from` until before `to`, each date of a series by itself."""
    start = _instant(asked.start or localdate())
    end = _instant(asked.end) if asked.end else start + MONTH
    found = agenda.instances(request.auth, start, end, mine=asked.mine, search=asked.q)
    return [InstanceOut.of(one) for one in page(request, response, found, paging)]


@router.post("", response={201: EventOut})
def create_event(request: ApiRequest, typed: EventIn) -> Status:
    """Save a new event and send its invitations."""
    made = draft(request.auth, typed)
    event = scheduling.save_event(request.auth, made, message=typed.message)
    return Status(201, EventOut.of(event))


@router.get("/{uuid:event_id}", response=EventOut)
def read_event(request: ApiRequest, event_id: UUID) -> EventOut:
    """Return one event."""
    return EventOut.of(_event(request, event_id))


@router.patch("/{uuid:event_id}", response=EventOut)
def change_event(request: ApiRequest, event_id: UUID, typed: EventPatch) -> EventOut:
    """Change an event and tell its attendees what changed."""
    event = _event(request, event_id)
    made = draft(request.auth, typed, event)
    saved = scheduling.save_event(
        request.auth, made, event, message=typed.message, notify=typed.notify
    )
    return EventOut.of(saved)


@router.delete("/{uuid:event_id}", response=EventOut)
def cancel_event(request: ApiRequest, event_id: UUID, typed: CancelIn | None = None) -> EventOut:
    """Cancel an event and tell its attendees; it stays readable, with status CANCELLED."""
    message = typed.message if typed else ""
    event = scheduling.cancel_event(request.auth, _event(request, event_id), message=message)
    return EventOut.of(event)


@router.get("/{uuid:event_id}/attendees", response=list[AttendeeOut])
def list_attendees(
    request: ApiRequest, response: HttpResponse, event_id: UUID, paging: Query[Paging]
) -> list[AttendeeOut]:
    """List who is invited, their answers, and how far the mail to each has come."""
    lines = ledger.attendees(_event(request, event_id))
    return [AttendeeOut.of(line) for line in page(request, response, lines, paging)]


def _event(request: ApiRequest, event_id: UUID) -> Event:
    rows = Event.objects.visible_to(request.auth).select_related("host__user", "sender", "team")
    return get_object_or_404(rows, public_id=event_id)


def _instant(moment: dt.date) -> dt.datetime:
    """Return a time or date, of the user where it has no offset, as an instant."""
    if not isinstance(moment, dt.datetime):
        return dt.datetime.combine(moment, dt.time(), get_current_timezone())
    return moment if moment.tzinfo else make_aware(moment)
