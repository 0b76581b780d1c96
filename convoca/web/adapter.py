"""How django-allauth fits Convoca: its users, its addresses, its words and its letters."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from allauth.account.adapter import DefaultAccountAdapter
from allauth.mfa.adapter import DefaultMFAAdapter
from django.conf import settings
from django.core.mail import EmailMessage
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.translation import gettext_lazy as _

from convoca.accounts import addresses
from convoca.web import letters


class AccountAdapter(DefaultAccountAdapter):
    """Signs people in by address and writes to them in their own language."""

    error_messages = {
        **DefaultAccountAdapter.error_messages,
        "account_inactive": _("This account has been closed."),
        "duplicate_email": _("This is your address already."),
        "email_password_mismatch": _("The address or the password is not right."),
        "email_taken": _("Somebody already signs in with this address."),
        "enter_current_password": _("This is not your current password."),
        "incorrect_code": _("This is not the code we sent. Check it, or ask for a new one."),
        "incorrect_password": _("This is not your password."),
        "invalid_password_reset": _("This link has been used or is too old. Ask for a new one."),
        "rate_limited": _("That was too many tries. Wait a few minutes, then try again."),
        "too_many_login_attempts": _(
            "That was too many tries. Wait five minutes, or choose a new password."
        ),
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return bool(settings.SIGNUP_OPEN)

    def clean_email(self, email: str) -> str:
        return addresses.check(email)

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Write in the language of whoever owns the address, else in that of the page."""
        user = context.get("user") or addresses.find_user(email)
        with translation.override(user.language if user else translation.get_language()):
            super().send_mail(template_prefix, email, context)

    def render_mail(
        self,
        template_prefix: str,
        email: str,
        context: dict[str, Any],
        headers: dict[str, str] | None = None,
    ) -> EmailMessage:
        context = {**context, "base_url": settings.BASE_URL}
        subject = render_to_string(f"{template_prefix}_subject.txt", context)
        text = render_to_string(f"{template_prefix}_message.txt", context)
        return letters.compose(email, subject, text)

    def get_reset_password_from_key_url(self, key: str) -> str:
        """Point to the address the operator set, whatever host the request named."""
        path = urlsplit(super().get_reset_password_from_key_url(key)).path
        return f"{settings.BASE_URL}{path}"


class SecondFactorAdapter(DefaultMFAAdapter):
    """Speaks of the second factor in Convoca's words."""

    error_messages = {
        **DefaultMFAAdapter.error_messages,
        "incorrect_code": _("This code is not right, or no longer valid."),
        "unverified_email": _("Confirm your e-mail address first."),
    }
