"""The guest's page: what it is about, their answer, files, the calendar file, language, mail."""

from __future__ import annotations

import datetime as dt
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language_info
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from convoca.calendars import files, words
from convoca.invitations import invitees, links
from convoca.invitations.answers import guestview, rsvp
from convoca.invitations.models import Invitation, Rsvp
from convoca.invitations.reminding import nudging
from convoca.invitations.waiting import proposals
from convoca.standards.ical.model import Partstat
from convoca.web import dates
from convoca.web.views.public.link import guest_link, page


@require_http_methods(["GET", "HEAD", "POST"])
@guest_link
def show(request: HttpRequest, invitation: Invitation, token: str) -> HttpResponse:
    """Show the invitation; only a POST, which no scanner sends, records an answer."""
    if request.method == "POST":
        return _record(request, invitation, token)
    return _page(request, invitation, token)


@require_safe
@guest_link
def calendar(request: HttpRequest, invitation: Invitation, token: str) -> HttpResponse:
    """Hand out the event for a calendar of the guest's own."""
    content = guestview.calendar_file(invitation, timezone.now())
    if content is None:
        return _page(request, invitation, token, status=410)
    headers = {"Content-Disposition": 'attachment; filename="event.ics"'}
    return HttpResponse(content, content_type="text/calendar; charset=utf-8", headers=headers)


@require_safe
@guest_link
def file(
    request: HttpRequest, invitation: Invitation, token: str, file_id: Any
) -> HttpResponseBase:
    """Hand out a file of the event for as long as the guest may have it."""
    found = guestview.find_file(invitation, file_id, timezone.now())
    if found is None:
        context = {"token": token, "view": guestview.see(invitation, timezone.now())}
        return page(request, "no_file.html", context, status=404)
    return files.serve(found, request)


@require_POST
@guest_link
def language(request: HttpRequest, invitation: Invitation, token: str) -> HttpResponse:
    """Speak another language to this guest from now on, in mails about the event too."""
    chosen = request.POST.get("language", "")
    if chosen in dict(settings.LANGUAGES):
        guestview.speak(invitation, chosen)
    return _back(token)


@require_POST
@guest_link
def mail(request: HttpRequest, invitation: Invitation, token: str) -> HttpResponse:
    """Stop all mail of the team to this guest, or start it again."""
    if invitation.guest is not None:
        if request.POST.get("mail") == "stop":
            invitees.opt_out(invitation.guest, timezone.now())
        else:
            invitees.opt_in(invitation.guest)
    return _back(token, "#mail")


@require_POST
@guest_link
def reminders(request: HttpRequest, invitation: Invitation, token: str) -> HttpResponse:
    """Stop reminding this guest that their answer is missing, or do it again."""
    if request.POST.get("remind") == "stop":
        nudging.stop(invitation, timezone.now())
    else:
        nudging.go_on(invitation)
    return _back(token, "#reminders")


@require_POST
@guest_link
def opened(request: HttpRequest, invitation: Invitation, token: str) -> HttpResponse:
    """Note that somebody touched the page; the script says so, for scanners only load it."""
    guestview.open_page(invitation, timezone.now())
    return HttpResponse(status=204)


def _record(request: HttpRequest, invitation: Invitation, token: str) -> HttpResponse:
    now, partstat = timezone.now(), links.answer_in(request.POST.get("answer", ""))
    if partstat is None:
        return _page(request, invitation, token, problem=_("Please choose an answer."), status=422)
    try:
        date = dates.read(request.POST, invitation.event)
    except Http404:
        problem = _("Please choose which date you answer.")
        return _page(request, invitation, token, problem=problem, status=422)
    guestview.open_page(invitation, now)
    try:
        recorded = rsvp.record(
            invitation,
            partstat,
            note=request.POST.get("note", ""),
            source=Rsvp.Source.WEB,
            now=now,
            recurrence_id=date,
            seen_sequence=_sequence(request),
        )
    except rsvp.Closed:
        return _page(request, invitation, token, status=409)
    if not recorded.is_applied:
        problem = _(
            "The time was changed while you had this page open. Please look at it and answer again."
        )
        return _page(request, invitation, token, problem=problem, status=409)
    return _back(token, "?done=1" + (f"&{dates.query(date)}" if date else ""))


def _page(
    request: HttpRequest,
    invitation: Invitation,
    token: str,
    *,
    problem: str = "",
    status: int = 200,
) -> HttpResponse:
    view = guestview.see(invitation, timezone.now(), _date(request, invitation))
    asked = links.answer_in(request.GET.get("answer", ""))
    is_changing = bool(problem) or (asked is not None and asked.value != view.answer)
    context = {
        "view": view,
        "token": token,
        "choices": _choices(view.answer, asked),
        "is_preselected": asked is not None,
        "is_done": "done" in request.GET and bool(view.answer),
        "first_date": view.date or next(iter(view.dates), None),
        "exceptions": [one for one in view.dates if one.is_own and one.answer != view.answer],
        "shows_form": view.is_open and (not view.answer or is_changing),
        "note": request.POST.get("note", view.note),
        "longest_note": rsvp.LONGEST_NOTE,
        "proposed": _proposed(invitation, view) if view.is_open else [],
        "problem": problem,
        "languages": [get_language_info(code) for code, _name in settings.LANGUAGES],
    }
    if view.state in {guestview.State.REMOVED, guestview.State.ENDED} and status == 200:
        status = 410
    return page(request, "rsvp.html", context, status=status)


def _proposed(invitation: Invitation, view: guestview.GuestView) -> list[str]:
    """Return the other times they proposed, which the host has not decided on."""
    zone = ZoneInfo(view.reader.zone)
    spans = (proposals.span_of(one) for one in proposals.of_guest(invitation))
    return [words.when(span.start, span.end, zone) for span in spans]


def _choices(given: str, asked: Partstat | None) -> list[dict[str, Any]]:
    """Return the three buttons; the one pressed in the mail, or given before, stands out."""
    chosen = asked.value if asked else given
    buttons = (
        (Partstat.ACCEPTED, "accept", _("Accept"), "check"),
        (Partstat.TENTATIVE, "maybe", _("Maybe"), "circle-question-mark"),
        (Partstat.DECLINED, "decline", _("Decline"), "x"),
    )
    return [
        {"value": value, "text": text, "icon": icon, "is_chosen": chosen == partstat.value}
        for partstat, value, text, icon in buttons
    ]


def _date(request: HttpRequest, invitation: Invitation) -> dt.datetime | None:
    """Return the date the page is asked about; all of them where the address was mangled."""
    asked = request.POST if dates.NAME in request.POST else request.GET
    try:
        return dates.read(asked, invitation.event)
    except Http404:
        return None


def _sequence(request: HttpRequest) -> int | None:
    """Return the SEQUENCE the page showed; None when the form was tampered with or is old."""
    text = request.POST.get("sequence", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 9 else None


def _back(token: str, where: str = "") -> HttpResponse:
    response = HttpResponseRedirect(reverse("rsvp", args=[token]) + where)
    response.status_code = 303
    return response
