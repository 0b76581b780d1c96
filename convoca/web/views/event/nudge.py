"""Reminding who has not answered: at a press, by the clock before the deadline, and stopping it."""

from __future__ import annotations

import datetime as dt
from typing import Any
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.db.models import Q
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from convoca.accounts.invalid import Invalid
from convoca.calendars import words
from convoca.calendars.models import Attendee, Event
from convoca.invitations.reaching.ledger import Line
from convoca.invitations.reminding import nudging
from convoca.web.views.acting import MemberRequest, member_required
from convoca.web.views.event.form import editable_event


@require_POST
@member_required
def nudge(request: MemberRequest, event_id: Any) -> HttpResponse:
    """Remind them, each at most once a day."""
    event = editable_event(request.member, event_id)
    try:
        silent = nudging.nudge(request.member, event)
    except Invalid as refusal:
        messages.warning(request, str(refusal))
    else:
        messages.success(request, _done(len(silent.now), len(silent.lately)))
    return HttpResponseRedirect(reverse("event", args=[event.public_id]))


@require_POST
@member_required
def switch(request: MemberRequest, event_id: Any) -> HttpResponse:
    """Let reminders of the event go out by themselves, or none."""
    event = editable_event(request.member, event_id)
    is_on = request.POST.get("remind") == "start"
    nudging.switch(request.member, event, is_on=is_on)
    if is_on:
        messages.success(request, _("Who has not answered is reminded before the deadline."))
    else:
        messages.success(request, _("Nobody is reminded before the deadline any more."))
    return HttpResponseRedirect(reverse("event", args=[event.public_id]) + "#attendees")


@require_POST
@member_required
def choose(request: MemberRequest, event_id: Any, attendee_id: Any) -> HttpResponse:
    """Let one attendee be reminded, or not any more."""
    event = editable_event(request.member, event_id)
    people = Attendee.objects.filter(Q(event=event) | Q(event__series=event))
    attendee = get_object_or_404(people.select_related("event"), public_id=attendee_id)
    is_on = request.POST.get("remind") == "start"
    try:
        nudging.choose(request.member, event, attendee, is_on=is_on)
    except Invalid as refusal:
        messages.error(request, str(refusal))
    else:
        text = _("%(name)s is reminded again.") if is_on else _("%(name)s is reminded no more.")
        messages.success(request, text % {"name": attendee.name})
    return HttpResponseRedirect(reverse("event", args=[event.public_id]) + "#attendees")


def deadline(event: Event, zone: ZoneInfo, now: dt.datetime) -> dict[str, Any]:
    """Say until when answers are hoped for, for the event's page and its quick card."""
    moment = event.deadline
    if moment is None:
        return {}
    return {"when": words.when(moment, moment, zone), "is_over": moment <= now}


def next_reminder(lines: list[Line]) -> dt.datetime | None:
    """Return when the first of them is reminded by the clock."""
    return min((line.delivery.nudges_at for line in lines if line.delivery.nudges_at), default=None)


def _done(now: int, lately: int) -> str:
    text = ngettext("A reminder goes to %(n)d person.", "A reminder goes to %(n)d people.", now)
    told = text % {"n": now}
    if lately:
        text = ngettext(
            "%(n)d other was reminded less than a day ago.",
            "%(n)d others were reminded less than a day ago.",
            lately,
        )
        told += " " + text % {"n": lately}
    return told
