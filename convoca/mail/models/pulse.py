"""That some worker is there: without one, no mail can be tried."""

from __future__ import annotations

from django.db import models


class Pulse(models.Model):
    """One row: when any worker was last seen to be there, by the latest of their clocks."""

    at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M:%S}"
