"""One attendee of an event: how the mails to them fared, what they said, and what to mend."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db.models import Q
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from convoca.accounts.invalid import Invalid
from convoca.calendars.models import Attendee, Event, Kind
from convoca.invitations.answers import history
from convoca.invitations.reaching import ledger, resending, trail
from convoca.invitations.reaching.correcting import correct_address
from convoca.invitations.waiting import correspondence
from convoca.web import dates
from convoca.web.views.acting import MemberRequest, member_required
from convoca.web.views.event.form import editable_event
from convoca.web.views.event.page import facts, find_event

MOST_SHOWN = 20  # answers


@require_safe
@never_cache
@member_required
def show(request: MemberRequest, event_id: Any, attendee_id: UUID) -> HttpResponse:
    """Everything about one attendee, as a page or for the dialog over the event's page."""
    event = find_event(request.member, event_id)
    asked = dates.read(request.GET, event)
    attendee = _attendee(event, attendee_id)
    key = attendee.email_key
    lines = ledger.attendees(event, asked, only=key) if attendee.kind != Kind.ROOM else []
    if not lines:
        raise Http404
    context = {
        **facts(request.member, event, dates.shown(event, asked)),
        "line": lines[0],
        "steps": trail.of(event, key),
        "said": history.of(event, key).get(key, [])[:MOST_SHOWN],
        "written": correspondence.of(event, key).get(key, []),
    }
    return render(request, "web/event_attendee.html", context)


@require_POST
@member_required
def resend(request: MemberRequest, event_id: Any, attendee_id: UUID) -> HttpResponse:
    """Send one attendee the event as it stands once more."""
    event = editable_event(request.member, event_id)
    attendee = _attendee(event, attendee_id)
    try:
        resending.resend(request.member, event, attendee)
    except Invalid as refusal:
        messages.error(request, str(refusal))
    else:
        text = _("It will be sent again to %(name)s.") % {"name": attendee.name}
        messages.success(request, text)
    shown = "?show=unreached" if request.POST.get("show") == "unreached" else ""
    return HttpResponseRedirect(dates.address("event", event) + shown)


@require_POST
@member_required
def resend_all(request: MemberRequest, event_id: Any) -> HttpResponse:
    """Send it once more to everyone whose mail failed, where that may help."""
    event = editable_event(request.member, event_id)
    try:
        count = resending.resend_lost(request.member, event)
    except Invalid as refusal:
        messages.warning(request, str(refusal))
    else:
        text = ngettext(
            "It will be sent again to %(n)d person.",
            "It will be sent again to %(n)d people.",
            count,
        )
        messages.success(request, text % {"n": count})
    return HttpResponseRedirect(dates.address("event", event))


@require_POST
@member_required
def correct(request: MemberRequest, event_id: Any, attendee_id: UUID) -> HttpResponse:
    """Correct the address of a guest, and send the invitation there."""
    event = editable_event(request.member, event_id)
    attendee = _attendee(event, attendee_id)
    email = request.POST.get("email", "")
    try:
        correct_address(request.member, event, attendee, email)
    except Invalid as refusal:
        messages.error(request, f"{email[:254]}: {refusal}")
    else:
        text = _("The address of %(name)s is corrected; the invitation goes there.")
        messages.success(request, text % {"name": attendee.name})
    return HttpResponseRedirect(dates.address("event", event))


def _attendee(event: Event, attendee_id: UUID) -> Attendee:
    """Find somebody on the event, or on one date of it."""
    people = Attendee.objects.filter(Q(event=event) | Q(event__series=event))
    return get_object_or_404(people.select_related("event"), public_id=attendee_id)
