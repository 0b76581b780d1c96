"""Making and changing an event: the form, whom it would tell, and the save."""

from __future__ import annotations

import datetime as dt
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from convoca.accounts.invalid import FieldError, Invalid
from convoca.accounts.limits import LimitReached, usage
from convoca.accounts.models import Membership
from convoca.calendars import files, words
from convoca.calendars.models import Event
from convoca.invitations.saving import scheduling
from convoca.mail import senders
from convoca.mail.refusals import Refused
from convoca.web import dates, stopping, telling
from convoca.web.forms.event import EventForm
from convoca.web.middleware import POLICY
from convoca.web.views.acting import MemberRequest, member_required

HOUR = dt.timedelta(hours=1)
ADDRESSES = {"show": "", "audience": "-audience", "preview": "-preview"}


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@member_required
def new(request: MemberRequest) -> HttpResponse:
    """The form for a new event, opened with the span that was clicked or dragged."""
    if request.method == "POST":
        return _save(request, None)
    form = EventForm(request.member, initial=_initial(request))
    return _show(request, form)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@member_required
def edit(request: MemberRequest, event_id: Any) -> HttpResponse:
    """The same form over an event that is there, or over one date of a series."""
    event = editable_event(request.member, event_id)
    if request.method == "POST":
        return _save(request, event)
    asked = dates.read(request.GET, event)
    try:
        form = EventForm(request.member, event=event, recurrence_id=asked)
    except Invalid as refusal:
        messages.warning(request, str(refusal))
        return HttpResponseRedirect(dates.address("event", event))
    return _show(request, form)


@require_POST
@member_required
def audience(request: MemberRequest, event_id: Any = None) -> HttpResponse:
    """Say whom saving the form as it stands would write to, for its button; {} if unfinished."""
    event = editable_event(request.member, event_id) if event_id else None
    try:
        form = posted_form(request, request.POST, event)
        if not form.is_valid():
            return JsonResponse({})
        told = scheduling.audience(request.member, form.draft(), event, **form.aim)
    except (Invalid, LimitReached):
        return JsonResponse({})
    return JsonResponse(
        {
            "button": telling.button(told, is_new=event is None),
            "sentence": telling.sentence(told),
            "count": told.count,
            "mayChoose": told.attendees_only and event is not None,
        }
    )


def editable_event(member: Membership, event_id: Any) -> Event:
    """Find an event of the member's team that they may change and that still takes place."""
    events = Event.objects.visible_to(member).select_related("host__user", "sender", "team")
    event = get_object_or_404(events, public_id=event_id)
    if not event.is_editable_by(member) or event.is_cancelled:
        raise PermissionDenied
    return event


def posted_form(request: MemberRequest, posted: Any, event: Event | None) -> EventForm:
    """Read a form over an event, or over the date its address names. Raise Invalid without it."""
    asked = dates.read(request.GET, event) if event else None
    return EventForm(request.member, posted, event=event, recurrence_id=asked)


def _save(request: MemberRequest, event: Event | None) -> HttpResponse:
    posted = _with_uploads(request)
    try:
        form = posted_form(request, posted, event)
    except Invalid as refusal:  # the date is gone; what was typed is shown once more
        form = EventForm(request.member, posted, event=event)
        form.full_clean()
        form.add_error(None, str(refusal))
    status = 422
    if form.is_valid():
        try:
            saved = _store(request.member, form, event)
        except Invalid as refusal:
            form.complain(refusal.errors)
        except Refused as refusal:
            form.complain([FieldError("sender", str(refusal))])
        except LimitReached as refusal:
            form.add_error(None, str(refusal))
            status = 409
        else:
            is_saved = _("“%(title)s” is saved.")
            text = is_saved if event else _("“%(title)s” is in the calendar.")
            stopping.say(request, text % {"title": saved.title}, saved)
            return HttpResponseRedirect(_next(saved, request.member, is_new=event is None))
    return _show(request, form, status)


def _store(member: Membership, form: EventForm, event: Event | None) -> Event:
    """Save, and remember the sender picked on the first need for all later invitations (S7)."""
    if form.picks_own_address:
        form.chosen_sender = senders.choose(member, None)
    draft = form.draft()
    words_to_all = form.cleaned_data["message"]
    saved = scheduling.save_event(
        member,
        draft,
        event,
        **form.aim,
        message=words_to_all,
        notify=form.told,
        grace=member.team.grace,
    )
    if draft.sender and senders.chosen(member) is None:
        senders.choose(member, draft.sender)
    return saved


def _with_uploads(request: MemberRequest) -> Any:
    """Take files that came with the form itself, from pages without JavaScript."""
    data = request.POST.copy()
    for uploaded in request.FILES.getlist("uploads"):
        try:
            data.appendlist("files", str(files.store(request.member, uploaded).public_id))
        except Invalid as refusal:
            messages.error(request, str(refusal))
    return data


def _show(request: MemberRequest, form: EventForm, status: int = 200) -> HttpResponse:
    event = form.event
    context = {
        "form": form,
        "event": event,
        "address": event
        and {
            page: dates.address(f"event{suffix}", event, form.recurrence_id)
            for page, suffix in ADDRESSES.items()
        },
        "usage": usage(request.member.team),
        "form_words": _form_words(request.member),
        "max_upload": words.size(settings.MAX_UPLOAD_BYTES),
        "max_upload_bytes": settings.MAX_UPLOAD_BYTES,
    }
    response = render(request, "web/event_form.html", context, status=status)
    response["Content-Security-Policy"] = f"{POLICY}; frame-src 'self'"  # for the preview
    return response


def _initial(request: MemberRequest) -> dict[str, Any]:
    """What the form opens with: the clicked or dragged span, else the next full hour."""
    zone = ZoneInfo(request.member.user.timezone)
    start, end, all_day = _span(request.GET, timezone.now().astimezone(zone))
    last = end - dt.timedelta(days=1) if all_day and end > start else end
    return {
        "title": request.GET.get("title", "")[:255],
        "start_date": start.date(),
        "start_time": start.time(),
        "end_date": last.date(),
        "end_time": end.time() if not all_day else (start + HOUR).time(),
        "all_day": all_day,
        "timezone": request.member.user.timezone,
        "reminders": [10],
        "interval": 1,
        "notify": "all",
        "attendees": request.GET.getlist("invite")[:50],
    }


def _span(asked: Any, now: dt.datetime) -> tuple[dt.datetime, dt.datetime, bool]:
    next_hour = (now + HOUR).replace(minute=0, second=0, microsecond=0, tzinfo=None)
    try:
        if day := asked.get("date"):
            time = next_hour.time() if day == next_hour.date().isoformat() else dt.time(9)
            start = dt.datetime.combine(dt.date.fromisoformat(day), time)
            return start, start + HOUR, False
        if asked.get("start"):
            start = dt.datetime.fromisoformat(asked["start"]).replace(tzinfo=None)
            end = asked.get("end")
            until = dt.datetime.fromisoformat(end).replace(tzinfo=None) if end else start + HOUR
            return start, max(until, start), bool(asked.get("all_day"))
    except ValueError:
        pass
    return next_hour, next_hour + HOUR, False


def _next(event: Event, member: Membership, *, is_new: bool) -> str:
    """A new event is shown where it stands in the calendar, a changed one on its page."""
    if not is_new:
        return dates.address("event", event.series or event, event.recurrence_id)
    zone = ZoneInfo(member.user.timezone)
    start = event.start if event.all_day else event.start.replace(tzinfo=event.zone)
    day = start.astimezone(zone).date() if start.tzinfo else start.date()
    return f"{reverse('calendar')}?date={day.isoformat()}"


def _form_words(member: Membership) -> dict[str, Any]:
    """What the form's script says, in the reader's language."""
    return {
        "zone": member.user.timezone,
        "endBeforeStart": _("The end is before the start."),
        "inYourZone": _("for you: {time}"),
        "chooseSender": _("Choose below from which address invitations go."),
        "senderReady": _("{sender} is ready and chosen."),
        # Only a guess until the server has said whom the save would tell; of an edit it knows none.
        "outcome": {
            "none": _("Create"),
            "one": _("Create and send 1 invitation"),
            "many": _("Create and send {n} invitations"),
        },
    }
