"""The outbox: what every address must hold, who is sending it now, and what became of it."""

from __future__ import annotations

import datetime as dt
import random
import secrets as tokens
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from email.parser import BytesHeaderParser
from email.utils import parseaddr
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Case, F, Q, QuerySet, When
from django.utils import timezone

from convoca.accounts.models import Team
from convoca.mail import pausing, secrets, suppressions, wake
from convoca.mail.models import Delivery, DeliveryAttempt, Sender
from convoca.mail.models.delivery import DeliveryQuerySet
from convoca.mail.wanting import NO_GRACE, readdress, remind, want, want_again

__all__ = [
    "NO_GRACE",
    "Claim",
    "Outcome",
    "Outgoing",
    "claim",
    "complete",
    "enqueue_post",
    "new_lease",
    "next_due",
    "open_post",
    "readdress",
    "release",
    "remind",
    "renew",
    "want",
    "want_again",
]

LEASE = dt.timedelta(minutes=10)  # far above the timeouts of a connection
BATCH = 100
FIRST_DELAY = dt.timedelta(seconds=5)
LONGEST_DELAY = dt.timedelta(hours=4)
GIVE_UP = dt.timedelta(days=4)

TRY = """
INSERT INTO {table} (delivery_id, at, version, outcome, code, reason, response, message_id)
VALUES (%s, %s, %s, %s, %s, %s, %s, %s)
"""

Status = Delivery.Status


@dataclass(frozen=True, slots=True, kw_only=True)
class Outgoing:
    """One mail ready for a server: the envelope, the bytes, and the row it belongs to.

    `is_half`: the version takes a second mail, which may leave once this one has arrived.
    `is_ready`: each line ends with CRLF and none begins with a dot, as `imip.compose` makes them.
    """

    delivery_id: int
    version: int
    envelope_from: str
    recipient: str
    content: bytes
    message_id: str
    is_half: bool = False
    is_ready: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of one mail: SENT, DELAYED (try again), FAILED (for good) or DROPPED.

    `is_doubtful`: it was handed over, but the server's answer never came. `is_half`: it was the
    first of two mails.
    """

    delivery_id: int
    version: int
    status: Delivery.Status
    at: dt.datetime
    code: int | None = None
    reason: str = ""
    response: str = ""
    message_id: str = ""
    is_doubtful: bool = False
    is_half: bool = False


@dataclass(frozen=True, slots=True)
class Claim:
    """Deliveries this worker alone may send until the lease ends."""

    lease: str
    deliveries: list[Delivery]


def enqueue_post(
    key: str,
    *,
    recipient: str,
    content: bytes,
    team: Team | None = None,
    sender: Sender | None = None,
) -> Delivery | None:
    """Queue a finished mail, once for the same `key`; it leaves as it is, however often tried.

    It goes from `sender`, by default from the system's own address. Returns None when the key was
    there before. The content is encrypted until it is sent.
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
            "payload": payload,
            "due_at": now,
        },
    )
    wake.ring()
    return delivery if is_new else None


def open_post(delivery: Delivery) -> Outgoing:
    """Return the finished mail of a POST delivery. Raises secrets.WrongKey."""
    content = secrets.decrypt(delivery.payload)
    headers = BytesHeaderParser().parsebytes(content, headersonly=True)
    return Outgoing(
        delivery_id=delivery.pk,
        version=delivery.claimed,
        envelope_from=delivery.sender.email if delivery.sender else _own_address(),
        recipient=delivery.email,
        content=content,
        message_id=str(headers["Message-ID"] or ""),
    )


def _own_address() -> str:
    return parseaddr(settings.DEFAULT_FROM_EMAIL)[1]


def next_due() -> dt.datetime | None:
    """Return when the next delivery falls due; it may be past. None while mails are paused."""
    if pausing.paused():
        return None
    due = Delivery.objects.filter(due_at__isnull=False).order_by("due_at")
    first = [due.filter(kind=kind).first() for kind in Delivery.Kind]  # each from the index
    return min((row.due_at for row in first if row and row.due_at), default=None)


def new_lease() -> str:
    """Return a name that no other claim has."""
    return tokens.token_hex(16)


def claim(
    now: dt.datetime,
    *,
    lease: str = "",
    limit: int = BATCH,
    living: Callable[[], Collection[str]] = tuple,
) -> Claim | None:
    """Take up to `limit` due deliveries; no other worker gets them meanwhile.

    Finished mails go first: somebody waits for a code. None when nothing is due or mails are
    paused. They are held under `lease`, a new one if none is given. `living` tells the leases
    whose workers are known to be alive: those have not ended, whatever the clock says.
    """
    if pausing.paused():
        return None
    lease = lease or new_lease()
    for kind in (Delivery.Kind.POST, Delivery.Kind.INVITATION):
        due = Delivery.objects.filter(kind=kind, due_at__lte=now)
        if due.exists() and (found := _take(due.exclude(lease__in=living()), lease, now, limit)):
            return found
    return None


def _take(due: QuerySet[Delivery], lease: str, now: dt.datetime, limit: int) -> Claim | None:
    with transaction.atomic():
        rows = list(
            due.order_by("due_at", "id")
            .select_for_update(skip_locked=True, of=("self",))
            .prefetch_related("sender")[:limit]
        )
        fresh = []  # of a version whose grace is over; the tries were for an older one
        # A lease that is still there was a dead worker's: what it was sending may have arrived.
        for row in rows:
            if row.is_held and row.attempts:
                fresh.append(row.pk)
            row.doubted = row.claimed if row.lease and not row.half_sent else row.doubted
            row.claimed, row.lease, row.status = row.wanted, lease, Status.SENDING
        Delivery.objects.filter(pk__in=[row.pk for row in rows]).update(
            doubted=Case(When(~Q(lease=""), half_sent=0, then=F("claimed")), default=F("doubted")),
            claimed=F("wanted"),
            lease=lease,
            due_at=now + LEASE,
            status=Status.SENDING,
        )
        if fresh:
            Delivery.objects.filter(pk__in=fresh).update(
                attempts=0, failing_since=None, reason="", last_error=""
            )
    return Claim(lease, rows) if rows else None


def renew(lease: str, now: dt.datetime) -> set[int]:
    """Prolong the lease; return the deliveries it still holds and whose version is still wanted."""
    with transaction.atomic():
        held = _held(lease)
        held.update(due_at=now + LEASE)
        return set(held.filter(wanted=F("claimed")).values_list("pk", flat=True))


def release(lease: str, doubtful: Collection[int] = ()) -> None:
    """Give back what the lease still holds: due at once, with the attempt not counted.

    `doubtful` were handed to a server whose answer nobody heard. What was saved anew meanwhile
    keeps its grace.
    """
    free: dict[str, Any] = {"lease": "", "status": Status.QUEUED}
    now = timezone.now()
    with transaction.atomic():
        held = _held(lease)
        if doubtful:
            held.filter(pk__in=doubtful, half_sent=0).update(doubted=F("claimed"))
        held.held().update(**free, due_before=now, due_at=F("grace_until"))
        held.update(**free, due_at=now)
    wake.ring()


def _held(lease: str) -> DeliveryQuerySet:
    """Return what the lease holds, locked by ascending id, so that nobody waits in a circle."""
    held = Delivery.objects.filter(lease=lease)
    list(held.select_for_update().order_by("pk").values_list("pk"))
    return held


@transaction.atomic
def complete(lease: str, outcomes: Iterable[Outcome]) -> list[Delivery]:
    """Write down what became of claimed deliveries; return those that failed for good.

    Rows whose lease has passed to somebody else are left alone. What is wanted anew since the
    claim falls due at once, as does the second of two mails.
    """
    found = {outcome.delivery_id: outcome for outcome in outcomes}
    held = Delivery.objects.filter(lease=lease, pk__in=found).select_for_update()
    rows = list(held.defer("payload").order_by("pk"))
    now = timezone.now()
    jitter = random.uniform(0.8, 1.2)  # noqa: S311  spreads load, guards nothing
    changes: dict[tuple[tuple[str, Any], ...], list[int]] = defaultdict(list)
    failed = []
    for row in rows:
        change = _settle(row, found[row.pk], now, jitter)
        changes[tuple(change.items())].append(row.pk)
        if change["status"] == Status.FAILED:
            failed.append(row)
    for change_items, ids in changes.items():
        Delivery.objects.filter(pk__in=ids).update(**dict(change_items))
    suppressions.add(failed)
    if any(row.due_at for row in rows):
        wake.ring()  # whoever sleeps may sleep shorter
    _note_tries(found[row.pk] for row in rows if found[row.pk].status != Status.DROPPED)
    return failed


def _settle(row: Delivery, outcome: Outcome, now: dt.datetime, jitter: float) -> dict[str, Any]:
    """Return the columns that change; the row itself is brought up to date too."""
    change: dict[str, Any] = {"lease": "", "due_at": None, "status": outcome.status}
    change["is_reminder"] = row.is_reminder and outcome.status == Status.DELAYED
    if outcome.status == Status.DELAYED:
        change |= _delay(row, outcome, now, jitter)
    elif outcome.status == Status.DROPPED:
        done = {"sent": outcome.version, "half_sent": 0, "status": Status.SENT}
        change |= done if row.sent else {}
    else:
        change |= {"attempts": row.attempts + 1, "failing_since": None}
        change |= {"reason": outcome.reason, "last_error": "", "payload": b""}
        change |= _answered(outcome, now)
    is_outdated = row.wanted > outcome.version and outcome.status != Status.DELAYED
    if row.is_held:
        change |= _hold(row, outcome, change["due_at"], now)
    elif is_outdated:
        change |= {"due_at": now, "status": Status.QUEUED}
    for name, value in change.items():
        setattr(row, name, value)
    return change


def _hold(
    row: Delivery, outcome: Outcome, due_at: dt.datetime | None, now: dt.datetime
) -> dict[str, Any]:
    """Keep the grace of what was saved since the claim; without it the row would be due `due_at`.

    What is gone already, because the mail was written after that save, is held no more.
    """
    if row.wanted <= outcome.version:
        return {"claimed": row.wanted}
    if row.wanted_before > outcome.version and outcome.status != Status.DELAYED:
        due_at = now
    until = row.grace_until or now
    return {"due_before": due_at, "due_at": max(until, due_at or until)}


def _answered(outcome: Outcome, now: dt.datetime) -> dict[str, Any]:
    """Return what a server's last word changes; a refused second mail takes no first one back."""
    if outcome.status != Status.SENT:
        return {"last_error": outcome.response}
    if outcome.is_half:
        return {"half_sent": outcome.version, "due_at": now, "status": Status.QUEUED}
    return {"sent": outcome.version, "half_sent": 0, "doubted": 0, "sent_at": now}


def _delay(row: Delivery, outcome: Outcome, now: dt.datetime, jitter: float) -> dict[str, Any]:
    """Try again later and later; for good after days."""
    since = row.failing_since or now
    delay = min(FIRST_DELAY * 2 ** min(row.attempts, 20), LONGEST_DELAY) * jitter
    is_over = now - since >= GIVE_UP
    return {
        "attempts": row.attempts + 1,
        "failing_since": since,
        "reason": outcome.reason,
        "last_error": outcome.response,
        "doubted": outcome.version if outcome.is_doubtful and not row.half_sent else row.doubted,
        "due_at": None if is_over else now + delay,
        "status": Status.FAILED if is_over else Status.DELAYED,
    }


def _note_tries(outcomes: Iterable[Outcome]) -> None:
    """Append to the ledger, one plain statement for all: a row object for each costs more."""
    rows = [
        (
            *(one.delivery_id, connection.ops.adapt_datetimefield_value(one.at), one.version),
            *(str(one.status), one.code, str(one.reason), one.response, one.message_id),
        )
        for one in outcomes
    ]
    if rows:
        with connection.cursor() as cursor:
            cursor.executemany(TRY.format(table=DeliveryAttempt._meta.db_table), rows)
