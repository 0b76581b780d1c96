"""A file of an event: its bytes lie in the data directory, outside database and web root."""

from __future__ import annotations

import uuid

from django.db import models

from convoca.accounts.models import Membership, Team
from convoca.calendars.models.event import Event


class File(models.Model):
    """Uploaded before the event is saved, attached by the save; without an event it expires."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="+")
    uploaded_by = models.ForeignKey(
        Membership, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    event = models.ForeignKey(Event, null=True, on_delete=models.SET_NULL, related_name="files")
    name = models.CharField(max_length=255)
    size = models.PositiveBigIntegerField()
    media_type = models.CharField(max_length=127)
    path = models.CharField(max_length=100)  # relative to settings.FILES_DIR
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["created_at", "id"]

    def __str__(self) -> str:
        return self.name
