"""The keys that mails are signed with, each for one domain."""

from __future__ import annotations

from django.db import models


class DkimKey(models.Model):
    """A private key, encrypted (see mail/secrets.py), and where its public half stands in DNS.

    Mails are signed with it from `signs_from` on, when its record has been published, until
    `ended_at`; receivers may look the record up some days longer.
    """

    class Algorithm(models.TextChoices):
        RSA = "rsa"
        ED25519 = "ed25519"  # young: not all receivers know it, so there is an RSA key beside it

    domain = models.CharField(max_length=253)  # in its ASCII form
    selector = models.CharField(max_length=63)
    algorithm = models.CharField(max_length=8, choices=Algorithm.choices)
    private = models.BinaryField(editable=False)
    created_at = models.DateTimeField()
    signs_from = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["domain", "selector"], name="dkim_selector_unique")
        ]
        ordering = ["domain", "created_at", "id"]

    def __str__(self) -> str:
        return f"{self.selector}._domainkey.{self.domain}"
