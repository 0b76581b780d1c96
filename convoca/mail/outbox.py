"""The outbox: what every address must hold, who is sending it now, and what became of it."""

from __future__ import annotations

import datetime as dt
from email.parser import BytesHeaderParser
from email.utils import parseaddr

from django.conf import settings
from django.utils import timezone

from convoca.accounts.models import Team
from convoca.mail import lanes, secrets, verp, wake
from convoca.mail.claiming import (
    LEASE,
    claim,
    claim_from,
    claim_overdue,
    new_lease,
    put_back,
    release,
    renew,
)
from convoca.mail.models import Delivery, Sender
from convoca.mail.settling import GIVE_UP, complete
from convoca.mail.transit import Claim, Due, Outcome, Outgoing
from convoca.mail.wanting import NO_GRACE, readdress, remind, want, want_again

__all__ = [
    "GIVE_UP",
    "LEASE",
    "NO_GRACE",
    "Claim",
    "Outcome",
    "Outgoing",
    "claim",
    "claim_from",
    "claim_overdue",
    "complete",
    "enqueue_post",
    "new_lease",
    "next_due",
    "open_post",
    "put_back",
    "readdress",
    "release",
    "remind",
    "renew",
    "want",
    "want_again",
]


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


def next_due() -> dt.datetime | None:
    """Return when the next delivery may leave; it may be past. None while mails are paused."""
    return min((lane.opens_at for lane in lanes.waiting(timezone.now())), default=None)
