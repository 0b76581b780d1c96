"""What every request passes: the content security policy, and who acts in which language."""

from __future__ import annotations

import zoneinfo
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.utils import timezone, translation

from convoca.accounts.models import Membership

Handler = Callable[[HttpRequest], HttpResponse]

POLICY = "; ".join(
    [
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "font-src 'self'",
        "connect-src 'self'",
        "manifest-src 'self'",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    ]
)


def content_security_policy(get_response: Handler) -> Handler:
    """Send the strict policy with every answer that does not bring its own."""

    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        response.headers.setdefault("Content-Security-Policy", POLICY)
        return response

    return middleware


def acting_member(get_response: Handler) -> Handler:
    """Set `request.member`, and speak the member's language in the member's time zone.

    Who belongs to several teams acts in the one chosen last (session key `team`). What a member
    sees is kept by no cache but their own browser's, which asks each time.
    """

    def middleware(request: HttpRequest) -> HttpResponse:
        request.member = find_member(request)  # type: ignore[attr-defined]
        if request.user.is_authenticated:
            translation.activate(request.user.language)
            request.LANGUAGE_CODE = translation.get_language()
            timezone.activate(zoneinfo.ZoneInfo(request.user.timezone))
        try:
            response = get_response(request)
        finally:
            timezone.deactivate()
        if request.user.is_authenticated:
            response.headers.setdefault("Cache-Control", "private, no-cache")
        return response

    return middleware


def find_member(request: HttpRequest) -> Membership | None:
    """Return as whom the signed-in user acts."""
    if not request.user.is_authenticated:
        return None
    memberships = Membership.objects.current().filter(user=request.user).order_by("joined_at")
    chosen = request.session.get("team")
    return next(
        (member for member in memberships if str(member.team.public_id) == chosen),
        memberships[0] if memberships else None,
    )
