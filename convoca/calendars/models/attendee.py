"""One person or room on one event: an ATTENDEE of its VEVENT."""

from __future__ import annotations

import uuid

from django.db import models
from django.utils.translation import gettext_lazy as _

from convoca.accounts.models import Membership
from convoca.calendars.models.event import Event
from convoca.calendars.models.room import Room
from convoca.guests.models import Guest
from convoca.standards.ical.model import Partstat


class Kind(models.TextChoices):
    GUEST = "GUEST", _("guest")
    MEMBER = "MEMBER", _("colleague")
    ROOM = "ROOM", _("room")


PARTSTATS = [
    (Partstat.NEEDS_ACTION.value, _("no answer yet")),
    (Partstat.ACCEPTED.value, _("accepted")),
    (Partstat.TENTATIVE.value, _("maybe")),
    (Partstat.DECLINED.value, _("declined")),
    (Partstat.DELEGATED.value, _("delegated")),
]


class Attendee(models.Model):
    """Name and address are copies: the event keeps them when the card is changed or deleted.

    `asked_sequence` is the SEQUENCE at which an answer was last asked for; `replied_sequence` and
    `replied_at` order the answers (RFC 5546, 2.1.5). `note` is what came with the last answer.
    """

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    event = models.ForeignKey(
        Event, on_delete=models.CASCADE, related_name="attendees", db_index=False
    )
    kind = models.CharField(max_length=6, choices=Kind.choices)
    guest = models.ForeignKey(Guest, null=True, on_delete=models.SET_NULL, related_name="+")
    member = models.ForeignKey(
        Membership, null=True, on_delete=models.SET_NULL, related_name="+", db_index=False
    )
    room = models.ForeignKey(
        Room, null=True, on_delete=models.SET_NULL, related_name="+", db_index=False
    )
    email = models.EmailField(blank=True)
    email_key = models.CharField(max_length=254, blank=True)
    name = models.CharField(max_length=170)
    position = models.PositiveIntegerField(default=0)
    partstat = models.CharField(
        max_length=12, choices=PARTSTATS, default=Partstat.NEEDS_ACTION.value
    )
    asked_sequence = models.PositiveIntegerField(default=0)
    replied_sequence = models.PositiveIntegerField(null=True)
    replied_at = models.DateTimeField(null=True)
    note = models.TextField(blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["event", "email_key"],
                condition=~models.Q(email_key=""),
                name="attendee_address_unique",
            ),
            models.UniqueConstraint(
                fields=["event", "room"],
                condition=models.Q(room__isnull=False),
                name="attendee_room_unique",
            ),
        ]
        # The unique index is partial, so SQLite does not look into it for one address. Each index
        # costs a save with thousands of guests, who are in none that they need not be in.
        indexes = [
            models.Index(fields=["event", "email_key"], name="attendee_address"),
            models.Index(
                fields=["member", "event"],
                condition=models.Q(member__isnull=False),
                name="attendee_member",
            ),
            models.Index(
                fields=["room"], condition=models.Q(room__isnull=False), name="attendee_room"
            ),
        ]
        ordering = ["position", "id"]

    def __str__(self) -> str:
        return self.name

    @property
    def is_guest(self) -> bool:
        return self.kind == Kind.GUEST
