"""What programs have asked for under a key of their own, so that asking twice makes one event."""

from __future__ import annotations

from django.db import models

from convoca.accounts.models import Membership
from convoca.calendars.models import Event


class OnceKey(models.Model):
    """The event that a member's program made under a key, and the digest of what it asked for."""

    member = models.ForeignKey(Membership, on_delete=models.CASCADE, related_name="+")
    key = models.CharField(max_length=200)
    digest = models.CharField(max_length=64)
    event = models.ForeignKey(Event, null=True, on_delete=models.CASCADE, related_name="+")
    made_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["member", "key"], name="once_key")]

    def __str__(self) -> str:
        return f"{self.key} of {self.member_id}"
