"""From whom invitations go: addresses that have proved to be their owner's."""

from __future__ import annotations

import uuid

from django.db import models
from django.utils.translation import gettext_lazy as _

from convoca.accounts.models import Membership, Team


class SenderQuerySet(models.QuerySet["Sender"]):
    def of_team(self, member: Membership) -> SenderQuerySet:
        """Every sender of the member's team that has not been removed."""
        return self.filter(team_id=member.team_id, deleted_at=None)

    def owned_by(self, member: Membership) -> SenderQuerySet:
        """The member's own senders, confirmed or not: whose codes they may ask for and type."""
        return self.of_team(member).filter(owner=member)

    def usable_by(self, member: Membership) -> SenderQuerySet:
        """Confirmed senders of one's own, and confirmed ones available to everyone."""
        theirs = models.Q(owner=member) | models.Q(available_to_everyone=True)
        return self.of_team(member).filter(theirs, confirmed_at__isnull=False)


class Sender(models.Model):
    """A From mailbox; usable once `confirmed_at` is set, by a code or by its own SMTP login."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="+")
    owner = models.ForeignKey(Membership, on_delete=models.CASCADE, related_name="+")
    name = models.CharField(_("name"), max_length=120)
    email = models.EmailField(_("e-mail address"))
    email_key = models.CharField(max_length=254, editable=False)
    available_to_everyone = models.BooleanField(
        _("available to everyone"),
        default=False,
        help_text=_("All colleagues may send invitations from this address."),
    )
    smtp_host = models.CharField(_("SMTP server"), max_length=253, blank=True)
    smtp_port = models.PositiveIntegerField(_("port"), default=587)
    smtp_security = models.CharField(
        _("encryption"),
        max_length=10,
        default="starttls",
        choices=[("starttls", "STARTTLS"), ("tls", "TLS"), ("none", _("none"))],
    )
    smtp_username = models.CharField(_("user name"), max_length=254, blank=True)
    smtp_password = models.BinaryField(default=b"", editable=False)  # see mail/secrets.py
    created_at = models.DateTimeField(auto_now_add=True)
    confirmed_at = models.DateTimeField(null=True, blank=True)
    deleted_at = models.DateTimeField(null=True, blank=True)

    objects = SenderQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["owner", "email_key"],
                condition=models.Q(deleted_at=None),
                name="sender_address_unique",
            )
        ]

    def __str__(self) -> str:
        return f"{self.name} <{self.email}>"


class ConfirmationCode(models.Model):
    """A six-digit code mailed to a sender's address; a newer one ends the older."""

    sender = models.ForeignKey(Sender, on_delete=models.CASCADE, related_name="codes")
    code_hash = models.CharField(max_length=128)
    created_at = models.DateTimeField()
    attempts = models.PositiveSmallIntegerField(default=0)
    ended_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"code for {self.sender}"


class SenderChoice(models.Model):
    """The sender a member chose once for all their invitations (rule S7)."""

    member = models.OneToOneField(Membership, on_delete=models.CASCADE, related_name="+")
    sender = models.ForeignKey(Sender, on_delete=models.CASCADE, related_name="+")

    def __str__(self) -> str:
        return f"{self.member}: {self.sender}"
