"""Events: saved and cancelled through scheduling, so that everyone is told who must know."""

from __future__ import annotations

import datetime as dt
from functools import partial
from uuid import UUID

from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.timezone import get_current_timezone, localdate, make_aware
from ninja import Query, Router, Status

from convoca.api import once
from convoca.api.access import ApiRequest
from convoca.api.answers import EventOut, InstanceOut
from convoca.api.attendance import AttendeeOut
from convoca.api.drafting import draft
from convoca.api.paging import Paging, page
from convoca.api.schemas import (
    CancelIn,
    DateAsked,
    EventIn,
    EventPatch,
    EventsAsked,
    ScopeAsked,
)
from convoca.calendars import agenda, instances
from convoca.calendars.models import Event
from convoca.invitations.reaching import ledger
from convoca.invitations.saving import scheduling

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


@router.post("", response={201: EventOut}, openapi_extra={"parameters": [once.PARAMETER]})
def create_event(request: ApiRequest, typed: EventIn) -> Status:
    """Save a new event and send its invitations.

    The same request again under the same Idempotency-Key, within a day, answers with the event as
    it is by then.
    """

    def save() -> Event:
        made = draft(request.auth, typed)
        return scheduling.save_event(request.auth, made, message=typed.message, grace=typed.wait)

    event = once.event(request, save, partial(_event, request))
    return Status(201, EventOut.of(event))


@router.get("/{uuid:event_id}", response=EventOut)
def read_event(request: ApiRequest, event_id: UUID, asked: Query[DateAsked]) -> EventOut:
    """Return one event, or one date of a series as it is."""
    return EventOut.of(_date(_event(request, event_id), asked.original))


@router.patch("/{uuid:event_id}", response=EventOut)
def change_event(
    request: ApiRequest, event_id: UUID, typed: EventPatch, asked: Query[ScopeAsked]
) -> EventOut:
    """Change an event, or dates of a series, and tell the attendees what changed.

    `this and the following` cuts a series in two: the answer is the new one.
    """
    event, original = _event(request, event_id), asked.original
    saved = scheduling.save_event(
        request.auth,
        draft(request.auth, typed, event, original),
        event,
        scope=asked.meant,
        recurrence_id=original,
        message=typed.message,
        notify=typed.notify,
        grace=typed.wait,
    )
    is_date = asked.meant == scheduling.Scope.THIS and saved.series_id is None
    return EventOut.of(_date(saved, original) if is_date else saved)


@router.delete("/{uuid:event_id}", response=EventOut)
def cancel_event(
    request: ApiRequest, event_id: UUID, asked: Query[ScopeAsked], typed: CancelIn | None = None
) -> EventOut:
    """Cancel an event, or dates of a series, and tell the attendees.

    A cancelled event stays readable, with status CANCELLED.
    """
    event = scheduling.cancel_event(
        request.auth,
        _event(request, event_id),
        scope=asked.meant,
        recurrence_id=asked.original,
        message=typed.message if typed else "",
        grace=typed.wait if typed else scheduling.NO_GRACE,
    )
    return EventOut.of(event)


@router.get("/{uuid:event_id}/attendees", response=list[AttendeeOut])
def list_attendees(
    request: ApiRequest,
    response: HttpResponse,
    event_id: UUID,
    asked: Query[DateAsked],
    paging: Query[Paging],
) -> list[AttendeeOut]:
    """List who is invited, to a date or at all, their answers, and how far their mail has come."""
    event = _event(request, event_id)
    _date(event, asked.original)
    lines = ledger.attendees(event, asked.original)
    return [AttendeeOut.of(line) for line in page(request, response, lines, paging)]


def _event(request: ApiRequest, event_id: UUID) -> Event:
    rows = Event.objects.visible_to(request.auth).select_related("host__user", "sender", "team")
    return get_object_or_404(rows, public_id=event_id)


def _date(event: Event, recurrence_id: dt.datetime | None) -> Event:
    """Return the row that describes one date, or the event where none is named; raise Http404."""
    row = instances.at(event, recurrence_id) if recurrence_id else event
    if row is None:
        raise Http404
    return row


def _instant(moment: dt.date) -> dt.datetime:
    """Return a time or date, of the user where it has no offset, as an instant."""
    if not isinstance(moment, dt.datetime):
        return dt.datetime.combine(moment, dt.time(), get_current_timezone())
    return moment if moment.tzinfo else make_aware(moment)
