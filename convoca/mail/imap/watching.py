"""Which worker reads which mailbox, when it looks again, and when it gives up."""

from __future__ import annotations

import datetime as dt
import secrets as tokens
from collections.abc import Collection

from django.db import transaction
from django.db.models import QuerySet

from convoca.mail.imap.session import Unreadable
from convoca.mail.models import Mailbox
from convoca.standards.ical.cleaning import clean

LEASE = dt.timedelta(seconds=90)
FIRST_DELAY = dt.timedelta(seconds=15)
LONGEST_DELAY = dt.timedelta(minutes=30)
SILENCE = dt.timedelta(hours=6)  # of trouble before its owner is told


def claim(now: dt.datetime, most: int) -> list[Mailbox]:
    """Take mailboxes that are due; no other worker reads them until the lease ends.

    Those of people who have left the team are never read.
    """
    due = Mailbox.objects.filter(
        due_at__lte=now, sender__owner__left_at=None, sender__owner__user__is_active=True
    )
    lease = tokens.token_hex(16)
    found = list(due.order_by("due_at").values_list("pk", flat=True)[:most])
    if not found:
        return []
    with transaction.atomic():
        rows = Mailbox.objects.filter(pk__in=found, due_at__lte=now)
        taken = list(rows.select_for_update(skip_locked=True).values_list("pk", flat=True))
        Mailbox.objects.filter(pk__in=taken).update(lease=lease, due_at=now + LEASE)
    mine = Mailbox.objects.filter(pk__in=taken, lease=lease)
    return list(mine.select_related("sender__owner__user", "sender__team"))


def renew(mailboxes: Collection[Mailbox], now: dt.datetime) -> set[tuple[int, str]]:
    """Hold on to mailboxes; return number and lease of those that are still ours."""
    mine = Mailbox.objects.filter(
        pk__in={one.pk for one in mailboxes},
        lease__in={one.lease for one in mailboxes},
        sender__owner__left_at=None,
        sender__owner__user__is_active=True,
    )
    kept = dict(mine.values_list("pk", "lease"))
    held = Mailbox.objects.filter(pk__in=kept, lease__in=kept.values())
    held.update(due_at=now + LEASE)
    return set(kept.items())


def give_back(mailbox: Mailbox, due_at: dt.datetime) -> None:
    """End the lease; whoever comes first looks again at `due_at`."""
    _held(mailbox).update(lease="", due_at=due_at)


def went_well(mailbox: Mailbox) -> None:
    """Forget the trouble there was."""
    if mailbox.attempts or mailbox.failing_since:
        mailbox.attempts, mailbox.failing_since = 0, None
        _held(mailbox).update(
            attempts=0, failing_since=None, reason="", last_error="", told_at=None
        )


def went_wrong(mailbox: Mailbox, error: Unreadable, now: dt.datetime) -> bool:
    """Write down why it could not be read, and try again later and later.

    A refused login is not tried again: servers lock accounts that knock too often. Return True
    when its owner should be told, once each time.
    """
    is_refused = error.reason in (Mailbox.Reason.LOGIN, Mailbox.Reason.KEY)
    failing_since = mailbox.failing_since or now
    attempts = mailbox.attempts + 1
    delay = min(FIRST_DELAY * 2 ** min(attempts - 1, 20), LONGEST_DELAY)
    tells = mailbox.told_at is None and (is_refused or now - failing_since >= SILENCE)
    changed = _held(mailbox).update(
        lease="",
        due_at=None if is_refused else now + delay,
        stopped_at=now if is_refused else None,
        attempts=attempts,
        failing_since=failing_since,
        reason=error.reason,
        last_error=clean(error.text)[:500],
        told_at=now if tells else mailbox.told_at,
    )
    mailbox.refresh_from_db()
    return bool(changed) and tells


def failing() -> list[Mailbox]:
    """Return the mailboxes that cannot be read, those that stopped first."""
    rows = Mailbox.objects.filter(ended_at=None, failing_since__isnull=False)
    return list(rows.select_related("sender").order_by("stopped_at", "failing_since"))


def overdue(now: dt.datetime) -> int:
    """Count the mailboxes that should have been looked at a quarter of an hour ago."""
    return Mailbox.objects.filter(due_at__lt=now - dt.timedelta(minutes=15)).count()


def _held(mailbox: Mailbox) -> QuerySet[Mailbox]:
    return Mailbox.objects.filter(pk=mailbox.pk, lease=mailbox.lease)
