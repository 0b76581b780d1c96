"""Moving and resizing in the grid: a new span in the viewer's zone becomes one in the event's."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import Any
from zoneinfo import ZoneInfo

from django.http import HttpResponse, JsonResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from convoca.accounts.invalid import Invalid
from convoca.accounts.limits import LimitReached
from convoca.calendars.drafts import EventDraft, draft_of
from convoca.calendars.models import Event
from convoca.invitations import scheduling
from convoca.web.views.acting import MemberRequest, member_required
from convoca.web.views.event_form import editable_event


@require_POST
@member_required
def move(request: MemberRequest, event_id: Any) -> HttpResponse:
    """Move an event to `start`..`end`; `was` is where the dragged date stood before.

    Of a series every date moves by the same step. The wall time is kept across a change of
    summer time, for it is wall time that was dragged.
    """
    event = editable_event(request.member, event_id)
    try:
        draft = _moved(event, request.POST, ZoneInfo(request.member.user.timezone))
    except (KeyError, ValueError, OverflowError):
        return _refuse(_("The new time could not be read."), 400)
    message = request.POST.get("message", "").strip()[:2000]
    try:
        scheduling.save_event(request.member, draft, event, message=message)
    except (Invalid, LimitReached) as refusal:
        return _refuse(str(refusal), 422)
    return JsonResponse({"detail": _("“%(title)s” is moved.") % {"title": event.title}})


def _moved(event: Event, posted: Any, zone: ZoneInfo) -> EventDraft:
    all_day = bool(posted.get("all_day"))
    start = dt.datetime.fromisoformat(posted["start"])
    was = dt.datetime.fromisoformat(posted["was"])
    end = dt.datetime.fromisoformat(posted["end"]) if posted.get("end") else None
    if not all_day:
        start, was = (_in_zone(moment, zone, event.zone) for moment in (start, was))
        end = _in_zone(end, zone, event.zone) if end else None
    duration = end - start if end else _usual_length(event, all_day=all_day)
    new_start = event.start + (start - was) if event.rrule else start
    draft = draft_of(event)
    return replace(draft, start=new_start, end=new_start + duration, all_day=all_day)


def _usual_length(event: Event, *, all_day: bool) -> dt.timedelta:
    """What is dropped from hours to days (or back) has no length yet."""
    if all_day == event.all_day:
        return event.end - event.start
    return dt.timedelta(days=1) if all_day else dt.timedelta(hours=1)


def _in_zone(wall: dt.datetime, seen: ZoneInfo, kept: ZoneInfo) -> dt.datetime:
    if wall.tzinfo is not None:
        raise ValueError("a wall-clock time has no offset")
    return wall.replace(tzinfo=seen).astimezone(kept).replace(tzinfo=None)


def _refuse(detail: str, status: int) -> JsonResponse:
    return JsonResponse({"detail": detail}, status=status)
