"""The login of a sender's mailbox as typed, with what it probably is filled in."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from convoca.mail import mailboxes
from convoca.mail.mailboxes import PORTS, ImapLogin
from convoca.mail.models import Mailbox, Sender
from convoca.web.forms.fields import LineField

LESS_USUAL = ("imap_folder", "imap_authserv_id")
SECURITY = [("tls", "TLS"), ("starttls", "STARTTLS"), ("none", _("none"))]
NO_HELP = {"autocomplete": "off"}


class MailboxForm(forms.Form):
    """Where the answers arrive, and how to sign in there; `login` is what was typed."""

    imap_host = LineField(
        label=_("IMAP server"), max_length=253, widget=forms.TextInput(attrs=NO_HELP)
    )
    imap_security = forms.ChoiceField(label=_("Encryption"), choices=SECURITY)
    imap_port = forms.IntegerField(label=_("Port"), min_value=1, max_value=65535, required=False)
    imap_username = LineField(
        label=_("User name"), max_length=254, widget=forms.TextInput(attrs=NO_HELP)
    )
    imap_password = forms.CharField(
        label=_("Password"),
        max_length=512,
        strip=False,
        required=False,
        widget=forms.PasswordInput(attrs=NO_HELP),
    )
    imap_folder = LineField(
        label=_("Folder"),
        max_length=200,
        required=False,
        help_text=_("Where the answers arrive; usually INBOX."),
    )
    imap_authserv_id = LineField(
        label=_("Name in Authentication-Results"),
        max_length=253,
        required=False,
        help_text=_(
            "How the server signs its word on who wrote a mail. We learn it by ourselves from the "
            "letter that goes to the mailbox."
        ),
    )

    def __init__(self, data: Any, *, sender: Sender, connected: Mailbox | None):
        super().__init__(data, initial=_initial(sender, connected))
        if connected or sender.smtp_password:
            self.fields["imap_password"].help_text = _(
                "Leave it empty to use the one we know already."
            )

    @property
    def has_less_usual(self) -> bool:
        """One of the less usual fields is in use or has an error: show them open."""
        folder = self["imap_folder"].value() or "INBOX"
        is_used = folder != "INBOX" or bool(self["imap_authserv_id"].value())
        return is_used or any(name in self.errors for name in LESS_USUAL)

    @property
    def login(self) -> ImapLogin:
        typed = self.cleaned_data
        return ImapLogin(
            host=typed["imap_host"],
            port=typed["imap_port"] or PORTS[typed["imap_security"]],
            security=typed["imap_security"],
            username=typed["imap_username"],
            password=typed["imap_password"],
            folder=typed["imap_folder"] or "INBOX",
            authserv_id=typed["imap_authserv_id"],
        )


def _initial(sender: Sender, connected: Mailbox | None) -> dict[str, Any]:
    known = connected or mailboxes.guess(sender)
    return {
        "imap_host": known.host,
        "imap_security": known.security,
        "imap_port": known.port,
        "imap_username": known.username,
        "imap_folder": known.folder,
        "imap_authserv_id": known.authserv_id,
    }
