"""The operator's limits on mails per sender and per domain, counted for all machines together."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence

from django.conf import settings
from django.db import connection

from convoca.environment import Rate
from convoca.mail.models import Allowance, Delivery
from convoca.mail.traffic.windows import Window, admit
from convoca.mail.transit import Claimed
from convoca.standards.ical.address import domain_of

KEPT = dt.timedelta(days=2)  # above the longest window

UPDATE = "UPDATE {table} SET used = %s, line_end = %s, changed_at = %s WHERE key = %s"


def are_set() -> bool:
    """Tell whether the operator has set any limit."""
    return bool(settings.RATE_PER_SENDER or settings.RATE_PER_DOMAIN)


def sift(claimed: Sequence[Claimed], now: dt.datetime) -> dict[int, dt.datetime]:
    """Return which of these mails must wait for a limit, each with its turn; count the others.

    Call it in the transaction of the claim, with rows that nobody else has: the counts stay locked
    until it ends. What somebody waits for, such as a code, is let go first. Without limits this
    costs nothing.
    """
    if not are_set():
        return {}
    limits = {row.id: found for row in claimed if (found := _limits(row.email, row.sender_id))}
    if not limits:
        return {}
    windows = _open({key: rate for found in limits.values() for key, rate in found.items()}, now)
    turns = {}
    for row in claimed:
        turn = admit(
            [windows[key] for key in limits.get(row.id, ())],
            is_urgent=row.kind == Delivery.Kind.POST,
            has_waited=row.reason == Delivery.Reason.RATE,
        )
        if turn is not None:
            turns[row.id] = dt.datetime.fromtimestamp(turn, dt.UTC)
    _close(windows, now)
    return turns


def forget_old(now: dt.datetime) -> None:
    """Delete the counts of whom nothing was sent to, or from, for days."""
    Allowance.objects.filter(changed_at__lt=now - KEPT).delete()


class Room:
    """What the limits leave until `lasts` has gone by, for mails that can be queued later as well.

    Nothing is counted by asking; who is let in is counted when a worker takes their mail. So what
    is not urgent need not stand in a line and keep others waiting.
    """

    def __init__(self, now: dt.datetime, lasts: dt.timedelta):
        self._now, self._lasts = now, lasts.total_seconds()
        self._windows: dict[str, Window] = {}

    def admit(self, emails: Sequence[str], sender_id: int | None) -> list[bool]:
        """Tell for each of these addresses, in their order, whether a mail to it has room."""
        if not are_set():
            return [True] * len(emails)
        limits = [_limits(email, sender_id) for email in emails]
        self._look_up({key: rate for found in limits for key, rate in found.items()})
        return [self._take([self._windows[key] for key in found]) for found in limits]

    def _take(self, windows: Sequence[Window]) -> bool:
        if not all(one.admits(is_urgent=False, has_waited=False) for one in windows):
            return False
        for one in windows:
            one.use()
        return True

    def _look_up(self, rates: Mapping[str, Rate]) -> None:
        new = rates.keys() - self._windows.keys()
        rows = Allowance.objects.in_bulk(new, field_name="key") if new else {}
        for key in new:
            times = max(1, int(self._lasts // rates[key].seconds))
            rate = Rate(times * rates[key].mails, rates[key].seconds)
            row = rows.get(key) or Allowance(key=key)
            self._windows[key] = _window(row, rate, self._now)


def _limits(email: str, sender_id: int | None) -> dict[str, Rate]:
    """Return the limits one mail stands under; the system's own address has none as a sender."""
    found = {}
    if settings.RATE_PER_DOMAIN:
        domain = domain_of(email)
        rate = settings.RATE_PER_DOMAIN.get(domain) or settings.RATE_PER_DOMAIN.get("")
        if rate:
            found[f"@{domain}"] = rate
    if settings.RATE_PER_SENDER and sender_id:
        found[str(sender_id)] = settings.RATE_PER_SENDER
    return found


def _open(rates: Mapping[str, Rate], now: dt.datetime) -> dict[str, Window]:
    """Read and lock what was used, in the order of the keys: so nobody waits in a circle."""
    keys = sorted(rates)
    new = [Allowance(key=key, changed_at=now) for key in keys]
    Allowance.objects.bulk_create(new, ignore_conflicts=True)
    rows = Allowance.objects.filter(key__in=keys).select_for_update().order_by("key")
    return {row.key: _window(row, rates[row.key], now) for row in rows}


def _window(row: Allowance, rate: Rate, now: dt.datetime) -> Window:
    return Window(
        limit=rate.mails,
        seconds=rate.seconds,
        now=now.timestamp(),
        used={int(number): count for number, count in row.used.items()},
        line_end=row.line_end.timestamp() if row.line_end else 0.0,
    )


def _close(windows: Mapping[str, Window], now: dt.datetime) -> None:
    """Write down what is used now."""
    adapt = connection.ops.adapt_datetimefield_value
    used = Allowance._meta.get_field("used")
    rows = [
        (
            used.get_db_prep_save(one.used, connection),
            adapt(dt.datetime.fromtimestamp(one.line_end, dt.UTC)),
            adapt(now),
            key,
        )
        for key, one in sorted(windows.items())
    ]
    with connection.cursor() as cursor:
        cursor.executemany(UPDATE.format(table=Allowance._meta.db_table), rows)
