"""The inbox: one row per message that came in for one recipient, kept before it is understood."""

from __future__ import annotations

from django.db import models

from convoca.mail.models.mailbox import Mailbox


class InboundMessage(models.Model):
    """A message as it came, stored once, worked off once.

    `digest` and `recipient` make it unique: a mail server that hands the same message over again
    adds nothing. `envelope_from` is "" when the message asks not to be answered, NULL when nobody
    told. `mailbox` is the connected mailbox it was read from: its owner can put anything into it,
    so it speaks for that sender's events only. `due_at` is when it is to be worked off, NULL when
    that is done; a claim lies in the future, so that a dead worker's claim falls due again by
    itself. `content` is emptied later.
    """

    class Status(models.TextChoices):
        WAITING = "WAITING"
        DONE = "DONE"

    class Outcome(models.TextChoices):
        APPLIED = "APPLIED"  # an answer that counts, or a wish that was met
        KEPT = "KEPT"  # an answer that came too late, or is only shown
        HELD = "HELD"  # waits for the host: a stranger's, or unproven
        FORWARDED = "FORWARDED"  # no answer; the host got it as a mail
        IGNORED = "IGNORED"  # by rule; `detail` says by which

    digest = models.CharField(max_length=64)
    recipient = models.CharField(max_length=320, blank=True)
    envelope_from = models.CharField(max_length=320, null=True)
    mailbox = models.ForeignKey(Mailbox, null=True, on_delete=models.CASCADE, related_name="+")
    content = models.BinaryField()
    status = models.CharField(max_length=8, choices=Status.choices, default=Status.WAITING)
    outcome = models.CharField(max_length=10, choices=Outcome.choices, blank=True)
    detail = models.CharField(max_length=300, blank=True)
    attempts = models.PositiveIntegerField(default=0)
    last_error = models.TextField(blank=True)
    received_at = models.DateTimeField()
    due_at = models.DateTimeField(null=True)
    done_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["digest", "recipient"], name="inbound_once")]
        indexes = [
            models.Index(
                fields=["due_at"], name="inbound_due", condition=models.Q(due_at__isnull=False)
            )
        ]

    def __str__(self) -> str:
        return f"to {self.recipient or 'nobody named'}: {self.outcome or self.status}"

    @property
    def is_answerable(self) -> bool:
        """Tell whether anything may be mailed because of it: never to an empty envelope sender."""
        return self.envelope_from != ""
