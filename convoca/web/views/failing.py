"""What people see when a page fails: that it is our fault, or that the database is away."""

from __future__ import annotations

import sys

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string

RETRY_AFTER = 5  # seconds; a database that is restarted is away for some


def failed(request: HttpRequest) -> HttpResponse:
    """Answer for a page that raised an exception; it needs neither database nor context.

    Whose language is not known without the database, so it is the browser's. Django logs it.
    """
    if not isinstance(sys.exc_info()[1], OperationalError | InterfaceError):
        return HttpResponse(render_to_string("500.html"), status=500)
    again = request.get_full_path() if request.method == "GET" else ""
    page = render_to_string("503.html", {"again": again})
    return HttpResponse(page, status=503, headers={"Retry-After": str(RETRY_AFTER)})
