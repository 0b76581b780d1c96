"""Where the API's resources stand, below /api/v1."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.urls import URLPattern, path, re_path

from convoca.api.contract import api
from convoca.api.door import door


def nothing_here(request: HttpRequest, **_place: str) -> HttpResponse:
    """Answer an address that leads nowhere as the API answers, not as a page."""
    raise Http404


app_name = "api"
urlpatterns = [
    *(
        path(str(place.pattern), door(place.callback), name=place.name)
        for place in api.urls[0]
        if isinstance(place, URLPattern)
    ),
    re_path(r"^(?P<rest>.*)$", door(nothing_here)),
]
