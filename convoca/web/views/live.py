"""The address of the live bell, for links; the web server answers it itself (see `asgi.py`)."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse


def stream(request: HttpRequest) -> HttpResponse:
    """Tell a page under any other web server that it must do without live news."""
    return HttpResponse(status=204)  # ends an EventSource for good
