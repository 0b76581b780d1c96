"""Finished mails in the outbox: queued once, sealed until they leave as they are."""

from __future__ import annotations

import datetime as dt
from email.parser import BytesHeaderParser
from email.utils import parseaddr

from django.conf import settings
from django.utils import timezone

from convoca.accounts.models import Team
from convoca.mail import secrets, wake
from convoca.mail.models import Delivery, Sender
from convoca.mail.outbox.wanting import NO_GRACE
from convoca.mail.traffic import lanes
from convoca.mail.transit import Due, Outgoing
from convoca.mail.transport import verp


def enqueue_post(
    key: str,
    *,
    recipient: str,
    content: bytes,
    team: Team | None = None,
    sender: Sender | None = None,
    wait: dt.timedelta = NO_GRACE,
) -> Delivery | None:
    """Queue a finished mail, once for the same `key`; it leaves as it is, however often tried.

    It goes from `sender`, by default from the system's own address, and not before `wait` is over.
    Returns None when the key was there before. The content is encrypted until it is sent.
    """
    now = timezone.now()
    payload = secrets.encrypt(content)
    delivery, is_new = Delivery.objects.get_or_create(
        key=key,
        defaults={
            "kind": Delivery.Kind.POST,
            "team": team,
            "sender": sender,
            "email": recipient,
            "lane": lanes.of(sender),
            "payload": payload,
            "due_at": now + wait,
        },
    )
    wake.ring()
    return delivery if is_new else None


def open_post(delivery: Due) -> Outgoing:
    """Return the finished mail of a POST delivery. Raises secrets.WrongKey."""
    content = secrets.decrypt(delivery.payload)
    headers = BytesHeaderParser().parsebytes(content, headersonly=True)
    return Outgoing(
        delivery_id=delivery.pk,
        version=delivery.claimed,
        envelope_from=_envelope_from(delivery),
        recipient=delivery.email,
        content=content,
        message_id=str(headers["Message-ID"] or ""),
    )


def _envelope_from(delivery: Due) -> str:
    if delivery.sender is not None:
        return verp.envelope_from(delivery, delivery.sender)
    return parseaddr(settings.DEFAULT_FROM_EMAIL)[1]
