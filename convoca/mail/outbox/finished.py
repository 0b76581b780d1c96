"""Finished mails in the outbox: queued once, sealed until they leave as they are."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from email.parser import BytesHeaderParser
from email.utils import parseaddr
from typing import Any

from django.conf import settings
from django.utils import timezone

from convoca.accounts.models import Team
from convoca.mail import secrets, wake
from convoca.mail.models import Delivery, Sender
from convoca.mail.outbox.wanting import NO_GRACE
from convoca.mail.traffic import lanes
from convoca.mail.transit import Due, Outgoing
from convoca.mail.transport import verp


@dataclass(frozen=True, slots=True, kw_only=True)
class Finished:
    """A mail to be queued, as `enqueue_post` takes it."""

    key: str
    recipient: str
    content: bytes
    team: Team | None = None
    sender: Sender | None = None
    wait: dt.timedelta = NO_GRACE


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
    mail = Finished(
        key=key, recipient=recipient, content=content, team=team, sender=sender, wait=wait
    )
    delivery, is_new = Delivery.objects.get_or_create(
        key=key, defaults=_columns(mail, timezone.now())
    )
    wake.ring()
    return delivery if is_new else None


def enqueue_posts(mails: Iterable[Finished]) -> None:
    """Queue several of them with one statement; what is there by its key stays as it is."""
    now = timezone.now()
    rows = [Delivery(key=mail.key, **_columns(mail, now)) for mail in mails]
    if rows:
        Delivery.objects.bulk_create(rows, ignore_conflicts=True)
        wake.ring()


def _columns(mail: Finished, now: dt.datetime) -> dict[str, Any]:
    return {
        "kind": Delivery.Kind.POST,
        "team": mail.team,
        "sender": mail.sender,
        "email": mail.recipient,
        "lane": lanes.of(mail.sender),
        "payload": secrets.encrypt(mail.content),
        "due_at": now + mail.wait,
    }


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
