"""Propose another time, on the guest's page: in their own zone, for one date or the only one."""

from __future__ import annotations

import datetime as dt
from typing import Any
from zoneinfo import ZoneInfo

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from convoca.accounts.invalid import Invalid
from convoca.calendars import words
from convoca.invitations.answers import guestview, rsvp
from convoca.invitations.models import Invitation, Rsvp
from convoca.invitations.waiting import proposals
from convoca.standards.itip.changes import Span
from convoca.web import dates
from convoca.web.views.public.link import guest_link, page

SHOWN = 20
DAY = dt.timedelta(days=1)


@require_http_methods(["GET", "HEAD", "POST"])
@guest_link
def propose(request: HttpRequest, invitation: Invitation, token: str) -> HttpResponse:
    """Ask for another time; of a series for which date first."""
    now = timezone.now()
    view = guestview.see(invitation, now)
    slots = {slot.key: slot for slot in proposals.slots(invitation, now, SHOWN)}
    slot = slots.get(request.POST.get(dates.NAME, request.GET.get(dates.NAME, "")))
    if not view.is_open or not slots:
        return HttpResponseRedirect(reverse("rsvp", args=[token]))
    context = {
        "view": view,
        "token": token,
        "zone": words.zone_name(ZoneInfo(view.reader.zone)),
        "longest_note": rsvp.LONGEST_NOTE,
    }
    if slot is None and "" in slots:
        slot = slots[""]
    if slot is None:
        listed = [(one.key, _in_words(one.span, view)) for one in slots.values()]
        return page(request, "propose.html", context | {"dates": listed})
    context |= {"slot": slot, "now": _in_words(slot.span, view)}
    if request.method == "POST":
        return _save(request, invitation, token, slot, context)
    return page(request, "propose.html", context | {"typed": _prefilled(slot.span, view)})


def _save(
    request: HttpRequest,
    invitation: Invitation,
    token: str,
    slot: proposals.Slot,
    context: dict[str, Any],
) -> HttpResponse:
    problem = ""
    try:
        proposals.propose(
            invitation,
            _span(request.POST, slot.span, ZoneInfo(context["view"].reader.zone)),
            note=request.POST.get("note", ""),
            source=Rsvp.Source.WEB,
            now=timezone.now(),
            sequence=_number(request.POST.get("sequence", "")),
            recurrence_id=slot.recurrence_id,
        )
    except (ValueError, OverflowError):
        problem = _("Please fill in day and time.")
    except (Invalid, rsvp.Closed) as refusal:
        problem = str(refusal) or _("No answer is taken any more.")
    else:
        response = HttpResponseRedirect(reverse("rsvp", args=[token]) + "#proposed")
        response.status_code = 303
        return response
    names = ("day", "last_day", "from", "until", "note")
    typed = {name.replace("from", "start"): request.POST.get(name, "") for name in names}
    context |= {"problem": problem, "typed": typed}
    return page(request, "propose.html", context, status=422)


def _in_words(span: Span, view: guestview.GuestView) -> str:
    return words.when(span.start, span.end, ZoneInfo(view.reader.zone))


def _prefilled(span: Span, view: guestview.GuestView) -> dict[str, str]:
    """Return what the fields show at first: the time as it is, on the guest's clock."""
    if not isinstance(span.start, dt.datetime) or not isinstance(span.end, dt.datetime):
        last = span.end - DAY
        return {"day": span.start.isoformat(), "last_day": last.isoformat()}
    zone = ZoneInfo(view.reader.zone)
    start, end = span.start.astimezone(zone), span.end.astimezone(zone)
    return {
        "day": start.date().isoformat(),
        "start": f"{start:%H:%M}",
        "until": f"{end:%H:%M}",
    }


def _span(typed: Any, now: Span, zone: ZoneInfo) -> Span:
    """Return the time typed; one that ends at night ends on the next day, if it did before."""
    day = dt.date.fromisoformat(typed.get("day", ""))
    if not isinstance(now.start, dt.datetime) or not isinstance(now.end, dt.datetime):
        return Span(start=day, end=dt.date.fromisoformat(typed.get("last_day", "")) + DAY)
    start = dt.datetime.combine(day, _time(typed.get("from", "")), zone)
    end = dt.datetime.combine(day, _time(typed.get("until", "")), zone)
    crosses_midnight = now.start.astimezone(zone).date() != now.end.astimezone(zone).date()
    return Span(start=start, end=end + DAY if end <= start and crosses_midnight else end)


def _time(text: str) -> dt.time:
    time = dt.time.fromisoformat(text)
    if time.tzinfo is not None:
        raise ValueError("a time on the guest's clock has no offset")
    return time


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 9 else None
