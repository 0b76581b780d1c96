"""What holds up mails that are due: the operator's pause, or a destination that is in trouble."""

from __future__ import annotations

from django.db import models


class Halt(models.Model):
    """Nothing of this lane leaves before `until`; None is until somebody lifts it.

    No delivery is touched by it: they stay due, keep their order, and nothing counts as a try.
    """

    EVERYTHING = "*"

    lane = models.CharField(max_length=300, unique=True)
    since = models.DateTimeField()
    until = models.DateTimeField(null=True)
    words = models.TextField(blank=True)  # the operator's

    def __str__(self) -> str:
        return f"{self.lane} since {self.since:%Y-%m-%d %H:%M}"
