"""The API's outermost layer: what is asked of every request before and after its handler."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.views.decorators.csrf import csrf_exempt

from convoca.api.problems import TOO_LARGE, WRONG_METHOD, handle, problem

View = Callable[..., HttpResponseBase]
OVERHEAD = 64 * 1024  # of a multipart body over its file


def door(view: View) -> View:
    """Let requests of a decent size in, and answer every failure with a problem.

    Tokens alone authenticate, so there is no session for a foreign page to ride on.
    """

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if _is_too_large(request):
            return problem(TOO_LARGE)
        try:
            response = view(request, *args, **kwargs)
        except Exception as error:
            response = handle(request, error)
        if response.status_code == 405:
            return problem(WRONG_METHOD, headers={"Allow": response.headers["Allow"]})
        response.headers.setdefault("Cache-Control", "no-store")
        return response

    return csrf_exempt(guarded)


def _is_too_large(request: HttpRequest) -> bool:
    try:
        length = int(request.META.get("CONTENT_LENGTH") or 0)
    except ValueError:
        return True
    is_form = request.content_type == "multipart/form-data"
    limit = settings.MAX_UPLOAD_BYTES if is_form else settings.DATA_UPLOAD_MAX_MEMORY_SIZE
    return length > limit + OVERHEAD * is_form
