"""A finished mail that waits a little before it leaves, so that what follows can be written in."""

from __future__ import annotations

import datetime as dt

from django.utils import timezone

from convoca.accounts.models import Team
from convoca.mail import secrets, wake
from convoca.mail.models import Delivery


def keep(
    key: str, *, recipient: str, content: bytes, team: Team | None, wait: dt.timedelta
) -> Delivery | None:
    """Queue a mail that leaves after `wait`, or put `content` in place of the one that waits.

    Returns None when the mail with this key has left, or is leaving. A new one wakes the worker
    on commit.
    """
    now = timezone.now()
    payload = secrets.encrypt(content)
    row, is_new = Delivery.objects.get_or_create(
        key=key,
        defaults={
            "kind": Delivery.Kind.POST,
            "team": team,
            "email": recipient,
            "payload": payload,
            "due_at": now + wait,
        },
    )
    if is_new:
        wake.ring()
        return row
    waiting = Delivery.objects.filter(pk=row.pk, status=Delivery.Status.QUEUED, lease="", sent=0)
    return row if waiting.update(payload=payload, email=recipient) else None
