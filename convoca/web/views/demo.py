"""The demo mailbox: a newcomer reads the mails as the guest does, and presses their buttons."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_safe

from convoca.web import mailbox as post
from convoca.web.middleware import POLICY

PAGE_POLICY = f"{POLICY}; frame-src 'self'"
# A mail brings inline styles and nothing else. The sandbox takes its origin away, so that it
# reaches neither cookies nor pages; a link that a person clicks may replace the whole page.
LETTER_POLICY = "; ".join(
    [
        "default-src 'none'",
        "style-src 'unsafe-inline'",
        "img-src 'self' data:",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'self'",
        "sandbox allow-top-navigation-by-user-activation",
    ]
)


@require_safe
def mailbox(request: HttpRequest) -> HttpResponse:
    """List the mails, everybody's or one recipient's; htmx asks for the list alone."""
    return _page(request, None)


@require_safe
def letter(request: HttpRequest, key: str) -> HttpResponse:
    """Show one mail beside the list."""
    return _page(request, _find(key))


@require_safe
@xframe_options_sameorigin
def letter_html(request: HttpRequest, key: str) -> HttpResponse:
    """Serve the HTML part for the frame that shows it."""
    headers = {"Content-Security-Policy": LETTER_POLICY}
    return HttpResponse(_find(key).html, headers=headers)


@require_safe
def letter_source(request: HttpRequest, key: str) -> HttpResponse:
    """Download the mail as it came over the wire, to be opened by any mail program."""
    return HttpResponse(
        _find(key).source,
        content_type="message/rfc822",
        headers={"Content-Disposition": f'attachment; filename="{key}.eml"'},
    )


def _find(key: str) -> post.Letter:
    if found := post.find(key):
        return found
    raise Http404


def _page(request: HttpRequest, shown: post.Letter | None) -> HttpResponse:
    recipient = request.GET.get("to", "").lower()
    context: dict[str, Any] = {
        "letters": post.letters(recipient),
        "letter": shown,
        "recipient": recipient,
        "path": request.get_full_path(),
    }
    if "HX-Request" in request.headers:
        return render(request, "web/demo/letters.html", context)
    people = post.recipients()
    names = {address: name for address, name, _count in people}
    context |= {"recipients": people, "owner": names.get(recipient, recipient)}
    if shown:
        parts = _parts(shown)
        part = request.GET.get("part", "")
        context |= {"parts": parts, "part": part if part in parts else next(iter(parts))}
    response = render(request, "web/demo/mailbox.html", context)
    response.headers["Content-Security-Policy"] = PAGE_POLICY
    return response


def _parts(shown: post.Letter) -> dict[str, str]:
    """Return the title of every part the mail has, the one a guest reads first."""
    parts = {}
    if shown.html:
        parts["html"] = _("As it is read")
    if shown.text:
        parts["text"] = _("Plain text")
    if shown.calendar:
        parts["calendar"] = _("For calendar programs")
    return parts | {"headers": _("Headers")}
