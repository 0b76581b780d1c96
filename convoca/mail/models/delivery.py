"""The outbox: one row per message that an address must hold, and what became of each try."""

from __future__ import annotations

from django.db import models
from django.db.models import F
from django.utils.translation import gettext_lazy as _

from convoca.accounts.models import Team
from convoca.mail.models.sender import Sender


class DeliveryQuerySet(models.QuerySet["Delivery"]):
    def held(self) -> DeliveryQuerySet:
        """Those whose newest version can still be withheld: it had a grace, nobody claimed it."""
        return self.filter(grace_until__isnull=False, claimed__lt=F("wanted"))


class Delivery(models.Model):
    """What one address must hold (`wanted`) and what it holds (`sent`).

    Level-triggered: a change raises `wanted` and sets `due_at`; whoever claims the row sends the
    newest state. A claim is a `due_at` in the future with a `lease`, for the version `claimed`; a
    dead worker's claim falls due again by itself. `due_at` is NULL when there is nothing to do.
    `doubted` is a version that was handed to a server whose answer never came: it may have
    arrived, so it counts as seen when somebody is uninvited. `half_sent` is a version that takes
    two mails, of which the first has arrived: whatever is wanted by now, the second comes next.
    `is_reminder`: what the address holds is sent once more, if nothing newer has to be.

    `grace_until` is the end of the grace that the newest version was given, and the first moment
    it may leave; `grace_from` when the grace began. Until it is claimed, status and tries stay as
    they were, and `wanted_before` and `due_before` are what withholding it goes back to.
    """

    class Kind(models.TextChoices):
        INVITATION = "INVITATION"  # built when it is sent, from the versions of an event
        POST = "POST"  # written when it was queued; stands in `payload`

    class Status(models.TextChoices):
        QUEUED = "QUEUED"
        SENDING = "SENDING"
        SENT = "SENT"
        DELAYED = "DELAYED"  # refused for now; tried again at `due_at`
        FAILED = "FAILED"  # refused for good; `last_error` says why
        BOUNCED = "BOUNCED"  # accepted by their server, and returned later
        DROPPED = "DROPPED"  # nothing to tell any more, e.g. cancelled before it was sent

    class Reason(models.TextChoices):
        UNREACHABLE = "UNREACHABLE", _("The outgoing mail server cannot be reached.")
        NO_TRUST = "NO_TRUST", _("The outgoing mail server's encryption could not be verified.")
        LOGIN = "LOGIN", _("The outgoing mail server refused the login.")
        SENDER = "SENDER", _("The outgoing mail server does not accept the sender's address.")
        PAUSED = "PAUSED", _("Mails are paused by the operator.")
        RATE = "RATE", _("Only so many mails may leave at a time; this one has its turn later.")
        LATER = "LATER", _("The mail server asked to try again later.")
        NO_ANSWER = "NO_ANSWER", _("The mail server stopped answering.")
        UNKNOWN_ADDRESS = "UNKNOWN_ADDRESS", _("The address does not exist.")
        FULL = "FULL", _("The mailbox is full.")
        POLICY = "POLICY", _("The mail server refuses this message.")
        REFUSED = "REFUSED", _("The mail server refused the message.")
        SUPPRESSED = (
            "SUPPRESSED",
            _("Mail to this address came back before. Correct the address, or send again."),
        )
        UNMAILABLE = "UNMAILABLE", _("No mail can be written to this address.")
        UNWRITTEN = "UNWRITTEN", _("The mail could not be put together; this is our fault.")

    key = models.CharField(max_length=200, unique=True)
    kind = models.CharField(max_length=12, choices=Kind.choices)
    team = models.ForeignKey(Team, null=True, on_delete=models.CASCADE, related_name="+")
    sender = models.ForeignKey(Sender, null=True, on_delete=models.SET_NULL, related_name="+")
    email = models.EmailField()
    payload = models.BinaryField(default=b"")
    wanted = models.PositiveIntegerField(default=1)
    sent = models.PositiveIntegerField(default=0)
    claimed = models.PositiveIntegerField(default=0)
    doubted = models.PositiveIntegerField(default=0)
    half_sent = models.PositiveIntegerField(default=0)
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.QUEUED)
    due_at = models.DateTimeField(null=True)
    lane = models.CharField(
        max_length=300, blank=True
    )  # in which it waits: see mail/traffic/lanes.py
    lease = models.CharField(max_length=32, blank=True)
    attempts = models.PositiveIntegerField(default=0)
    failing_since = models.DateTimeField(null=True)
    reason = models.CharField(max_length=16, choices=Reason.choices, blank=True)
    last_error = models.TextField(blank=True)  # the server's own words
    created_at = models.DateTimeField(auto_now_add=True)
    sent_at = models.DateTimeField(null=True)
    is_reminder = models.BooleanField(default=False)
    grace_from = models.DateTimeField(null=True)
    grace_until = models.DateTimeField(null=True)
    wanted_before = models.PositiveIntegerField(default=0)
    due_before = models.DateTimeField(null=True)

    objects = DeliveryQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(
                fields=["kind", "lane", "due_at"],
                name="delivery_due",
                condition=models.Q(due_at__isnull=False),
            ),
            models.Index(fields=["lease"], name="delivery_lease"),
        ]

    def __str__(self) -> str:
        return f"{self.key} to {self.email}: {self.status}"

    @property
    def seen(self) -> int:
        """The version the address holds, or may hold; 0 when nothing can have reached it."""
        return self.sent or self.doubted

    @property
    def is_held(self) -> bool:
        """Tell whether the newest version can still be withheld, see `DeliveryQuerySet.held`."""
        return self.grace_until is not None and self.claimed < self.wanted


class DeliveryAttempt(models.Model):
    """One try at a delivery, and the server's own words."""

    delivery = models.ForeignKey(Delivery, on_delete=models.CASCADE, related_name="tries")
    at = models.DateTimeField()
    version = models.PositiveIntegerField()
    outcome = models.CharField(max_length=10, choices=Delivery.Status.choices)
    code = models.PositiveSmallIntegerField(null=True)
    reason = models.CharField(max_length=16, choices=Delivery.Reason.choices, blank=True)
    response = models.TextField(blank=True)
    message_id = models.CharField(max_length=255, blank=True, db_index=True)

    class Meta:
        ordering = ["at", "id"]

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M} {self.outcome}"
