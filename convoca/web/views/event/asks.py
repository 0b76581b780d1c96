"""Asks to join, on the event's page: the host admits, merges or ignores."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db.models import Q
from django.http import Http404, HttpResponse, HttpResponseBadRequest, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from convoca.accounts.invalid import Invalid
from convoca.accounts.limits import LimitReached
from convoca.calendars.models import Attendee, Event
from convoca.invitations import links
from convoca.invitations.models import HeldAnswer
from convoca.invitations.reaching import ledger
from convoca.invitations.waiting import asks
from convoca.notifications.models import Notification
from convoca.web.views.acting import MemberRequest, member_required
from convoca.web.views.event.form import editable_event

MOST_CHOICES = 200
DECISIONS = {
    "admit": HeldAnswer.Decision.ADMITTED,
    "merge": HeldAnswer.Decision.MERGED,
    "ignore": HeldAnswer.Decision.IGNORED,
}


@require_POST
@member_required
def decide(request: MemberRequest, event_id: Any, answer_id: UUID) -> HttpResponse:
    """Do with an answer that waits what the host has pressed."""
    event = editable_event(request.member, event_id)
    decision = DECISIONS.get(request.POST.get("decision", ""))
    if decision is None:
        return HttpResponseBadRequest("decision")
    try:
        answer = asks.decide(
            request.member, event, answer_id, decision, attendee=_chosen(request, event)
        )
    except HeldAnswer.DoesNotExist:
        raise Http404 from None
    except (Invalid, LimitReached) as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, _done(answer))
    place = links.place_of(Notification.Kind.HELD)
    return HttpResponseRedirect(reverse("event", args=[event.public_id]) + place)


def context(event: Event, lines: list[ledger.Line]) -> dict[str, Any]:
    """Return what waits for the host, and the guests it may be another address of."""
    waiting = asks.waiting(event)
    guests = [line.attendee for line in lines if line.attendee.guest_id] if waiting else []
    if len(guests) > MOST_CHOICES:
        alike = {ask.resembles.email_key for ask in waiting if ask.resembles}
        guests = [guest for guest in guests if guest.email_key in alike]
    return {"asks": waiting, "guests": guests}


def _chosen(request: MemberRequest, event: Event) -> Attendee | None:
    """Return the attendee picked beside *Same person*, if one was."""
    picked = request.POST.get("attendee", "")
    if request.POST.get("decision") != "merge" or not picked:
        return None
    try:
        rows = Attendee.objects.filter(Q(event=event) | Q(event__series=event))
        return get_object_or_404(rows, public_id=UUID(picked))
    except ValueError:
        raise Http404 from None


def _done(answer: HeldAnswer) -> str:
    name = answer.name or answer.email
    if answer.decision == HeldAnswer.Decision.IGNORED:
        return _("%(name)s is ignored for this event from now on.") % {"name": name}
    if answer.decision == HeldAnswer.Decision.MERGED:
        return _("%(email)s is known as an address of this guest from now on.") % {
            "email": answer.email
        }
    if answer.why == HeldAnswer.Why.UNPROVEN:
        return _("The answer of %(name)s is recorded.") % {"name": name}
    return _("%(name)s is invited now.") % {"name": name}
