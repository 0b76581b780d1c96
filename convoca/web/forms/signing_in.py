"""Signing in, passwords and the second step: allauth's forms in Convoca's words."""

from __future__ import annotations

from typing import Any

from allauth.account import forms as account
from allauth.mfa.base import forms as second_step
from allauth.mfa.totp import forms as authenticator_app
from django import forms
from django.utils.translation import gettext_lazy as _

from convoca.standards.ical.address import normalise
from convoca.web.forms.fields import CodeField

PASSWORD_HELP = _("At least 8 characters; not one that many people use, and not your name.")


class Worded(forms.Form):
    """Gives fields the labels and helps in `WORDS`, and takes placeholders away."""

    WORDS: dict[str, tuple[Any, Any]] = {
        "login": (_("E-mail address"), ""),
        "email": (_("E-mail address"), ""),
        "password": (_("Password"), ""),
        "remember": (_("Stay signed in on this device"), ""),
        "oldpassword": (_("Current password"), ""),
        "password1": (_("New password"), PASSWORD_HELP),
    }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields.pop("password2", None)  # a typing error is mended by another reset
        for name, field in self.fields.items():
            field.widget.attrs.pop("placeholder", None)
            if name in self.WORDS:
                field.label, field.help_text = self.WORDS[name]


class LoginForm(Worded, account.LoginForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["login"].widget.attrs |= {"autocomplete": "username", "autofocus": True}
        self.fields["remember"].initial = True

    def clean_login(self) -> str:
        return normalise(self.cleaned_data["login"])


class AddressForm(Worded, account.AddEmailForm):
    WORDS = {"email": (_("New e-mail address"), "")}


class ChangePasswordForm(Worded, account.ChangePasswordForm):
    pass


class SetPasswordForm(Worded, account.SetPasswordForm):
    pass


class ResetPasswordForm(Worded, account.ResetPasswordForm):
    pass


class NewPasswordForm(Worded, account.ResetPasswordKeyForm):
    pass


class ReauthenticateForm(Worded, account.ReauthenticateForm):
    pass


class CodeForm(account.ConfirmEmailVerificationCodeForm):
    code = CodeField()


class SecondFactorForm(second_step.AuthenticateForm):
    code = CodeField(label=_("Code from your app, or a recovery code"))


class SecondFactorAgainForm(second_step.ReauthenticateForm):
    code = CodeField(label=_("Code from your app, or a recovery code"))


class ActivateAppForm(authenticator_app.ActivateTOTPForm):
    code = CodeField(label=_("Code from your app"))
