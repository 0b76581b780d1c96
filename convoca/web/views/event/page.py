"""One event, or one date of a series: its page, its quick card, and the member's own answer."""

from __future__ import annotations

import datetime as dt
from typing import Any
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.http import Http404, HttpResponse, HttpResponseBadRequest, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from convoca.accounts.models import Membership
from convoca.calendars import instances, words
from convoca.calendars.models import Attendee, Event, Kind
from convoca.invitations import links
from convoca.invitations.answers import rsvp
from convoca.invitations.models import Invitation, Rsvp
from convoca.invitations.reaching import ledger
from convoca.invitations.reminding import nudging
from convoca.invitations.saving import withheld
from convoca.mail.models import Halt
from convoca.mail.traffic import pausing
from convoca.standards.ical.model import Partstat
from convoca.web import coming, dates, guestlist, progress
from convoca.web.forms.event import file_lines
from convoca.web.views.acting import MemberRequest, member_required
from convoca.web.views.event import asks, nudge, proposals

ANSWERS = (Partstat.ACCEPTED, Partstat.TENTATIVE, Partstat.DECLINED)


@require_safe
@never_cache
@member_required
def show(request: MemberRequest, event_id: Any) -> HttpResponse:
    """Everything about an event: who was reached, who comes, and what they said when."""
    event = find_event(request.member, event_id)
    asked = dates.read(request.GET, event)
    if asked and instances.at(event, asked) is None:
        messages.warning(request, _("This date does not take place."))
        return HttpResponseRedirect(dates.address("event", event))
    row = dates.shown(event, asked)
    lines = ledger.attendees(event, asked)
    context = {
        **(shown := facts(request.member, event, row)),
        **(_waiting(event, lines) if shown["can_edit"] else {}),
        **_people(request, event, asked, lines),
        "untold": len(withheld.lagging(event)) if event.is_editable_by(request.member) else 0,
        "paused": _pause(event, request.member, lines),
        "files": file_lines(event.files.all()),
        "mine": _line_of(request.member, lines),
        "reminders": [words.reminder(minutes) for minutes in row.reminders],
        "dates": coming.lines(event, row, request.member, timezone.now())
        if event.is_recurring
        else [],
        "halves": coming.halves(event, request.member),
    }
    return render(request, "web/event.html", context)


@require_safe
@never_cache
@member_required
def follow(request: MemberRequest, event_id: Any) -> HttpResponse:
    """The attendees alone, for the event's page that is open while mails are on their way."""
    event = find_event(request.member, event_id)
    asked = dates.read(request.GET, event)
    lines = ledger.attendees(event, asked)
    context = {
        **facts(request.member, event, dates.shown(event, asked)),
        **_people(request, event, asked, lines),
        "is_stoppable": withheld.leaving(event.series or event) is not None,
    }
    return render(request, "web/event/ledger.html", context)


@require_safe
@never_cache
@member_required
def card(request: MemberRequest, event_id: Any) -> HttpResponse:
    """The quick card that opens over the calendar."""
    event = find_event(request.member, event_id)
    row = dates.shown(event, dates.read(request.GET, event))
    attendees = list(row.attendees.all())
    context = {
        **facts(request.member, event, row),
        "people": [attendee for attendee in attendees if attendee.kind != Kind.ROOM],
        "rooms": [attendee for attendee in attendees if attendee.kind == Kind.ROOM],
        "counts": _count(attendees),
        "mine": next((one for one in attendees if one.member_id == request.member.pk), None),
    }
    return render(request, "web/event_card.html", context)


@require_POST
@member_required
def answer(request: MemberRequest, event_id: Any) -> HttpResponse:
    """Record the member's own answer to a colleague's event, or to one date of it."""
    event = find_event(request.member, event_id)
    date = dates.read(request.POST, event)
    given = request.POST.get("partstat", "")
    if given not in ANSWERS:
        return HttpResponseBadRequest("partstat")
    invitation = Invitation.objects.filter(event=event, member=request.member).first()
    if invitation is None:
        raise Http404
    try:
        rsvp.record(
            invitation,
            Partstat(given),
            note=request.POST.get("note", "").strip()[:2000],
            source=Rsvp.Source.APP,
            now=timezone.now(),
            member=request.member,
            recurrence_id=date,
        )
    except rsvp.Closed:
        messages.error(request, _("No answer is taken any more: the event is over or cancelled."))
    else:
        text = _("Your answer is recorded: %(answer)s.") % {"answer": words.partstat(given)}
        messages.success(request, text)
    return HttpResponseRedirect(dates.address("event", event, date))


def find_event(member: Membership, event_id: Any) -> Event:
    """Find an event of the member's team; of other teams' events nothing is known."""
    events = Event.objects.visible_to(member).select_related("host__user", "sender", "team")
    return get_object_or_404(events, public_id=event_id)


def facts(member: Membership, event: Event, row: Event) -> dict[str, Any]:
    """Say what a page shows of an event; `row` is the event itself or one date of it."""
    zone = ZoneInfo(member.user.timezone)
    start = row.start.replace(tzinfo=row.zone)
    is_elsewhere = not row.all_day and not words.same_clock(start, row.zone, zone)
    first = event.start.replace(tzinfo=event.zone)
    return {
        "event": event,
        "row": row,
        "date_name": links.date_name(row.recurrence_id) if row.recurrence_id else "",
        "when": words.when_of(row, zone),
        "when_there": words.when_of(row) if is_elsewhere else "",
        "repeats": words.repeat(event.rrule, first) if event.rrule else "",
        "address": {
            page: dates.address(f"event{suffix}", event, row.recurrence_id)
            for page, suffix in {"show": "", "edit": "-edit", "cancel": "-cancel"}.items()
        },
        "can_edit": event.is_editable_by(member) and not event.is_cancelled,
        "is_host": event.host_id == member.pk,
        "join_link": _join_link(row),
        "answers": ANSWERS,
        "deadline": nudge.deadline(event, zone, timezone.now()),
    }


def _people(
    request: MemberRequest, event: Event, asked: dt.datetime | None, lines: list[ledger.Line]
) -> dict[str, Any]:
    """Say who is on the event, and how far the mails to them have come."""
    now, can_edit = timezone.now(), event.is_editable_by(request.member) and not event.is_cancelled
    return {
        **guestlist.context(request, event, lines),
        "counts": _count(lines),
        "progress": progress.of(lines, now),
        "next_reminder": nudge.next_reminder(lines),
        "of_date": f"?{dates.query(asked)}" if asked else "",
        "silent": nudging.unanswered(event, now) if can_edit and not asked else None,
    }


def _waiting(event: Event, lines: list[ledger.Line]) -> dict[str, Any]:
    """Say what waits for the host to decide."""
    return asks.context(event, lines) | proposals.context(event)


def _pause(event: Event, member: Membership, lines: list[ledger.Line]) -> Halt | None:
    """Return the operator's pause, for those whose mails wait because of it."""
    is_waiting = any(line.delivery.status in {"QUEUED", "DELAYED"} for line in lines)
    return pausing.paused() if is_waiting and event.is_editable_by(member) else None


def _join_link(event: Event) -> str:
    """The place, when it is a video call's address."""
    return event.location if event.location.startswith("https://") else ""


def _count(people: list[ledger.Line] | list[Attendee]) -> dict[str, int]:
    """Count the answers; rooms give none, and who is on single dates only none to the series."""
    answers = [
        one.partstat
        for one in people
        if one.kind != Kind.ROOM and (isinstance(one, Attendee) or one.is_whole)
    ]
    return {
        "all": len(answers),
        "accepted": answers.count(Partstat.ACCEPTED),
        "maybe": answers.count(Partstat.TENTATIVE),
        "declined": answers.count(Partstat.DECLINED),
        "waiting": answers.count(Partstat.NEEDS_ACTION),
    }


def _line_of(member: Membership, lines: list[ledger.Line]) -> ledger.Line | None:
    return next((line for line in lines if line.attendee.member_id == member.pk), None)
