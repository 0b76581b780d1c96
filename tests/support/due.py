"""Letting time pass for what waits in the outbox, without waiting."""

from __future__ import annotations

import datetime as dt

from django.utils import timezone

from convoca.mail.models import Delivery, Halt
from convoca.mail.traffic.rounds import Round


def try_again() -> None:
    """Make due at once what was put off, and all that servers or domains keep waiting."""
    Delivery.objects.filter(status=Delivery.Status.DELAYED).update(due_at=timezone.now())
    Halt.objects.exclude(lane=Halt.EVERYTHING).update(until=timezone.now())


def next_due() -> dt.datetime | None:
    """Return when a worker that starts now would come to send something."""
    return Round().next_due(timezone.now())
