"""Where the API's resources stand, below /api/v1."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.urls import URLPattern, re_path

from convoca.api.contract import api
from convoca.api.door import door


def nothing_here(request: HttpRequest, **_place: str) -> HttpResponse:
    """Answer an address that leads nowhere as the API answers, not as a page."""
    raise Http404


def _behind_door(pattern: URLPattern) -> URLPattern:
    pattern.callback = door(pattern.callback)
    return pattern


app_name = "api"
urlpatterns = [
    *(_behind_door(pattern) for pattern in api.urls[0]),
    re_path(r"^(?P<rest>.*)$", door(nothing_here)),
]
