"""Where the API's resources stand, below /api/v1."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.urls import URLPattern, path, re_path

from convoca.api.contract import api
from convoca.api.door import door
from convoca.api.problems import KINDS


def nothing_here(request: HttpRequest, **_place: str) -> HttpResponse:
    """Answer an address that leads nowhere as the API answers, not as a page."""
    raise Http404


def about_problem(request: HttpRequest, slug: str) -> HttpResponse:
    """Answer the `type` of a problem: a program's maker may follow it."""
    kind = KINDS.get(slug)
    if kind is None:
        raise Http404
    return JsonResponse({"type": kind.url, "title": str(kind.title), "status": kind.status})


app_name = "api"
urlpatterns = [
    *(
        path(str(place.pattern), door(place.callback), name=place.name)
        for place in api.urls[0]
        if isinstance(place, URLPattern)
    ),
    path("problems/<slug:slug>", door(about_problem)),
    re_path(r"^(?P<rest>.*)$", door(nothing_here)),
]
