"""What every page behind a guest's link has in common: whose it is, and how it is kept private."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.core.cache import cache
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils import translation
from django.views.decorators.csrf import csrf_exempt

from convoca.invitations import links
from convoca.invitations.content.readers import reader_of
from convoca.invitations.models import Invitation

PRIVACY = {
    "Referrer-Policy": "no-referrer",
    "X-Robots-Tag": "noindex, nofollow",
    "Cache-Control": "no-store",
}
POSTS = 30
POSTS_SECONDS = 600

View = Callable[..., HttpResponseBase]


def guest_link(view: View) -> View:
    """Find the invitation behind the token, and answer in the language of whoever was invited.

    Exempt from CSRF tokens, which need a cookie that mail programs' browsers may not keep: who
    forges a request must know the secret in the address, and who knows it needs no forgery. Under
    `no-referrer` browsers also send `Origin: null`, which Django's check would refuse.
    """

    @csrf_exempt
    @wraps(view)
    def wrapped(request: HttpRequest, token: str, **kwargs: Any) -> HttpResponseBase:
        response = _answer(view, request, token, kwargs)
        for name, value in PRIVACY.items():
            if name != "Cache-Control" or not response.has_header(name):
                response.headers[name] = value
        return response

    return wrapped


def page(
    request: HttpRequest, template: str, context: dict[str, Any], status: int = 200
) -> HttpResponse:
    """Render a page that sets no cookie."""
    context = {"csrf_token": "", "messages": (), **context}
    return render(request, f"web/public/{template}", context, status=status)


def _answer(
    view: View, request: HttpRequest, token: str, kwargs: dict[str, Any]
) -> HttpResponseBase:
    invitation = links.find(token)
    if invitation is None:
        return page(request, "unknown.html", {}, status=404)
    language = reader_of(invitation).language
    with translation.override(language):
        if request.method == "POST" and not _may_post(invitation):
            response: HttpResponseBase = page(request, "busy.html", {"token": token}, status=429)
            response.headers["Retry-After"] = str(POSTS_SECONDS)
        else:
            response = view(request, invitation, token, **kwargs)
        response.headers["Content-Language"] = language
    return response


def _may_post(invitation: Invitation) -> bool:
    """Count a POST of this link; too many in ten minutes are refused."""
    key = f"rsvp-posts:{invitation.token_hash}"
    if cache.add(key, 1, POSTS_SECONDS):
        return True
    try:
        return cache.incr(key) <= POSTS
    except ValueError:  # the ten minutes ended between the two
        return True
