"""Which pages need a member, and how a page finds what the member may see."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import render

from convoca.accounts.models import Membership

View = Callable[..., HttpResponseBase]


class MemberRequest(HttpRequest):
    """A request whose member is known; what `member_required` hands to its view."""

    member: Membership


def member_required(view: View) -> View:
    """Send strangers to the sign-in page; tell users who belong to no team (any more) so."""

    @login_required
    @wraps(view)
    def wrapped(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if getattr(request, "member", None) is None:
            return render(request, "web/accounts/no_team.html", status=403)
        return view(request, *args, **kwargs)

    return wrapped


def admin_required(view: View) -> View:
    """Let only owners and administrators of the team in."""

    @member_required
    @wraps(view)
    def wrapped(request: MemberRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not request.member.is_admin:
            raise PermissionDenied
        return view(request, *args, **kwargs)

    return wrapped
