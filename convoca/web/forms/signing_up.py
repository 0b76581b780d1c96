"""Founding a team, and joining one by invitation."""

from __future__ import annotations

from typing import Any

from allauth.account import forms as account
from django import forms
from django.contrib.auth.password_validation import validate_password
from django.db import transaction
from django.http import HttpRequest
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from convoca.accounts.membership import found_team
from convoca.accounts.models import TeamInvitation, User
from convoca.web.forms.fields import LanguageField, LineField, ZoneField, usual_zone
from convoca.web.forms.signing_in import PASSWORD_HELP, Worded


class AboutYou(forms.Form):
    """Name, language and time zone of somebody who is new."""

    name = LineField(
        label=_("Your name"),
        max_length=120,
        help_text=_("Guests see it in invitations."),
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )
    language = LanguageField()
    timezone = ZoneField()
    fields: dict[str, Any]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["language"].initial = get_language()
        self.fields["timezone"].initial = usual_zone()
        self.fields["timezone"].widget.attrs["data-guess-zone"] = True
        self.fields["timezone"].offer(str(self["timezone"].value() or ""))


class SignupForm(Worded, account.SignupForm, AboutYou):
    """A new team and its owner."""

    WORDS = {
        "email": (_("E-mail address"), _("We send a code to it. You sign in with it.")),
        "password1": (_("Password"), PASSWORD_HELP),
    }
    field_order = ["team_name", "name", "email", "password1", "language", "timezone"]
    team_name = LineField(
        label=_("Name of your team"),
        max_length=120,
        help_text=_("Usually your company. You can invite colleagues afterwards."),
        widget=forms.TextInput(attrs={"autocomplete": "organization", "autofocus": True}),
    )

    def clean(self) -> dict[str, Any]:
        typed: dict[str, Any] = super().clean() or {}
        newcomer = User(email=typed.get("email", ""), name=typed.get("name", ""))
        check_password(self, "password1", newcomer)
        return typed

    def save(self, request: HttpRequest) -> User:
        """Store user and team together."""
        with transaction.atomic():
            user: User = super().save(request)
        return user

    def custom_signup(self, request: HttpRequest, user: User) -> None:
        typed = self.cleaned_data
        user.name = typed["name"]
        user.language = typed["language"]
        user.timezone = typed["timezone"]
        user.save(update_fields=["name", "language", "timezone"])
        found_team(typed["team_name"], user, language=typed["language"], timezone=typed["timezone"])


class JoinForm(AboutYou):
    """A new colleague, whose address the invitation names."""

    password = forms.CharField(
        label=_("Password"),
        help_text=PASSWORD_HELP,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )
    field_order = ["name", "password", "language", "timezone"]

    def __init__(self, *args: Any, invitation: TeamInvitation, **kwargs: Any) -> None:
        self.invitation = invitation
        super().__init__(*args, **kwargs)
        self.fields["timezone"].initial = invitation.team.timezone

    def clean(self) -> dict[str, Any]:
        typed = super().clean() or {}
        newcomer = User(email=self.invitation.email, name=typed.get("name", ""))
        check_password(self, "password", newcomer)
        return typed


def check_password(form: forms.Form, field: str, user: User) -> None:
    """Complain at the field when its password is easily guessed, also from the user's name."""
    if field not in form.cleaned_data or field in form.errors:
        return
    try:
        validate_password(form.cleaned_data[field], user)
    except forms.ValidationError as error:
        form.add_error(field, error)
