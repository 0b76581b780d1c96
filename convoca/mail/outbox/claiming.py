"""Who may send what now: due deliveries are leased to one worker, prolonged, and given back."""

from __future__ import annotations

import datetime as dt
import json
import secrets
from collections.abc import Callable, Collection
from contextlib import nullcontext
from typing import Any

from django.db import connection, transaction
from django.db.models import F, Value
from django.db.models.functions import Coalesce
from django.utils import timezone

from convoca.mail import wake
from convoca.mail.models import Delivery, Sender
from convoca.mail.models.delivery import DeliveryQuerySet
from convoca.mail.traffic import lanes, rates
from convoca.mail.traffic.lanes import Claim, Lane
from convoca.mail.transit import Claimed
from convoca.standards.ical.address import domain_of

LEASE = dt.timedelta(minutes=10)  # far above the timeouts of a connection
BATCH = 100

# A lease that is still there was a dead worker's: what it was sending may have arrived. Tries that
# were for a version before the grace now over count no more.
TAKE = """
WITH due AS MATERIALIZED (
    SELECT id FROM {table}
    WHERE kind = %(kind)s AND lane = %(lane)s AND due_at <= %(due)s {which}
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
# What was taken and does not leave now: it waits for its turn, or in a lane of its domain's own.
PUT_ASIDE = """
UPDATE {table} SET lease = '', status = 'QUEUED', {change}
FROM (SELECT CAST(key AS integer) AS id, value FROM {values}) AS one
WHERE {table}.id = one.id AND lease = %(lease)s
"""
MOVE = "lane = one.value, due_at = %(now)s"
WAIT = "reason = 'RATE', due_at = CAST(one.value AS {time})"
IS_FRESH = "grace_until IS NOT NULL AND claimed < wanted AND attempts > 0"
IS_OVERDUE = "(failing_since IS NULL OR failing_since <= %(due)s)"
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
    """Take up to `limit` due deliveries of the first lane that gives any; see `claim_from`.

    Finished mails go first: somebody waits for a code. None when nothing is due or mails are
    paused.
    """
    for lane in lanes.ready(now):
        if found := claim_from(lane, now, lease=lease, limit=limit, living=living):
            return found
    return None


def claim_from(
    lane: Lane,
    now: dt.datetime,
    *,
    lease: str = "",
    limit: int = BATCH,
    living: Callable[[], Collection[str]] = tuple,
) -> Claim | None:
    """Take up to `limit` due deliveries of a lane; no other worker gets them meanwhile.

    They are held under `lease`, a new one if none is given. `living` tells the leases whose
    workers are known to be alive: those have not ended, whatever the clock says. A lane that was
    in trouble is given to one worker at a time, and of a server's only one mail. What waits for
    the operator's limits is given its turn, and left out.
    """
    lease, alive = lease or new_lease(), living()
    needs_several = lane.halts or lane.domains or rates.are_set()
    with transaction.atomic() if needs_several else nullcontext():
        if not lanes.take_turn(lane, now):
            return None
        while taken := _take(lane, lease, now, 1 if lane.is_server_halted else limit, alive):
            if going := _sift(lane, lease, taken, now):
                return Claim(lease, lane, going)
    return None


def claim_overdue(lane: Lane, now: dt.datetime, *, due_by: dt.datetime) -> Claim | None:
    """Take what has been waiting and failing in a lane since `due_by`, to give it up."""
    lease = new_lease()
    taken = _take(lane, lease, now, BATCH, due_by=due_by)
    return Claim(lease, lane, taken) if taken else None


def _take(
    lane: Lane,
    lease: str,
    now: dt.datetime,
    limit: int,
    living: Collection[str] = (),
    *,
    due_by: dt.datetime | None = None,
) -> list[Claimed]:
    """Lease what is due in one statement; return it by id, so in the order it was queued."""
    adapt = connection.ops.adapt_datetimefield_value
    values: dict[str, Any] = {"kind": lane.kind, "lane": lane.name, "lease": lease, "limit": limit}
    values |= {"due": adapt(due_by or now), "until": adapt(now + LEASE)}
    values |= {f"living{number}": name for number, name in enumerate(living)}
    with connection.cursor() as cursor:
        cursor.execute(_statement(len(living), is_overdue=due_by is not None), values)
        rows = sorted(cursor.fetchall())
    at = COLUMNS.index("sender_id")
    senders: dict[int | None, Sender] = {}
    if ids := {row[at] for row in rows if row[at]}:
        senders |= Sender.objects.in_bulk(ids)
    return [Claimed._make((*row, senders.get(row[at]))) for row in rows]


def _sift(lane: Lane, lease: str, taken: list[Claimed], now: dt.datetime) -> list[Claimed]:
    """Put aside what may not leave now; return the others."""
    moved = {}
    if lane.domains:
        domains = ((row.id, domain_of(row.email)) for row in taken)
        moved = {
            key: lanes.of_domain(lane.name, domain)
            for key, domain in domains
            if domain in lane.domains
        }
    turns = rates.sift([row for row in taken if row.id not in moved], now)
    _put_aside(lease, MOVE, moved, now)
    adapt = connection.ops.adapt_datetimefield_value
    _put_aside(lease, WAIT, {key: str(adapt(turn)) for key, turn in turns.items()}, now)
    return [row for row in taken if row.id not in moved and row.id not in turns]


def _put_aside(lease: str, change: str, values: dict[int, str], now: dt.datetime) -> None:
    if not values:
        return
    is_postgresql = connection.vendor == "postgresql"
    statement = PUT_ASIDE.format(
        table=Delivery._meta.db_table,
        change=change.format(time="timestamptz" if is_postgresql else "text"),
        values="jsonb_each_text(%(values)s::jsonb)" if is_postgresql else "json_each(%(values)s)",
    )
    given = {
        "lease": lease,
        "values": json.dumps(values),
        "now": connection.ops.adapt_datetimefield_value(now),
    }
    with connection.cursor() as cursor:
        cursor.execute(statement, given)


def _statement(living: int, *, is_overdue: bool) -> str:
    names = ", ".join(f"%(living{number})s" for number in range(living))
    which = f"AND lease NOT IN ({names})" if names else ""
    which += f" AND {IS_OVERDUE}" if is_overdue else ""
    return TAKE.format(
        table=Delivery._meta.db_table,
        which=which,
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


def put_back(lease: str, now: dt.datetime, *, reason: str, words: str) -> None:
    """Give back what the lease still holds because its server cannot be used; no try is counted.

    It keeps its place, and has been waiting from the first time on that this happened.
    """
    free: dict[str, Any] = {"lease": "", "status": Status.DELAYED}
    free |= {"reason": reason, "last_error": words}
    since = Coalesce("failing_since", Value(now))
    with transaction.atomic():
        held = _held(lease)
        held.held().update(**free, due_before=now, due_at=F("grace_until"))
        held.update(**free, failing_since=since, due_at=since)
    wake.ring()


def _held(lease: str) -> DeliveryQuerySet:
    """Return what the lease holds, locked by ascending id, so that nobody waits in a circle."""
    held = Delivery.objects.filter(lease=lease)
    list(held.select_for_update().order_by("pk").values_list("pk"))
    return held
