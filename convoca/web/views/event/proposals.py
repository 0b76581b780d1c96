"""Proposed times on the event's page: beside the host's own day, taken over or refused."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.http import Http404, HttpResponse, HttpResponseBadRequest, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from convoca.accounts.invalid import Invalid
from convoca.accounts.limits import LimitReached
from convoca.calendars import agenda, words
from convoca.calendars.agenda import Instance
from convoca.calendars.models import Event
from convoca.invitations import links
from convoca.invitations.answers import rsvp
from convoca.invitations.models import Proposal
from convoca.invitations.waiting import proposals
from convoca.notifications.models import Notification
from convoca.standards.ical import moments
from convoca.standards.itip.changes import Span
from convoca.web import stopping
from convoca.web.views.acting import MemberRequest, member_required
from convoca.web.views.event.form import editable_event

SHOWN = 20
DAY = dt.timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposed:
    """A proposal as the page shows it; `date` is the date of a series it is about.

    `busy` is what the host has on that day, each with whether it overlaps.
    """

    proposal: Proposal
    when: str
    date: str
    busy: list[tuple[Instance, bool]]

    @property
    def is_free(self) -> bool:
        return not any(overlaps for _one, overlaps in self.busy)


@require_POST
@member_required
def decide(request: MemberRequest, event_id: Any, proposal_id: UUID) -> HttpResponse:
    """Take a proposed time over for everyone, or refuse it, as the host has pressed."""
    event = editable_event(request.member, event_id)
    decision = request.POST.get("decision")
    if decision not in {"accept", "refuse"}:
        return HttpResponseBadRequest("decision")
    member, message = request.member, request.POST.get("message", "")[:2000]
    try:
        if decision == "accept":
            proposals.accept(member, event, proposal_id, message=message, grace=member.team.grace)
        else:
            proposals.refuse(member, event, proposal_id, message=message)
    except Proposal.DoesNotExist:
        raise Http404 from None
    except (Invalid, LimitReached) as refusal:
        messages.error(request, str(refusal))
    except rsvp.Closed:
        messages.error(request, _("No answer is taken any more: the event is over or cancelled."))
    else:
        done = _("The time is changed, and everyone is told.")
        kept = _("The time stays, and whoever proposed another one is told.")
        stopping.say(request, done if decision == "accept" else kept, event)
    place = links.place_of(Notification.Kind.PROPOSAL)
    return HttpResponseRedirect(reverse("event", args=[event.public_id]) + place)


def context(event: Event) -> dict[str, Any]:
    """Return the proposals that wait for the host; the number of queries is fixed."""
    waiting = proposals.waiting(event)
    shown = waiting[:SHOWN]
    if not shown:
        return {}
    zone = ZoneInfo(event.host.user.timezone)
    spans = {one.pk: _instants(proposals.span_of(one), zone) for one in shown}
    busy = _agenda(event, spans.values())
    return {
        "proposals": [_proposed(event, one, spans[one.pk], busy, zone) for one in shown],
        "more_proposals": len(waiting) - len(shown),
    }


def _proposed(
    event: Event,
    proposal: Proposal,
    span: tuple[dt.datetime, dt.datetime],
    busy: Iterable[Instance],
    zone: ZoneInfo,
) -> Proposed:
    start, end = span
    first, last = start.date(), (end - dt.timedelta(microseconds=1)).date()
    moved = (event.pk, proposal.recurrence_id)
    that_day = [
        (one, one.start < end and one.end > start)
        for one in busy
        if one.start.astimezone(zone).date() <= last
        and (one.end - dt.timedelta(microseconds=1)).astimezone(zone).date() >= first
        and (one.event.series_id or one.event.pk, one.recurrence_id) != moved
    ]
    shown, date = proposals.span_of(proposal), proposal.recurrence_id
    return Proposed(
        proposal=proposal,
        when=words.when(shown.start, shown.end, zone),
        date=words.day(date) if date else "",
        busy=that_day,
    )


def _agenda(event: Event, spans: Iterable[tuple[dt.datetime, dt.datetime]]) -> list[Instance]:
    """Return what the host has on the days proposed, read at once."""
    spans = list(spans)
    first = min(start for start, _end in spans).replace(hour=0, minute=0, second=0, microsecond=0)
    last = max(end for _start, end in spans) + DAY
    return agenda.instances(event.host, first, min(last, first + agenda.LONGEST_WINDOW), mine=True)


def _instants(span: Span, zone: ZoneInfo) -> tuple[dt.datetime, dt.datetime]:
    start, end = (moments.instant(one, zone).astimezone(zone) for one in (span.start, span.end))
    return start, end
