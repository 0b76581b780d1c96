"""The calendar and the agenda: what takes place, as a grid and as a list."""

from __future__ import annotations

import datetime as dt
from itertools import groupby
from typing import Any
from zoneinfo import ZoneInfo

from django.http import HttpResponse, HttpResponseBadRequest, JsonResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from convoca.calendars import agenda as agendas
from convoca.calendars import words
from convoca.web import dates, grid
from convoca.web.views.acting import MemberRequest, member_required

LONGEST_FEED = dt.timedelta(days=400)
AGENDA_DAYS = 30
SEARCH_DAYS = 365


@require_safe
@member_required
def calendar(request: MemberRequest) -> HttpResponse:
    """Month, week and day; what they show is fetched from `feed`."""
    context = {
        "timezone": request.member.user.timezone,
        "first_day": 1,
        "words": _grid_words(),
        "only_mine": request.GET.get("who", "mine") != "team",
    }
    return render(request, "web/calendar.html", context)


@require_safe
@never_cache
@member_required
def feed(request: MemberRequest) -> HttpResponse:
    """What takes place in `start`..`end`, as JSON for the grid."""
    try:
        start, end = (_parse_instant(request, edge) for edge in ("start", "end"))
    except ValueError:
        return HttpResponseBadRequest("start and end must be ISO times")
    if not dt.timedelta() < end - start <= LONGEST_FEED:
        return HttpResponseBadRequest("end must come after start, at most 400 days")
    mine = request.GET.get("who") == "mine"
    instances = agendas.instances(request.member, start, end, mine=mine)
    return JsonResponse(grid.feed(request.member, instances, timezone.now()), safe=False)


@require_safe
@member_required
def agenda(request: MemberRequest) -> HttpResponse:
    """The list of what comes: the calendar for phones, readers and pages without JavaScript."""
    zone = ZoneInfo(request.member.user.timezone)
    today = timezone.now().astimezone(zone).date()
    first = _parse_day(request.GET.get("from", "")) or today
    search = request.GET.get("q", "").strip()[:200]
    days = SEARCH_DAYS if search else AGENDA_DAYS
    only_mine = request.GET.get("who", "mine") != "team"
    start = dt.datetime.combine(first, dt.time(), zone)
    end = dt.datetime.combine(first + dt.timedelta(days=days), dt.time(), zone)
    found = agendas.instances(request.member, start, end, mine=only_mine, search=search)
    context = {
        "days": _by_day(found, start, zone),
        "today": today,
        "first": first,
        "is_today": first == today,
        "earlier": first - dt.timedelta(days=AGENDA_DAYS),
        "later": first + dt.timedelta(days=AGENDA_DAYS),
        "search": search,
        "only_mine": only_mine,
    }
    return render(request, "web/agenda.html", context)


def _by_day(
    instances: list[agendas.Instance], start: dt.datetime, zone: ZoneInfo
) -> list[tuple[dt.date, list[dict[str, Any]]]]:
    """Group instances under their first day; what began earlier stands under the list's first."""
    lines = [_line(instance, zone) for instance in instances]
    for line in lines:
        line["day"] = max(line["start"], start).date()
    lines.sort(key=lambda line: (line["day"], not line["all_day"], line["start"]))
    return [(day, list(group)) for day, group in groupby(lines, key=lambda line: line["day"])]


def _line(instance: agendas.Instance, zone: ZoneInfo) -> dict[str, Any]:
    event = instance.event
    start, end = instance.start.astimezone(zone), instance.end.astimezone(zone)
    last = (end - dt.timedelta(microseconds=1)).date()
    return {
        "href": dates.address("event", event.series or event, instance.recurrence_id),
        "title": event.title,
        "place": event.location,
        "start": start,
        "end": end,
        "all_day": instance.all_day,
        "last_day": last if last > start.date() else None,
        "has_guests": instance.has_guests,
        "repeats": instance.recurrence_id is not None,
        "state": grid.state_of(instance),
        "when": _spell_out(instance, zone),
    }


def _spell_out(instance: agendas.Instance, zone: ZoneInfo) -> str:
    start, end = instance.start.astimezone(zone), instance.end.astimezone(zone)
    if instance.all_day:
        return words.when(start.date(), end.date())
    return words.when(start, end, zone)


def _parse_instant(request: MemberRequest, name: str) -> dt.datetime:
    # A "+" that was not percent-encoded arrives as a blank.
    moment = dt.datetime.fromisoformat(request.GET.get(name, "").replace(" ", "+"))
    if moment.tzinfo is None:
        return moment.replace(tzinfo=ZoneInfo(request.member.user.timezone))
    return moment


def _parse_day(text: str) -> dt.date | None:
    try:
        day = dt.date.fromisoformat(text)
    except ValueError:
        return None
    return day if 1970 <= day.year <= 2200 else None


def _grid_words() -> dict[str, Any]:
    """What the calendar's script says, in the reader's language."""
    return {
        "notLoaded": _("The calendar could not be loaded. Please try again."),
        "notMoved": _("The event could not be moved."),
        "moved": _("Moved."),
        "stays": _("“{title}” stays where it was: {when}."),
        "fixed": _("Only the host can move this event."),
        "moveTo": _("Move “{title}” to {when}?"),
        "move": _("Move"),
        "moveOne": _("Move and tell 1 person"),
        "moveMany": _("Move and tell {n} people"),
        "withGuests": _("with guests"),
        "states": {
            "waiting": _("not answered yet"),
            "maybe": _("answered maybe"),
            "declined": _("declined"),
            "others": _("a colleague's event"),
        },
    }
