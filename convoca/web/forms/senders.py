"""A sender address as typed, with its own mail server if it has one."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from convoca.mail.models import Sender
from convoca.mail.senders import SmtpLogin
from convoca.web.forms.fields import CodeField, LineField

SERVER = ("smtp_host", "smtp_port", "smtp_security", "smtp_username", "smtp_password")
PORTS = {"starttls": 587, "tls": 465, "none": 25}


class SenderForm(forms.Form):
    """Name, address and whose it is; `login` is the own server, when one was typed."""

    name = LineField(
        label=_("Name"), max_length=120, help_text=_("Guests see it as the sender of invitations.")
    )
    email = forms.CharField(
        label=_("E-mail address"),
        max_length=254,
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
    )
    available_to_everyone = forms.BooleanField(
        label=_("Available to everyone"),
        required=False,
        help_text=_("All colleagues may send invitations from this address."),
    )
    smtp_host = LineField(
        label=_("SMTP server"),
        max_length=253,
        required=False,
        widget=forms.TextInput(attrs={"placeholder": "smtp.example.org", "autocomplete": "off"}),
    )
    smtp_port = forms.IntegerField(label=_("Port"), min_value=1, max_value=65535, required=False)
    smtp_security = forms.ChoiceField(
        label=_("Encryption"),
        choices=Sender._meta.get_field("smtp_security").choices or (),
        required=False,
    )
    smtp_username = LineField(
        label=_("User name"),
        max_length=254,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    smtp_password = forms.CharField(
        label=_("Password"),
        max_length=512,
        strip=False,
        required=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
    )

    @property
    def about(self) -> list[forms.BoundField]:
        """The fields everybody fills in."""
        return [self[name] for name in self.fields if name not in SERVER]

    @property
    def server(self) -> list[forms.BoundField]:
        """The fields of the own mail server."""
        return [self[name] for name in SERVER]

    @property
    def has_server(self) -> bool:
        """The part about the own server is in use or has an error: show it open."""
        return bool(self["smtp_host"].value()) or any(name in self.errors for name in SERVER)

    def clean(self) -> dict[str, Any]:
        typed = super().clean() or {}
        others = [typed.get("smtp_username"), typed.get("smtp_password"), typed.get("smtp_port")]
        if any(others) and not typed.get("smtp_host") and "smtp_host" not in self.errors:
            self.add_error("smtp_host", _("Write the server's name, or leave all of it empty."))
        return typed

    @property
    def login(self) -> SmtpLogin | None:
        typed = self.cleaned_data
        if not typed["smtp_host"]:
            return None
        security = typed["smtp_security"] or "starttls"
        return SmtpLogin(
            host=typed["smtp_host"],
            port=typed["smtp_port"] or PORTS[security],
            security=security,
            username=typed["smtp_username"],
            password=typed["smtp_password"],
        )


class CodeForm(forms.Form):
    """The code that arrived at the address."""

    code = CodeField(max_length=40)
