"""What became of claimed deliveries is written down: sent, tried again later, given up."""

from __future__ import annotations

import datetime as dt
import random
from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

from django.db import connection, transaction
from django.db.models import F, Q
from django.utils import timezone

from convoca.accounts.listing import numbers
from convoca.mail import wake
from convoca.mail.models import Delivery, DeliveryAttempt
from convoca.mail.outbox import suppressions
from convoca.mail.traffic import patience
from convoca.mail.transit import Outcome
from convoca.mail.transport import deferrals

FIRST_DELAY = dt.timedelta(seconds=5)
LONGEST_DELAY = dt.timedelta(hours=4)

GRACE_RUNS = Q(grace_until__isnull=False, claimed__lt=F("wanted"))
ARRIVED: dict[str, Any] = {
    "status": Delivery.Status.SENT,
    "half_sent": 0,
    "doubted": 0,
    "due_at": None,
    "lease": "",
    "is_reminder": False,
    "failing_since": None,
    "reason": "",
    "last_error": "",
    "payload": b"",
}

TRY = """
INSERT INTO {table} (delivery_id, at, version, outcome, code, reason, response, message_id)
VALUES (%s, %s, %s, %s, %s, %s, %s, %s)
"""

Status = Delivery.Status


@transaction.atomic
def complete(lease: str, outcomes: Iterable[Outcome]) -> list[Delivery]:
    """Write down what became of claimed deliveries; return those that failed for good.

    Rows whose lease has passed to somebody else are left alone. What is wanted anew since the
    claim falls due at once, as does the second of two mails.
    """
    found = {outcome.delivery_id: outcome for outcome in outcomes}
    now = timezone.now()
    if _may_be_over(found.values(), now):
        patience.look(now)
    arrived = _arrive(lease, found, now)
    others = _settle_others(lease, {key: found[key] for key in found if key not in arrived}, now)
    known = (key for key in found if key in arrived or key in others)
    _note_tries(found[key] for key in known if found[key].status != Status.DROPPED)
    return [row for row in others.values() if row.status == Status.FAILED]


def _may_be_over(outcomes: Iterable[Outcome], now: dt.datetime) -> bool:
    """Tell whether one that was put off has been failing for as long as mails are tried."""
    delayed = [one.delivery_id for one in outcomes if one.status == Status.DELAYED]
    old = Delivery.objects.filter(
        pk__in=numbers(delayed), failing_since__lte=now - patience.GIVE_UP
    )
    return bool(delayed) and old.exists()


def _arrive(lease: str, found: Mapping[int, Outcome], now: dt.datetime) -> set[int]:
    """Settle, all at once, what arrived and is all that is wanted; return whose that is."""
    held = Delivery.objects.filter(lease=lease, pk__in=numbers(found))
    # Locked by ascending id, so that nobody waits in a circle.
    rows = held.select_for_update().order_by("pk").annotate(is_late=GRACE_RUNS)
    usual: dict[int, list[int]] = defaultdict(list)
    for key, wanted, is_late in rows.values_list("pk", "wanted", "is_late"):
        one = found[key]
        is_sent = one.status == Status.SENT and not one.is_half
        if is_sent and wanted <= one.version and not is_late:
            usual[one.version].append(key)
    for version, keys in usual.items():
        Delivery.objects.filter(pk__in=numbers(keys)).update(
            **ARRIVED, sent=version, sent_at=now, attempts=F("attempts") + 1
        )
    return {key for keys in usual.values() for key in keys}


def _settle_others(lease: str, found: dict[int, Outcome], now: dt.datetime) -> dict[int, Delivery]:
    """Settle, row by row, all that is not as usual; return the rows as they are now."""
    if not found:
        return {}
    held = Delivery.objects.filter(lease=lease, pk__in=numbers(found)).select_for_update()
    rows = list(held.defer("payload").order_by("pk"))
    jitter = random.uniform(0.8, 1.2)  # noqa: S311  spreads load, guards nothing
    changes: dict[tuple[tuple[str, Any], ...], list[int]] = defaultdict(list)
    for row in rows:
        change = _settle(row, found[row.pk], now, jitter)
        changes[tuple(change.items())].append(row.pk)
    for change_items, ids in changes.items():
        Delivery.objects.filter(pk__in=ids).update(**dict(change_items))
    suppressions.add(row for row in rows if row.status == Status.FAILED)
    if any(row.due_at for row in rows):
        wake.ring()  # whoever sleeps may sleep shorter
    return {row.pk: row for row in rows}


def _settle(row: Delivery, outcome: Outcome, now: dt.datetime, jitter: float) -> dict[str, Any]:
    """Return the columns that change; the row itself is brought up to date too."""
    change: dict[str, Any] = {"lease": "", "due_at": None, "status": outcome.status}
    change["is_reminder"] = row.is_reminder and outcome.status == Status.DELAYED
    if outcome.status == Status.DELAYED:
        change |= _delay(row, outcome, now, jitter)
    elif outcome.status == Status.DROPPED:
        done = {"sent": outcome.version, "half_sent": 0, "status": Status.SENT}
        change |= done if row.sent else {}
        change |= {"reason": ""} if row.reason == Delivery.Reason.RATE else {}
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
    """Try again later and later, and not before the server wants it; for good after days."""
    since = row.failing_since or now
    delay = min(FIRST_DELAY * 2 ** min(row.attempts, 20), LONGEST_DELAY) * jitter
    delay = max(delay, deferrals.wait(outcome.code, outcome.response, row.attempts))
    is_over = patience.is_over(since, row.attempts + 1, now)
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
    adapt = connection.ops.adapt_datetimefield_value
    rows = [
        (
            *(one.delivery_id, adapt(one.at), one.version, str(one.status)),
            *(one.code, str(one.reason), one.response, one.message_id),
        )
        for one in outcomes
    ]
    if rows:
        with connection.cursor() as cursor:
            cursor.executemany(TRY.format(table=DeliveryAttempt._meta.db_table), rows)
