"""A finished mail that waits a little before it leaves, so that what follows can be written in."""

from __future__ import annotations

import datetime as dt

from convoca.accounts.models import Team
from convoca.mail import outbox, secrets
from convoca.mail.models import Delivery, Sender


def keep(
    key: str,
    *,
    recipient: str,
    content: bytes,
    team: Team | None,
    wait: dt.timedelta,
    sender: Sender | None = None,
) -> Delivery | None:
    """Queue a mail that leaves after `wait`, or put `content` in place of the one that waits.

    Returns None when the mail with this key has left, or is leaving. Wakes the worker on commit.
    """
    queued = outbox.enqueue_post(
        key, recipient=recipient, content=content, team=team, sender=sender, wait=wait
    )
    if queued is not None:
        return queued
    waiting = Delivery.objects.filter(key=key, status=Delivery.Status.QUEUED, lease="", sent=0)
    is_rewritten = waiting.update(payload=secrets.encrypt(content), email=recipient)
    return Delivery.objects.get(key=key) if is_rewritten else None
