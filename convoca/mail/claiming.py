"""Who may send what now: due deliveries are leased to one worker, prolonged, and given back."""

from __future__ import annotations

import datetime as dt
import secrets
from collections.abc import Callable, Collection
from typing import Any

from django.db import connection, transaction
from django.db.models import F
from django.utils import timezone

from convoca.mail import pausing, wake
from convoca.mail.models import Delivery, Sender
from convoca.mail.models.delivery import DeliveryQuerySet
from convoca.mail.transit import Claim, Claimed

LEASE = dt.timedelta(minutes=10)  # far above the timeouts of a connection
BATCH = 100

# A lease that is still there was a dead worker's: what it was sending may have arrived. Tries that
# were for a version before the grace now over count no more.
TAKE = """
WITH due AS MATERIALIZED (
    SELECT id FROM {table}
    WHERE kind = %(kind)s AND due_at <= %(now)s {idle}
    ORDER BY due_at, id LIMIT %(limit)s {skip}
)
UPDATE {table} SET
    doubted = CASE WHEN lease <> '' AND half_sent = 0 THEN claimed ELSE doubted END,
    attempts = CASE WHEN {is_fresh} THEN 0 ELSE attempts END,
    failing_since = CASE WHEN {is_fresh} THEN NULL ELSE failing_since END,
    reason = CASE WHEN {is_fresh} THEN '' ELSE reason END,
    last_error = CASE WHEN {is_fresh} THEN '' ELSE last_error END,
    claimed = wanted, lease = %(lease)s, due_at = %(until)s, status = 'SENDING'
WHERE id IN (SELECT id FROM due)
RETURNING {columns}
"""
IS_FRESH = "grace_until IS NOT NULL AND claimed < wanted AND attempts > 0"
COLUMNS = [name for name in Claimed._fields if name != "sender"]

Status = Delivery.Status


def new_lease() -> str:
    """Return a name that no other claim has."""
    return secrets.token_hex(16)


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
        if Delivery.objects.filter(kind=kind, due_at__lte=now).exists():
            taken = _take(kind, lease, now, limit, living())
            if taken:
                return Claim(lease, taken)
    return None


def _take(
    kind: Delivery.Kind, lease: str, now: dt.datetime, limit: int, living: Collection[str]
) -> list[Claimed]:
    """Lease what is due in one statement; return it by id, so in the order it was queued."""
    adapt = connection.ops.adapt_datetimefield_value
    values: dict[str, Any] = {"kind": kind.value, "lease": lease, "limit": limit}
    values |= {"now": adapt(now), "until": adapt(now + LEASE)}
    values |= {f"living{number}": name for number, name in enumerate(living)}
    with connection.cursor() as cursor:
        cursor.execute(_statement(len(living)), values)
        rows = sorted(cursor.fetchall())
    at = COLUMNS.index("sender_id")
    senders: dict[int | None, Sender] = {}
    if ids := {row[at] for row in rows if row[at]}:
        senders |= Sender.objects.in_bulk(ids)
    return [Claimed._make((*row, senders.get(row[at]))) for row in rows]


def _statement(living: int) -> str:
    names = ", ".join(f"%(living{number})s" for number in range(living))
    return TAKE.format(
        table=Delivery._meta.db_table,
        idle=f"AND lease NOT IN ({names})" if names else "",
        skip="FOR UPDATE SKIP LOCKED" if connection.vendor == "postgresql" else "",
        is_fresh=IS_FRESH,
        columns=", ".join(COLUMNS),
    )


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
