"""Who was invited to what: the guest's key to the event, and every answer that came."""

from __future__ import annotations

import uuid

from django.db import models

from convoca.accounts.models import Membership
from convoca.calendars.fields import LocalDateTimeField
from convoca.calendars.models import Event
from convoca.calendars.models.attendee import PARTSTATS
from convoca.calendars.organizers import new_token
from convoca.guests.models import Guest
from convoca.mail.models import Delivery, InboundMessage


class Invitation(models.Model):
    """One address invited to one event (all its dates), and the link that lets it answer.

    The link's token is derived from `nonce` and the server's key (see `links.py`); only its hash
    is stored. `reply_token` makes the address that this guest's calendar program answers to; it
    opens nothing, and stays when the guest is invited again. `ended_at` ends link and files, when
    the guest is removed. `since_version` is the event's version at which they were (last) invited.
    Without a `delivery` nothing was mailed: the host saved without sending, or the address wishes
    for no mail. Since `nudges_stopped_at` nobody reminds them that their answer is missing: a
    colleague stopped it, or they did themselves (`nudges_stopped_by` is None).
    """

    event = models.ForeignKey(Event, on_delete=models.CASCADE, related_name="+", db_index=False)
    email = models.EmailField()
    email_key = models.CharField(max_length=254)
    name = models.CharField(max_length=170)
    guest = models.ForeignKey(Guest, null=True, on_delete=models.SET_NULL, related_name="+")
    member = models.ForeignKey(
        Membership, null=True, on_delete=models.SET_NULL, related_name="+", db_index=False
    )
    nonce = models.CharField(max_length=32)
    token_hash = models.CharField(max_length=64, unique=True)
    reply_token = models.CharField(max_length=32, unique=True, default=new_token)
    delivery = models.OneToOneField(
        Delivery, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    since_version = models.PositiveIntegerField()
    resends = models.PositiveIntegerField(default=0)
    nudged_at = models.DateTimeField(null=True)  # last reminded that their answer is missing
    nudge_until = models.DateTimeField(null=True)  # that reminder leaves by then, or not at all
    nudges_stopped_at = models.DateTimeField(null=True)
    nudges_stopped_by = models.ForeignKey(
        Membership, null=True, on_delete=models.SET_NULL, related_name="+", db_index=False
    )
    language = models.CharField(max_length=8, blank=True)  # chosen on the RSVP page
    created_at = models.DateTimeField(auto_now_add=True)
    opened_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["event", "email_key"], name="invitation_unique")
        ]
        indexes = [
            models.Index(
                fields=["nudge_until"],
                condition=models.Q(nudge_until__isnull=False),
                name="invitation_nudged",
            ),
            models.Index(
                fields=["member"],
                condition=models.Q(member__isnull=False),
                name="invitation_member",
            ),
            models.Index(
                fields=["nudges_stopped_by"],
                condition=models.Q(nudges_stopped_by__isnull=False),
                name="invitation_stopped_by",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.email} to {self.event}"


class Correction(models.Model):
    """An address that was corrected in place: mails to the guest went to `was` until then."""

    invitation = models.ForeignKey(Invitation, on_delete=models.CASCADE, related_name="corrections")
    was = models.EmailField()
    corrected_by = models.ForeignKey(
        Membership, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    corrected_at = models.DateTimeField()

    class Meta:
        ordering = ["corrected_at", "id"]

    def __str__(self) -> str:
        return f"{self.was}, then {self.invitation.email}"


class Rsvp(models.Model):
    """One answer, however it came; the attendee's row shows the one that counts."""

    class Source(models.TextChoices):
        WEB = "WEB"  # the page behind the guest's link
        MAIL = "MAIL"  # an iTIP REPLY
        APP = "APP"  # a colleague, signed in
        HOST = "HOST"  # entered by the host ("she phoned")

    class LeftOut(models.TextChoices):
        OLD_TIME = "OLD_TIME"  # it answered a time that was no more
        OLDER = "OLDER"  # a newer one was known
        NO_DATE = "NO_DATE"  # the series had no such date, or not for them

    invitation = models.ForeignKey(Invitation, on_delete=models.CASCADE, related_name="rsvps")
    recurrence_id = LocalDateTimeField(null=True)
    partstat = models.CharField(max_length=12, choices=PARTSTATS)
    note = models.TextField(blank=True)
    source = models.CharField(max_length=4, choices=Source.choices)
    recorded_by = models.ForeignKey(
        Membership, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    sequence = models.PositiveIntegerField()
    answered_at = models.DateTimeField()
    is_applied = models.BooleanField()
    left_out = models.CharField(max_length=8, choices=LeftOut.choices, blank=True)  # why it is not

    class Meta:
        ordering = ["answered_at", "id"]

    def __str__(self) -> str:
        return f"{self.invitation.email}: {self.partstat}"


class AnswerMail(models.Model):
    """The last mail that told a host of answers to an event, so that those in a row come in one.

    It tells `count` notifications of `member`, later than the one with the id `after`. Until
    `leaves_at` more can be written into it.
    """

    event = models.OneToOneField(Event, on_delete=models.CASCADE, related_name="+")
    member = models.ForeignKey(Membership, on_delete=models.CASCADE, related_name="+")
    after = models.BigIntegerField(default=0)
    count = models.PositiveIntegerField(default=0)
    leaves_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"{self.count} answers to {self.event}"


class Nudge(models.Model):
    """One reminder that an answer is missing, pressed by a colleague or due before the deadline."""

    invitation = models.ForeignKey(Invitation, on_delete=models.CASCADE, related_name="nudges")
    nudged_at = models.DateTimeField()
    nudged_by = models.ForeignKey(
        Membership, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    is_automatic = models.BooleanField()

    class Meta:
        ordering = ["nudged_at", "id"]

    def __str__(self) -> str:
        return f"{self.invitation.email}: {self.nudged_at:%Y-%m-%d %H:%M}"


class HeldAnswer(models.Model):
    """A mailed answer that counts only if the host lets it: nobody joins an event by writing to it.

    One row per event and address; a newer message replaces the older, and asks again unless the
    host has ignored them. `resembles` is the invitation whose mails theirs answers: perhaps the
    same person, writing from elsewhere.
    """

    class Why(models.TextChoices):
        STRANGER = "STRANGER"  # is not invited
        DELEGATE = "DELEGATE"  # is sent by somebody who is
        UNPROVEN = "UNPROVEN"  # is invited, but nothing proves that the mail is theirs

    class Decision(models.TextChoices):
        ADMITTED = "ADMITTED"
        MERGED = "MERGED"
        IGNORED = "IGNORED"

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    event = models.ForeignKey(Event, on_delete=models.CASCADE, related_name="+")
    message = models.ForeignKey(
        InboundMessage, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    resembles = models.ForeignKey(
        Invitation, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    why = models.CharField(max_length=8, choices=Why.choices)
    email = models.EmailField()
    email_key = models.CharField(max_length=254)
    name = models.CharField(max_length=170, blank=True)
    written_from = models.CharField(max_length=320, blank=True)  # the From address; no proof
    partstat = models.CharField(max_length=12, choices=PARTSTATS)
    note = models.TextField(blank=True)
    recurrence_id = LocalDateTimeField(null=True)
    sequence = models.PositiveIntegerField(default=0)
    answered_at = models.DateTimeField()
    decision = models.CharField(max_length=8, choices=Decision.choices, blank=True)
    decided_by = models.ForeignKey(
        Membership, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    decided_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["event", "email_key"], name="held_answer_once")
        ]
        ordering = ["answered_at", "id"]

    def __str__(self) -> str:
        return f"{self.email} at {self.event}: {self.why}"


class Proposal(models.Model):
    """Another time that somebody invited proposes; it changes nothing until the host decides.

    `start` and `end` are wall-clock times in `timezone`; an all-day proposal runs from midnight to
    midnight. `sequence` is the SEQUENCE it answers: it dies when its guest is asked again, see
    `proposals.py`. `recurrence_id` names the one date of a series. `delivery` is the mail that
    refuses it.
    """

    class Decision(models.TextChoices):
        ACCEPTED = "ACCEPTED"
        REFUSED = "REFUSED"
        REPLACED = "REPLACED"  # by a newer one of the same guest

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    invitation = models.ForeignKey(Invitation, on_delete=models.CASCADE, related_name="proposals")
    recurrence_id = LocalDateTimeField(null=True)
    start = LocalDateTimeField()
    end = LocalDateTimeField()
    timezone = models.CharField(max_length=64)
    all_day = models.BooleanField(default=False)
    note = models.TextField(blank=True)
    source = models.CharField(max_length=4, choices=Rsvp.Source.choices)
    sequence = models.PositiveIntegerField()
    proposed_at = models.DateTimeField()
    decision = models.CharField(max_length=8, choices=Decision.choices, blank=True)
    decided_by = models.ForeignKey(
        Membership, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    decided_at = models.DateTimeField(null=True)
    delivery = models.ForeignKey(Delivery, null=True, on_delete=models.SET_NULL, related_name="+")

    class Meta:
        ordering = ["proposed_at", "id"]

    def __str__(self) -> str:
        return f"{self.invitation.email}: {self.start:%Y-%m-%d %H:%M}"


class GuestMessage(models.Model):
    """What somebody invited wrote that is no answer; the host may record one from it, or not.

    `text` is theirs without what they quoted; the whole mail was passed on. `settled_at` is when
    the host was done with it, `rsvp` the answer they took it for.
    """

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    invitation = models.ForeignKey(Invitation, on_delete=models.CASCADE, related_name="messages")
    message = models.OneToOneField(
        InboundMessage, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    written_from = models.CharField(max_length=320, blank=True)  # the From address; no proof
    text = models.TextField()
    received_at = models.DateTimeField()
    rsvp = models.ForeignKey(Rsvp, null=True, on_delete=models.SET_NULL, related_name="+")
    settled_by = models.ForeignKey(
        Membership, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    settled_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["received_at", "id"]

    def __str__(self) -> str:
        return f"{self.invitation.email}: {self.text[:40]}"
