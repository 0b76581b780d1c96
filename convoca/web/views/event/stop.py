"""Stopping the mails of a save in its last seconds, and telling after all who was not told."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse, HttpResponseRedirect, JsonResponse
from django.urls import reverse
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from convoca.calendars.models import Event
from convoca.invitations.saving import withheld
from convoca.web import stopping
from convoca.web.views.acting import MemberRequest, member_required
from convoca.web.views.event.page import find_event


@require_POST
@member_required
def stop(request: MemberRequest, event_id: Any) -> HttpResponse:
    """Stop what has not left yet; a cancelled event's mails, too."""
    event = _find(request, event_id)
    stopped = withheld.stop(request.member, event)
    text = stopping.done(stopped)
    if not request.accepts("text/html"):
        return JsonResponse({"detail": text})
    if stopped.count:
        messages.success(request, text)
    else:
        messages.warning(request, text)
    return HttpResponseRedirect(reverse("event", args=[event.public_id]))


@require_POST
@member_required
def tell(request: MemberRequest, event_id: Any) -> HttpResponse:
    """Tell those whom an earlier save did not."""
    event = _find(request, event_id)
    count = withheld.tell(request.member, event)
    text = ngettext("%(n)d mail is on its way.", "%(n)d mails are on their way.", count)
    messages.success(request, text % {"n": count})
    return HttpResponseRedirect(reverse("event", args=[event.public_id]))


def _find(request: MemberRequest, event_id: Any) -> Event:
    """Find an event that the member may change; it may be cancelled."""
    event = find_event(request.member, event_id)
    if not event.is_editable_by(request.member):
        raise PermissionDenied
    return event
