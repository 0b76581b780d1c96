"""A clock that is set back, by hand or by NTP, must not leave mails and jobs waiting for hours."""

from __future__ import annotations

import datetime as dt
import logging

from convoca.mail.outbox import clock as post
from convoca.worker.models import JobSlot

logger = logging.getLogger(__name__)

TOLERANCE = dt.timedelta(seconds=20)  # far above what passes between reading two clocks
NAME = "clock set back"
MINUTE = 60


class Clock:
    """The time of day beside the time that has passed; `ticks` are those of `time.monotonic`."""

    def __init__(self, now: dt.datetime, ticks: float):
        self._now, self._ticks = now, ticks

    def look(self, now: dt.datetime, ticks: float) -> dt.timedelta:
        """Return by how much the clock was set back since the last look, mostly nothing."""
        jump = self._now + dt.timedelta(seconds=ticks - self._ticks) - now
        self._now, self._ticks = now, ticks
        return jump if jump > TOLERANCE else dt.timedelta()


def set_back(by: dt.timedelta, now: dt.datetime) -> bool:
    """Bring forward what was put off by the old clock; return False where another worker did.

    The turns that jobs had in what is now the future are theirs again.
    """
    slot = int(now.timestamp() // MINUTE)
    JobSlot.objects.filter(taken_at__gt=now + TOLERANCE).delete()
    if JobSlot.objects.filter(job=NAME, slot=slot - 1).exists():
        return False
    if not JobSlot.objects.get_or_create(job=NAME, slot=slot)[1]:
        return False
    logger.warning("The clock was set back by %s", by)
    post.bring_forward(by, now)
    return True
