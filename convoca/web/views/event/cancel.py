"""Calling off an event or dates of a series: asked first, with an optional message."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.contrib import messages
from django.http import HttpResponse, HttpResponseBadRequest, HttpResponseRedirect
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from convoca.accounts.invalid import Invalid
from convoca.calendars import words
from convoca.calendars.models import Event
from convoca.invitations.saving import scheduling
from convoca.invitations.saving.scheduling import Scope
from convoca.web import dates, stopping
from convoca.web.forms.scope import choices
from convoca.web.views.acting import MemberRequest, member_required
from convoca.web.views.event.form import editable_event
from convoca.web.views.event.page import facts


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@member_required
def cancel(request: MemberRequest, event_id: Any) -> HttpResponse:
    """Ask before calling an event off, or which dates of a series; then do it."""
    event = editable_event(request.member, event_id)
    asked = dates.read(request.GET, event)
    if request.method == "POST":
        return _cancel(request, event, asked)
    row = dates.shown(event, asked)
    offered = choices(event, asked) if asked else [(Scope.ALL, "")]
    scopes = [
        {"value": value, "label": label, "told": _told(event, Scope(value), asked)}
        for value, label in offered
    ]
    context = {
        **facts(request.member, event, row),
        "scopes": scopes,
        "is_somebody_told": any(scope["told"] for scope in scopes),
    }
    return render(request, "web/event_cancel.html", context)


def _cancel(request: MemberRequest, event: Event, asked: dt.datetime | None) -> HttpResponse:
    try:
        scope = Scope(request.POST["scope"]) if asked else Scope.ALL
    except (KeyError, ValueError):
        return HttpResponseBadRequest("scope")
    message = request.POST.get("message", "").strip()[:2000]
    try:
        scheduling.cancel_event(
            request.member,
            event,
            scope=scope,
            recurrence_id=asked,
            message=message,
            grace=request.member.team.grace,
        )
    except Invalid as refusal:
        messages.error(request, str(refusal))
    else:
        stopping.say(request, _said(event, scope, asked), event)
    return HttpResponseRedirect(dates.address("event", event))


def _said(event: Event, scope: Scope, asked: dt.datetime | None) -> str:
    facts = {"title": event.title, "day": words.day(asked.date()) if asked else ""}
    if scope == Scope.THIS:
        return _("“%(title)s” on %(day)s is cancelled.") % facts
    if scope == Scope.FOLLOWING:
        return _("“%(title)s” is cancelled from %(day)s on.") % facts
    return _("“%(title)s” is cancelled.") % facts


def _told(event: Event, scope: Scope, asked: dt.datetime | None) -> str:
    """Name whom cancelling these dates would tell; "" for nobody."""
    try:
        told = scheduling.audience_of_cancelling(event, scope=scope, recurrence_id=asked)
    except Invalid:
        return ""
    return words.listed([*told.cancelled, *told.updated])
