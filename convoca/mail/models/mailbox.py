"""Connected mailboxes: where answers to a sender's address arrive, and how far they are read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import models
from django.utils.translation import gettext_lazy as _

from convoca.mail.models.sender import Sender

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise


class Mailbox(models.Model):
    """A sender's mailbox, read over IMAP; nothing in it is ever moved or marked.

    Everything up to `last_uid` has been read, under this `uidvalidity` (RFC 9051, 2.3.1.1).
    `due_at` is when it is to be looked at next, NULL when it is not. Whoever reads it holds the
    `lease`, and `due_at` is when that ends, so that a dead worker's mailbox falls due by itself.
    `stopped_at` is set when the login was refused: only its owner can mend that. `ended_at` is
    set when the owner disconnected it.

    `authserv_id` is the name in whose Authentication-Results this mailbox's own server is
    believed (RFC 8601). It is learned from a letter of ours, `greeting_id`, that arrives there.
    """

    class Reason(models.TextChoices):
        UNREACHABLE = "UNREACHABLE", _("The mailbox's server cannot be reached.")
        NO_TRUST = "NO_TRUST", _("The encryption of the mailbox's server could not be verified.")
        LOGIN = "LOGIN", _("The mailbox's server refused the user name or the password.")
        FOLDER = "FOLDER", _("The folder with the answers cannot be opened.")
        TROUBLE = "TROUBLE", _("The mailbox's server answers in a way we do not understand.")
        KEY = "KEY", _("The stored password cannot be read; this is our fault.")

    sender = models.OneToOneField(Sender, on_delete=models.CASCADE, related_name="mailbox")
    host = models.CharField(max_length=253)
    port = models.PositiveIntegerField()
    security = models.CharField(max_length=10)  # tls, starttls or none
    username = models.CharField(max_length=254)
    password = models.BinaryField(default=b"", editable=False)  # see mail/secrets.py
    folder = models.CharField(max_length=200, default="INBOX")
    authserv_id = models.CharField(max_length=253, blank=True)
    greeting_id = models.CharField(max_length=200, blank=True)
    uidvalidity = models.BigIntegerField()
    last_uid = models.BigIntegerField()
    due_at = models.DateTimeField(null=True)
    lease = models.CharField(max_length=32, blank=True)
    attempts = models.PositiveIntegerField(default=0)
    failing_since = models.DateTimeField(null=True)
    reason = models.CharField(max_length=12, choices=Reason.choices, blank=True)
    last_error = models.TextField(blank=True)  # the server's own words
    told_at = models.DateTimeField(null=True)
    connected_at = models.DateTimeField()
    looked_at = models.DateTimeField()
    stopped_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name_plural = "mailboxes"
        indexes = [
            models.Index(
                fields=["due_at"], name="mailbox_due", condition=models.Q(due_at__isnull=False)
            )
        ]

    def __str__(self) -> str:
        return f"{self.username} at {self.host}:{self.port}"

    @property
    def problem(self) -> StrOrPromise:
        """Why answers in it are not being read; empty when they are."""
        return self.Reason(self.reason).label if self.reason else ""

    @property
    def vouches(self) -> bool:
        """Tell whether its server's word on who wrote a mail is known, or may become so."""
        return bool(self.authserv_id or self.greeting_id)
