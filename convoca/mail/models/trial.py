"""Test mails: what became of a mail that a sender's owner had sent to themselves."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from convoca.mail.models.delivery import Delivery
from convoca.mail.models.sender import Sender


class Trial(models.Model):
    """One test mail; `delivery` tells what the outgoing server said.

    `arrived_at` is when it was seen in the sender's connected mailbox, whose server wrote down
    what it thinks of the mail: "pass", "fail" and the like (RFC 8601, 2.7), "" where it did not
    say. `message_id` cannot be guessed, so what bears it is that mail.
    """

    sender = models.ForeignKey(Sender, on_delete=models.CASCADE, related_name="trials")
    delivery = models.OneToOneField(Delivery, on_delete=models.CASCADE, related_name="trial")
    message_id = models.CharField(max_length=255, unique=True)
    created_at = models.DateTimeField()
    arrived_at = models.DateTimeField(null=True)
    spf = models.CharField(max_length=20, blank=True)
    dkim = models.CharField(max_length=20, blank=True)
    dmarc = models.CharField(max_length=20, blank=True)

    def __str__(self) -> str:
        return f"test of {self.sender}: {self.delivery.status}"

    @property
    def verdicts(self) -> list[tuple[str, str, str]]:
        """What the receiving server made of it: name, how good that is, and a sentence."""
        told = []
        for method, sentences in _SENTENCES.items():
            kind = _KINDS.get(getattr(self, method), "")
            if kind:
                told.append((method.upper(), kind, str(sentences[kind])))
        return told


_KINDS = {
    "pass": "good",
    **dict.fromkeys(("fail", "softfail", "policy", "permerror"), "bad"),
    **dict.fromkeys(("none", "neutral"), "open"),
}
_SENTENCES = {
    "spf": {
        "good": _("It came from a mail server that may send for the domain."),
        "bad": _("It came from a mail server that the domain does not allow."),
        "open": _("The domain does not say which mail servers may send for it."),
    },
    "dkim": {
        "good": _("It is signed, and the signature is right."),
        "bad": _("It is signed, but the signature is not right: is its key published?"),
        "open": _("It is not signed."),
    },
    "dmarc": {
        "good": _("It proves to come from the address’s domain."),
        "bad": _("It does not prove to come from the address’s domain, so some will refuse it."),
        "open": _("The domain does not say what to do with unproven mails."),
    },
}
