"""The six digits that prove an address: sent, limited, compared."""

from __future__ import annotations

import datetime as dt
import math
import re
import secrets as tokens

from django.db import transaction
from django.db.models import F, QuerySet
from django.utils import timezone
from django.utils.crypto import constant_time_compare, salted_hmac

from convoca.accounts.models import Membership
from convoca.mail.models import ConfirmationCode, Sender
from convoca.mail.outbox import letters
from convoca.mail.refusals import (
    AlreadyConfirmed,
    CodeExpired,
    CodeReplaced,
    CodeTooSoon,
    NoAttemptsLeft,
    NoCode,
    TooManyCodes,
    WrongCode,
)

VALID = dt.timedelta(minutes=30)
PAUSE = dt.timedelta(minutes=1)
HOUR = dt.timedelta(hours=1)
ATTEMPTS = 5
CODES_AN_HOUR = 5  # to one address
MEMBER_CODES_AN_HOUR = 30  # to all addresses one member adds


@transaction.atomic
def send_code(sender: Sender) -> None:
    """Mail a new six-digit code, valid for 30 minutes; it ends the older one.

    Raises AlreadyConfirmed, CodeTooSoon, TooManyCodes.
    """
    # One member's requests stand in line here, so that the limits hold for parallel ones too.
    owner = Membership.objects.select_for_update(no_key=True).get(pk=sender.owner_id)
    if Sender.objects.filter(pk=sender.pk, confirmed_at__isnull=False).exists():
        raise AlreadyConfirmed
    now = timezone.now()
    _check_limits(owner, sender, now)
    sender.codes.filter(ended_at=None).update(ended_at=now)
    code = f"{tokens.randbelow(1_000_000):06}"
    row = ConfirmationCode.objects.create(
        sender=sender, code_hash=_hash(sender, code), created_at=now
    )
    letters.post(
        f"code:{row.pk}:{sender.public_id}",
        "mail/code",
        {
            "code": code,
            "email": sender.email,
            "name": owner.name,
            "team": owner.team.name,
            "minutes": VALID // dt.timedelta(minutes=1),
        },
        recipient=sender.email,
        name=sender.name,
        language=owner.user.language,
        team=owner.team,
    )


def confirm(sender: Sender, code: str) -> Sender:
    """Confirm the sender with the code typed; spaces and dashes in it do not matter.

    Each try is counted before it is compared, so that parallel guesses get no further ones.
    Raises AlreadyConfirmed, NoCode, CodeExpired, NoAttemptsLeft, WrongCode, CodeReplaced.
    """
    newest = sender.codes.order_by("-id").first()
    if Sender.objects.filter(pk=sender.pk, confirmed_at__isnull=False).exists():
        raise AlreadyConfirmed
    if newest is None or newest.ended_at is not None:
        raise NoCode
    now = timezone.now()
    if now - newest.created_at >= VALID:
        raise CodeExpired
    left = _use_attempt(newest)
    typed = _hash(sender, re.sub(r"[\s-]", "", code))
    if not constant_time_compare(typed, newest.code_hash):
        is_older = sender.codes.exclude(pk=newest.pk).filter(code_hash=typed).exists()
        raise CodeReplaced(left) if is_older else WrongCode(left)
    return _accept(sender, newest, now)


def _use_attempt(code: ConfirmationCode) -> int:
    """Count one attempt, in a transaction of its own, and return how many are left."""
    with transaction.atomic(durable=True):
        open_codes = ConfirmationCode.objects.filter(pk=code.pk, ended_at=None)
        if not open_codes.filter(attempts__lt=ATTEMPTS).update(attempts=F("attempts") + 1):
            raise NoAttemptsLeft
        code.refresh_from_db(fields=["attempts"])
    return ATTEMPTS - code.attempts


def _accept(sender: Sender, code: ConfirmationCode, now: dt.datetime) -> Sender:
    with transaction.atomic():
        if not ConfirmationCode.objects.filter(pk=code.pk, ended_at=None).update(ended_at=now):
            raise CodeReplaced(ATTEMPTS - code.attempts)
        Sender.objects.filter(pk=sender.pk).update(confirmed_at=now)
    sender.confirmed_at = now
    return sender


def _check_limits(owner: Membership, sender: Sender, now: dt.datetime) -> None:
    """Raise when a code to this address, or one more of this member, comes too early.

    Removed senders count too: adding an address again gives no new codes.
    """
    recent = ConfirmationCode.objects.filter(sender__owner=owner, created_at__gt=now - HOUR)
    to_address = recent.filter(sender__email_key=sender.email_key).order_by("-created_at")
    newest = to_address.first()
    if newest and now - newest.created_at < PAUSE:
        raise CodeTooSoon(math.ceil((newest.created_at + PAUSE - now).total_seconds()))
    for codes, most in ((to_address, CODES_AN_HOUR), (recent, MEMBER_CODES_AN_HOUR)):
        _check_hour(codes, most, now)


def _check_hour(codes: QuerySet[ConfirmationCode], most: int, now: dt.datetime) -> None:
    """Raise TooManyCodes with the time until the oldest that counts is an hour old."""
    made = list(codes.order_by("-created_at").values_list("created_at", flat=True)[:most])
    if len(made) == most:
        raise TooManyCodes(math.ceil((made[-1] + HOUR - now).total_seconds() / 60))


def _hash(sender: Sender, code: str) -> str:
    """Six digits are guessed in no time from a plain hash: this one needs the server's key."""
    return salted_hmac(
        "convoca.mail.proofs.codes", f"{sender.public_id}:{code}", algorithm="sha256"
    ).hexdigest()
