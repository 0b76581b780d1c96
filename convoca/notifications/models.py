"""The bell: what a member is told in the page."""

from __future__ import annotations

import uuid

from django.db import models

from convoca.accounts.models import Membership
from convoca.calendars.models import Event


class Notification(models.Model):
    """Facts, not words: `kind` and `facts` are put into the reader's language when shown.

    `key` makes telling idempotent: the same fact is never told twice to the same member.
    """

    class Kind(models.TextChoices):
        ANSWER = "ANSWER"  # a guest or colleague answered
        HELD = "HELD"  # an answer waits for the host: a stranger's, or unproven
        PROPOSAL = "PROPOSAL"  # somebody invited proposes another time
        MESSAGE = "MESSAGE"  # somebody invited wrote something that is no answer
        INVITED = "INVITED"  # a colleague invites you
        CHANGED = "CHANGED"
        CANCELLED = "CANCELLED"
        FAILED = "FAILED"  # an invitation could not be delivered
        REMINDER = "REMINDER"
        UNANSWERED = "UNANSWERED"  # the deadline is over, and some have not answered
        MAILBOX = "MAILBOX"  # a connected mailbox cannot be read

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    member = models.ForeignKey(Membership, on_delete=models.CASCADE, related_name="+")
    event = models.ForeignKey(Event, null=True, on_delete=models.CASCADE, related_name="+")
    kind = models.CharField(max_length=12, choices=Kind.choices)
    facts = models.JSONField(default=dict)
    key = models.CharField(max_length=200)
    created_at = models.DateTimeField(auto_now_add=True)
    read_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["member", "key"], name="notification_once")]
        indexes = [models.Index(fields=["member", "-id"], name="notification_newest")]
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.kind} for {self.member}"
