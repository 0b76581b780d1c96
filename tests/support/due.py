"""Letting time pass for what waits in the outbox, without waiting."""

from __future__ import annotations

from django.utils import timezone

from convoca.mail.models import Delivery, Halt


def try_again() -> None:
    """Make due at once what was put off, and all that servers or domains keep waiting."""
    Delivery.objects.filter(status=Delivery.Status.DELAYED).update(due_at=timezone.now())
    Halt.objects.exclude(lane=Halt.EVERYTHING).update(until=timezone.now())
