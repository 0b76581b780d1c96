"""A finished mail that waits a little before it leaves, so that what follows can be written in."""

from __future__ import annotations

from convoca.mail import outbox, secrets
from convoca.mail.models import Delivery
from convoca.mail.outbox import Finished


def keep(mail: Finished) -> Delivery | None:
    """Queue a mail that leaves after its `wait`, or put it in place of the one that waits.

    Returns None when the mail with this key has left, or is leaving. Wakes the worker on commit.
    """
    queued = outbox.enqueue_post(
        mail.key,
        recipient=mail.recipient,
        content=mail.content,
        team=mail.team,
        sender=mail.sender,
        wait=mail.wait,
    )
    if queued is not None:
        return queued
    waiting = Delivery.objects.filter(key=mail.key, status=Delivery.Status.QUEUED, lease="", sent=0)
    is_rewritten = waiting.update(payload=secrets.encrypt(mail.content), email=mail.recipient)
    return Delivery.objects.get(key=mail.key) if is_rewritten else None
