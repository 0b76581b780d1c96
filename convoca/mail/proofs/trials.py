"""A test mail: a sender's owner sees what becomes of their mails before a guest is written to."""

from __future__ import annotations

import datetime as dt
import secrets as tokens
from collections.abc import Sequence
from urllib.parse import urlsplit

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from convoca.accounts.models import Membership
from convoca.mail.models import Delivery, Preflight, Sender, Trial
from convoca.mail.outbox import letters
from convoca.mail.proofs import turns
from convoca.mail.refusals import NotYours, SenderNotConfirmed, TooManyTests
from convoca.mail.traffic import lanes
from convoca.standards.imip.verdicts import summary

A_DAY = 10  # of one member, to all their addresses
PATIENCE = dt.timedelta(minutes=10)  # in which a mail arrives, or is somewhere else
AWAITED = dt.timedelta(days=4)


def send(member: Membership, sender: Sender) -> Trial:
    """Send a mail from the address to itself, on the very way that invitations take.

    Only its owner may, and only to an address that is proved to be theirs: nobody else is
    bothered. It holds no calendar object, which would stay behind in a calendar. What DNS says of
    the domain is asked anew. Raises NotYours, SenderNotConfirmed, TooManyTests.
    """
    if sender.owner_id != member.pk or sender.deleted_at is not None:
        raise NotYours
    if sender.confirmed_at is None:
        raise SenderNotConfirmed
    if not turns.take(f"trial:{member.pk}", A_DAY, seconds=24 * 3600):
        raise TooManyTests
    message_id = f"<{tokens.token_hex(16)}@{urlsplit(settings.BASE_URL).hostname}>"
    with transaction.atomic():
        lanes.try_now(sender)  # they want to see how it is now
        delivery = letters.post(
            f"trial:{message_id}",
            "mail/trial",
            {"email": sender.email, "name": member.name, "team": member.team.name},
            recipient=sender.email,
            name=sender.name,
            language=member.user.language,
            team=sender.team,
            sender=sender,
            message_id=message_id,
        )
        assert delivery is not None  # its key is new
        Preflight.objects.filter(sender=sender).delete()  # somebody may have mended the domain
        return Trial.objects.create(
            sender=sender, delivery=delivery, message_id=message_id, created_at=timezone.now()
        )


def latest(sender: Sender) -> Trial | None:
    """Return the sender's last test mail, with its delivery."""
    rows = Trial.objects.filter(sender=sender).select_related("delivery")
    return rows.order_by("-created_at", "-pk").first()


def is_settled(trial: Trial, now: dt.datetime, *, is_read: bool) -> bool:
    """Tell whether nothing more is to be expected soon; `is_read`: the mailbox is connected."""
    if now > trial.created_at + PATIENCE:
        return True
    if trial.delivery.due_at is not None:
        return False
    is_waited_for = is_read and trial.delivery.status == Delivery.Status.SENT
    return trial.arrived_at is not None or not is_waited_for


def awaited(sender: Sender) -> set[str]:
    """Return the message ids of test mails that may still arrive in the sender's mailbox."""
    since = timezone.now() - AWAITED
    rows = Trial.objects.filter(sender=sender, arrived_at=None, created_at__gt=since)
    return set(rows.values_list("message_id", flat=True))


def note_arrival(message_id: str, verdicts: Sequence[str]) -> None:
    """Write down that a test mail arrived, and its Authentication-Results, topmost first."""
    found = summary(verdicts)
    Trial.objects.filter(message_id=message_id, arrived_at=None).update(
        arrived_at=timezone.now(), **{name: result[:20] for name, result in found.items()}
    )
