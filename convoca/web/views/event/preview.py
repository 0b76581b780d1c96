"""Exactly what a chosen guest will get, shown before anything is saved or sent."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse, JsonResponse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_POST

from convoca.accounts.invalid import Invalid
from convoca.accounts.limits import LimitReached
from convoca.invitations.saving import previews
from convoca.web.views.acting import MemberRequest, member_required
from convoca.web.views.event.form import editable_event, posted_form

# A mail brings inline styles and nothing else; the sandbox takes its origin and its links away.
LETTER_POLICY = "; ".join(
    [
        "default-src 'none'",
        "style-src 'unsafe-inline'",
        "img-src 'self' data:",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'self'",
        "sandbox",
    ]
)


@require_POST
@member_required
@xframe_options_sameorigin
def preview(request: MemberRequest, event_id: Any = None) -> HttpResponse:
    """Show the mail that saving the form as it stands would send to `preview_for`.

    As a page for the frame that shows it; as JSON what stands around it: subject, from and to.
    """
    event = editable_event(request.member, event_id) if event_id else None
    wants_page = request.accepts("text/html")
    try:
        form = posted_form(request, request.POST, event)
        if not form.is_valid():
            return _refuse(_("Fill in the form first: title, time and attendees."), wants_page)
        mail = previews.preview(
            request.member,
            form.draft(),
            event,
            **form.aim,
            email=request.POST.get("preview_for", ""),
            message=form.cleaned_data["message"],
        )
    except (Invalid, LimitReached) as refusal:
        return _refuse(str(refusal), wants_page)
    if wants_page:
        return HttpResponse(mail.html, headers={"Content-Security-Policy": LETTER_POLICY})
    return JsonResponse(
        {"subject": mail.subject, "sender": mail.sender, "recipient": mail.recipient}
    )


def _refuse(detail: str, wants_page: bool) -> HttpResponse:
    if wants_page:
        headers = {"Content-Security-Policy": LETTER_POLICY}
        return HttpResponse(format_html("<p>{}</p>", detail), status=422, headers=headers)
    return JsonResponse({"detail": detail}, status=422)
