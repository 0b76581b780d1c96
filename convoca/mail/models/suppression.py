"""The suppression list: addresses that do not exist, to which nothing is mailed any more."""

from __future__ import annotations

from django.db import models

from convoca.accounts.models import Team


class Suppression(models.Model):
    """One address that a team's mails came back from, until somebody corrects or lifts it.

    `words` are those of the mail server that refused it.
    """

    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="+")
    email_key = models.CharField(max_length=254)
    words = models.TextField(blank=True)
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["team", "email_key"], name="suppression_unique")
        ]

    def __str__(self) -> str:
        return self.email_key
