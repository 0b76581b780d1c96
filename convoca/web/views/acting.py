"""Which pages need a member, and how a page finds what the member may see."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from convoca.accounts.models import Membership


class MemberRequest(HttpRequest):
    """A request whose member is known; what `member_required` hands to its view."""

    member: Membership


def member_required(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """Send strangers to the sign-in page, and refuse users who belong to no team (any more)."""

    @login_required
    @wraps(view)
    def wrapped(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if getattr(request, "member", None) is None:
            raise PermissionDenied
        return view(request, *args, **kwargs)

    return wrapped
