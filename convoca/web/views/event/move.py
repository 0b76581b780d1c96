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
from convoca.invitations.saving import scheduling
from convoca.invitations.saving.scheduling import Scope
from convoca.web import dates, stopping, telling
from convoca.web.forms.scope import Aim
from convoca.web.views.acting import MemberRequest, member_required
from convoca.web.views.event.form import editable_event


@require_POST
@member_required
def move(request: MemberRequest, event_id: Any) -> HttpResponse:
    """Move an event, or the dates of a series that `scope` means, to `start`..`end`.

    The wall time is kept across a change of summer time, for it is wall time that was dragged.
    """
    event = editable_event(request.member, event_id)
    message = request.POST.get("message", "").strip()[:2000]
    try:
        draft, meant = _moved(request, event)
        saved = scheduling.save_event(
            request.member,
            draft,
            event,
            **meant,
            message=message,
            grace=request.member.team.grace,
        )
    except (KeyError, ValueError, OverflowError):
        return _refuse(_("The new time could not be read."), 400)
    except (Invalid, LimitReached) as refusal:
        return _refuse(str(refusal), 422)
    text = _("“%(title)s” is moved.") % {"title": draft.title}
    return JsonResponse(stopping.answer(text, saved))


@require_POST
@member_required
def audience(request: MemberRequest, event_id: Any) -> HttpResponse:
    """Say whom that move would write to, for the question before it; {} where it cannot be."""
    event = editable_event(request.member, event_id)
    try:
        draft, meant = _moved(request, event)
        told = scheduling.audience(request.member, draft, event, **meant)
    except (KeyError, ValueError, OverflowError, Invalid, LimitReached):
        return JsonResponse({})
    return JsonResponse({"button": telling.moving(told), "sentence": telling.sentence(told)})


def _moved(request: MemberRequest, event: Event) -> tuple[EventDraft, Aim]:
    """Return what was dragged as a draft, and for which dates. Raise Invalid, and ValueError."""
    posted, asked = request.POST, dates.read(request.GET, event)
    if event.is_recurring and asked is None:
        raise ValueError("of a series one date is dragged")
    scope = Scope(posted["scope"]) if asked else Scope.ALL
    draft = _put(draft_of(event, asked), posted, ZoneInfo(request.member.user.timezone))
    return draft, Aim(scope=scope, recurrence_id=asked)


def _put(shown: EventDraft, posted: Any, seen: ZoneInfo) -> EventDraft:
    """Return the draft at the posted span, which is told in the zone it was seen in."""
    all_day = bool(posted.get("all_day"))
    start = dt.datetime.fromisoformat(posted["start"])
    end = dt.datetime.fromisoformat(posted["end"]) if posted.get("end") else None
    if not all_day:
        kept = ZoneInfo(shown.timezone)
        start = _in_zone(start, seen, kept)
        end = _in_zone(end, seen, kept) if end else None
    length = end - start if end else _usual_length(shown, all_day=all_day)
    return replace(shown, start=start, end=start + length, all_day=all_day)


def _usual_length(shown: EventDraft, *, all_day: bool) -> dt.timedelta:
    """What is dropped from hours to days (or back) has no length yet."""
    if all_day == shown.all_day:
        return shown.end - shown.start
    return dt.timedelta(days=1) if all_day else dt.timedelta(hours=1)


def _in_zone(wall: dt.datetime, seen: ZoneInfo, kept: ZoneInfo) -> dt.datetime:
    if wall.tzinfo is not None:
        raise ValueError("a wall-clock time has no offset")
    return wall.replace(tzinfo=seen).astimezone(kept).replace(tzinfo=None)


def _refuse(detail: str, status: int) -> JsonResponse:
    return JsonResponse({"detail": detail}, status=status)
