"""What holds up mails that are due: the operator's pause, or a destination that is in trouble."""

from __future__ import annotations

import datetime as dt

from django.db import models

from convoca.mail.models.delivery import Delivery

CLOCK_SKEW = dt.timedelta(minutes=1)  # by which machines' clocks may differ


class Halt(models.Model):
    """Nothing of this lane leaves before `until`; None is until somebody lifts it.

    No delivery is touched by it: they stay due, keep their order, and nothing counts as a try.
    A lane is that of a server or of one domain behind it: `mail/traffic/lanes.py`. `failures` is
    how often in a row it was tried without success, the last time at `tried_at`.
    """

    EVERYTHING = "*"

    lane = models.CharField(max_length=300, unique=True)
    since = models.DateTimeField()
    until = models.DateTimeField(null=True)
    tried_at = models.DateTimeField(null=True)
    failures = models.PositiveIntegerField(default=0)
    reason = models.CharField(max_length=16, choices=Delivery.Reason.choices, blank=True)
    words = models.TextField(blank=True)  # the server's or the operator's own

    def __str__(self) -> str:
        return f"{self.lane} since {self.since:%Y-%m-%d %H:%M}"

    def is_over(self, now: dt.datetime) -> bool:
        """Tell whether its time has come, or was set by a clock that was ahead."""
        was_ahead = self.tried_at is not None and self.tried_at > now + CLOCK_SKEW
        return self.until is not None and (self.until <= now or was_ahead)
