"""The gear: what members decide about themselves (rule S8), and the tokens of their programs."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import override
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_http_methods, require_POST

from convoca.accounts import preferences, tokens
from convoca.accounts.models import ApiToken, Membership
from convoca.mail import senders
from convoca.mail.models import Sender
from convoca.web.forms.settings import OWN_ADDRESS, SettingsForm, TokenForm
from convoca.web.views.acting import MemberRequest, member_required


@require_http_methods(["GET", "HEAD", "POST"])
@member_required
def settings(request: MemberRequest) -> HttpResponse:
    """Show and change the member's settings."""
    form = SettingsForm(request.POST or None, member=request.member)
    if form.is_valid():
        _save(request.member, form.cleaned_data)
        with override(form.cleaned_data["language"]):
            messages.success(request, _("Your settings are saved."))
        return redirect("settings")
    return _page(request, form)


@require_POST
@never_cache
@member_required
@sensitive_variables("clear")
def token_new(request: MemberRequest) -> HttpResponse:
    """Make an API token and show it, this once."""
    form = TokenForm(request.POST)
    if not form.is_valid():
        return _page(request, SettingsForm(member=request.member), token_form=form)
    token, clear = tokens.issue(request.member, form.cleaned_data["name"])
    return render(request, "web/settings/token.html", {"token": token, "clear": clear})


@require_POST
@member_required
def token_revoke(request: MemberRequest, token_id: UUID) -> HttpResponse:
    """End one of the member's own tokens."""
    token = get_object_or_404(_valid_tokens(request.member), public_id=token_id)
    tokens.revoke(token)
    messages.success(request, _("The token “%(name)s” has ended.") % {"name": token.name})
    return redirect("settings")


@transaction.atomic
def _save(member: Membership, typed: dict[str, Any]) -> None:
    preferences.change(
        member,
        name=typed["name"],
        language=typed["language"],
        timezone=typed["timezone"],
        notify_by_email=typed["notify_by_email"],
    )
    if typed["sender"] == OWN_ADDRESS:
        senders.choose(member, None)
    elif typed["sender"]:
        senders.choose(member, Sender.objects.of_team(member).get(public_id=typed["sender"]))


def _page(
    request: MemberRequest, form: SettingsForm, token_form: TokenForm | None = None
) -> HttpResponse:
    context = {
        "form": form,
        "sender_lines": form.sender_lines(),
        "tokens": _valid_tokens(request.member),
        "token_form": token_form or TokenForm(auto_id="token_%s"),
    }
    return render(request, "web/settings/settings.html", context)


def _valid_tokens(member: Membership) -> Any:
    return ApiToken.objects.filter(membership=member, revoked_at=None).order_by("created_at")
