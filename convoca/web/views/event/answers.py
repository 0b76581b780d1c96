"""Answers that the host enters, from the telephone or from what a guest wrote."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db.models import Q
from django.http import Http404, HttpResponse, HttpResponseBadRequest, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from convoca.accounts.invalid import Invalid
from convoca.calendars import words
from convoca.calendars.models import Attendee
from convoca.invitations.answers import rsvp
from convoca.invitations.models import GuestMessage
from convoca.invitations.waiting import correspondence
from convoca.standards.ical.model import Partstat
from convoca.web import dates
from convoca.web.views.acting import MemberRequest, member_required
from convoca.web.views.event.form import editable_event


@require_POST
@member_required
def enter(request: MemberRequest, event_id: Any, attendee_id: UUID) -> HttpResponse:
    """Record what an attendee has told the host."""
    event = editable_event(request.member, event_id)
    partstat, date = _partstat(request), dates.read(request.POST, event)
    if partstat is None:
        return HttpResponseBadRequest("partstat")
    rows = Attendee.objects.filter(Q(event=event) | Q(event__series=event))
    attendee = get_object_or_404(rows, public_id=attendee_id)
    try:
        said = rsvp.enter(
            request.member,
            event,
            attendee,
            partstat,
            note=request.POST.get("note", ""),
            recurrence_id=date,
        )
    except Invalid as refusal:
        messages.error(request, str(refusal))
    except rsvp.Closed:
        messages.error(request, _("No answer is taken any more: the event is over or cancelled."))
    else:
        _tell(request, attendee.name, said.partstat)
    return HttpResponseRedirect(dates.address("event", event, date) + "#attendees")


@require_POST
@member_required
def settle(request: MemberRequest, event_id: Any, message_id: UUID) -> HttpResponse:
    """Take what a guest wrote for an answer, or be done with it."""
    event = editable_event(request.member, event_id)
    date = dates.read(request.POST, event)
    try:
        row = correspondence.settle(
            request.member, event, message_id, _partstat(request), recurrence_id=date
        )
    except GuestMessage.DoesNotExist:
        raise Http404 from None
    except rsvp.Closed:
        messages.error(request, _("No answer is taken any more: the event is over or cancelled."))
    else:
        if row.rsvp is not None:
            _tell(request, row.invitation.name, row.rsvp.partstat)
    return HttpResponseRedirect(dates.address("event", event, date) + "#attendees")


def _partstat(request: MemberRequest) -> Partstat | None:
    given = request.POST.get("partstat", "")
    return Partstat(given) if given in rsvp.ANSWERS else None


def _tell(request: MemberRequest, name: str, partstat: str) -> None:
    text = _("The answer of %(name)s is recorded: %(answer)s.")
    messages.success(request, text % {"name": name, "answer": words.partstat(partstat)})
