"""Calling an event off, or dates of a series: asked first, with an optional message."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from convoca.calendars import words
from convoca.invitations import ledger, scheduling
from convoca.web import dates
from convoca.web.views.acting import MemberRequest, member_required
from convoca.web.views.event_form import editable_event
from convoca.web.views.events import facts


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@member_required
def cancel(request: MemberRequest, event_id: Any) -> HttpResponse:
    """Ask before calling an event off, with an optional message; then do it."""
    event = editable_event(request.member, event_id)
    if request.method == "POST":
        message = request.POST.get("message", "").strip()[:2000]
        scheduling.cancel_event(request.member, event, message=message)
        messages.success(request, _("“%(title)s” is cancelled.") % {"title": event.title})
        return HttpResponseRedirect(reverse("event", args=[event.public_id]))
    row = dates.shown(event, dates.read(request.GET, event))
    told = [line for line in ledger.attendees(event) if line.delivery.status == "SENT"]
    context = {
        **facts(request.member, event, row),
        "told": words.listed([line.name for line in told]),
    }
    return render(request, "web/event_cancel.html", context)
