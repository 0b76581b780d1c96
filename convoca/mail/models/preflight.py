"""What DNS says of a sender before its first mail: whether invitations will arrive."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from convoca.mail.models.sender import Sender


class Preflight(models.Model):
    """The last look at a sender's domain; `checked_at` is NULL until the worker has looked.

    Four facts, put into words for whoever reads them (see `preflight.py`). `address` is the one
    our mails come from, as far as it is known.
    """

    class Spf(models.TextChoices):
        ALLOWED = "ALLOWED", _("The domain names our mail server as one that may send for it.")
        OTHERS = "OTHERS", _("The domain names other mail servers, and not ours.")
        MISSING = "MISSING", _("The domain names no mail servers at all.")
        BROKEN = "BROKEN", _("The domain's list of mail servers has a mistake.")
        OWN_SERVER = "OWN_SERVER", _("Mails leave through the address's own mail server.")
        UNKNOWN = "UNKNOWN", _("Whether our mail server may send for the domain is not known.")

    class Dmarc(models.TextChoices):
        MISSING = "MISSING", _("The domain does not say what to do with unproven mails.")
        WATCHED = "WATCHED", _("The domain lets unproven mails pass.")
        PROVEN = "PROVEN", _("The domain wants proven mails only, and ours are.")
        REFUSED = "REFUSED", _("The domain wants proven mails only, and ours are not.")
        UNKNOWN = "UNKNOWN", _("What the domain wants of mails is not known.")

    class Dkim(models.TextChoices):
        SIGNED = "SIGNED", _("We sign its mails, and the domain publishes the key.")
        UNPUBLISHED = (
            "UNPUBLISHED",
            _("We sign its mails, but the domain does not publish the key."),
        )
        OWN_SERVER = "OWN_SERVER", _("The address's own mail server signs, if it is set up to.")
        RELAY = "RELAY", _("Signing is up to the mail server that our mails leave through.")
        UNKNOWN = "UNKNOWN", _("We sign its mails; whether the key is published is not known.")

    sender = models.OneToOneField(Sender, on_delete=models.CASCADE, related_name="preflight")
    spf = models.CharField(max_length=10, choices=Spf.choices, default=Spf.UNKNOWN)
    dkim = models.CharField(max_length=12, choices=Dkim.choices, default=Dkim.RELAY)
    dmarc = models.CharField(max_length=10, choices=Dmarc.choices, default=Dmarc.UNKNOWN)
    address = models.CharField(max_length=45, blank=True)
    checked_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"{self.sender}: SPF {self.spf}, DKIM {self.dkim}, DMARC {self.dmarc}"

    @property
    def level(self) -> str:
        """How it looks altogether: GOOD, DOUBTFUL, BAD or UNKNOWN."""
        if self.dmarc == self.Dmarc.REFUSED:
            return "BAD"
        if self.dkim == self.Dkim.UNPUBLISHED:
            return "DOUBTFUL"
        if self.spf in {self.Spf.OTHERS, self.Spf.MISSING, self.Spf.BROKEN}:
            return "DOUBTFUL"
        return "UNKNOWN" if self.spf == self.Spf.UNKNOWN else "GOOD"

    @property
    def record(self) -> str:
        """The SPF record that would name our mail server; "" where nothing is to be published."""
        if not self.address or self.spf not in {self.Spf.OTHERS, self.Spf.MISSING}:
            return ""
        mechanism = f"ip{6 if ':' in self.address else 4}:{self.address}"
        return mechanism if self.spf == self.Spf.OTHERS else f"v=spf1 {mechanism} ~all"
