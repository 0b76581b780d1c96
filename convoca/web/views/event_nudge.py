"""Reminding everyone who has not answered: the button on the event's page, and what it did."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from convoca.accounts.invalid import Invalid
from convoca.invitations import nudging
from convoca.web.views.acting import MemberRequest, member_required
from convoca.web.views.event_form import editable_event


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
