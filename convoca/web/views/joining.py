"""The page behind the link in a colleague's invitation to the team."""

from __future__ import annotations

from allauth.account.utils import perform_login
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from convoca.accounts import addresses, joining
from convoca.accounts.models import Membership, TeamInvitation, User
from convoca.accounts.refusals import Refused
from convoca.standards.ical.address import normalise
from convoca.web.forms.signing_up import JoinForm


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@sensitive_post_parameters("password")
def join(request: HttpRequest, token: str) -> HttpResponse:
    """Let a new person in after name and password, a user of that address by one click."""
    try:
        invitation = joining.find(token)
        if request.user.is_authenticated:
            return _join_as_user(request, request.user, invitation)
        if addresses.find_user(invitation.email):
            return _page(request, invitation, has_account=True)
        return _join_as_new(request, invitation)
    except Refused as refusal:
        context = {"refused": str(refusal)}
        return render(request, "web/accounts/join_ended.html", context, status=410)


def _join_as_user(request: HttpRequest, user: User, invitation: TeamInvitation) -> HttpResponse:
    is_theirs = normalise(user.email) == invitation.email
    if request.method == "POST" and is_theirs:
        _welcome(request, joining.accept(invitation, user))
        return redirect("calendar")
    return _page(request, invitation, is_theirs=is_theirs)


def _join_as_new(request: HttpRequest, invitation: TeamInvitation) -> HttpResponse:
    form = JoinForm(request.POST or None, invitation=invitation)
    if not form.is_valid():
        return _page(request, invitation, form=form)
    member = joining.accept_as_new(invitation, **form.cleaned_data)
    response = perform_login(request, member.user, email=member.email)
    _welcome(request, member)
    return response


def _welcome(request: HttpRequest, member: Membership) -> None:
    request.session["team"] = str(member.team.public_id)
    messages.success(request, _("Welcome to the team %(team)s!") % {"team": member.team.name})


def _page(request: HttpRequest, invitation: TeamInvitation, **context: object) -> HttpResponse:
    return render(request, "web/accounts/join.html", {"invitation": invitation, **context})
