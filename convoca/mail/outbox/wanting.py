"""Recording what thousands of addresses must hold, in one statement."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterable, Mapping
from typing import Any

from django.db import connection
from django.db.models import Case, F, PositiveIntegerField, QuerySet, Value, When
from django.utils import timezone

from convoca.accounts import bulk
from convoca.accounts.listing import texts
from convoca.accounts.models import Team
from convoca.mail import wake
from convoca.mail.models import Delivery, Sender
from convoca.mail.traffic import lanes

NO_GRACE = dt.timedelta()
LONGEST_GRACE = dt.timedelta(minutes=3)  # after which further saves postpone no more

_NOTHING = Value(0, output_field=PositiveIntegerField())

# Both databases read the addresses from one JSON parameter. A row that is being sent keeps its
# lease: it falls due again when that is completed. `WHERE true` is for SQLite's parser.
UPSERT = """
INSERT INTO {table} (key, email, {columns})
SELECT one.key, one.value, {values} FROM {addresses} AS one WHERE true
ON CONFLICT (key) DO UPDATE SET
    wanted = excluded.wanted, sender_id = excluded.sender_id, lane = excluded.lane,
    due_at = CASE WHEN {table}.lease <> '' THEN {table}.due_at
                  ELSE COALESCE({until}, excluded.due_at) END,
    grace_until = {until},
    grace_from = CASE WHEN {waits} THEN {table}.grace_from ELSE excluded.grace_from END,
    wanted_before = CASE WHEN {runs} THEN {table}.wanted_before ELSE {table}.wanted END,
    due_before = CASE WHEN {runs} THEN {table}.due_before
                      WHEN {table}.lease = '' THEN {table}.due_at END,
    {tries}
WHERE {table}.wanted < excluded.wanted
"""

# Whether the row was given a grace and nobody has claimed it, and whether that still runs.
WAITS = "({table}.grace_until IS NOT NULL AND {table}.claimed < {table}.wanted)"
RUNS = "({waits} AND {table}.grace_until > excluded.created_at)"

# The later of two ends, but what has waited for too long is postponed no more.
UNTIL = """
CASE WHEN ({waits} AND {table}.grace_from < %(oldest)s)
          OR ({runs} AND COALESCE({table}.grace_until > excluded.grace_until, true))
     THEN {table}.grace_until ELSE excluded.grace_until END
"""

# What the last version had come to is forgotten, but within a grace only when that is over.
TRIED = ("status", "attempts", "failing_since", "reason", "last_error")
TRY = """
{column} = CASE WHEN {runs} OR excluded.grace_until IS NOT NULL
                THEN {table}.{column} ELSE excluded.{column} END
"""


def want(
    addresses: Mapping[str, str],
    *,
    team: Team,
    sender: Sender | None,
    version: int,
    grace: dt.timedelta = NO_GRACE,
) -> dict[str, int]:
    """Record that each address must hold `version` now; return the delivery id per key.

    `addresses` maps the unique key of each delivery to its e-mail address. Call it inside the
    transaction that saves the event, for all its guests at once. What was not sent yet is
    replaced; a row being sent now is sent again afterwards. Nothing of it leaves before the end of
    the `grace`, nor before the end of one that still runs; `grace.withhold` takes it back until
    then. Wakes the worker on commit.
    """
    _lock(addresses)
    now = timezone.now()
    row = _new_row(team, sender, version, now, grace)
    given = {
        "addresses": json.dumps(dict(addresses)),
        "oldest": connection.ops.adapt_datetimefield_value(now - LONGEST_GRACE),
    }
    with connection.cursor() as cursor:
        cursor.execute(_upsert(row), row | given)
    wake.ring()
    return dict(Delivery.objects.filter(key__in=texts(addresses)).values_list("key", "id"))


def want_again(delivery: Delivery, *, sender: Sender | None) -> None:
    """Send what the address holds once more; what is on its way just now is enough."""
    want_all_again(Delivery.objects.filter(pk=delivery.pk), sender=sender)


def want_all_again(deliveries: QuerySet[Delivery], *, sender: Sender | None) -> None:
    """Send what these addresses hold once more, in one statement.

    The version they hold stays remembered, so that it can still be taken back. Of a version that
    takes two mails and got stuck after the first, the second is what is missing.
    """
    deliveries.filter(lease="").update(
        doubted=Case(When(sent__gt=0, half_sent=0, then=F("sent")), default=F("doubted")),
        sent=Case(When(half_sent__gt=0, then=F("sent")), default=_NOTHING),
        sender=sender,
        lane=lanes.of(sender),
        **_queued_now(),
    )
    wake.ring()


def remind(deliveries: QuerySet[Delivery]) -> list[int]:
    """Send what these addresses hold once more, as a reminder; return the ids of whose that is.

    Only where a mail has arrived and nothing is on its way: that reminds by itself. Call it in a
    transaction; it wakes the worker on commit.
    """
    idle = deliveries.filter(due_at=None, lease="", status=Delivery.Status.SENT, sent__gt=0)
    ids = list(idle.select_for_update(of=("self",)).order_by("pk").values_list("pk", flat=True))
    for some in bulk.batches(ids):
        Delivery.objects.filter(pk__in=some).update(is_reminder=True, **_queued_now())
    wake.ring()
    return ids


def readdress(delivery: Delivery, *, key: str, email: str, version: int) -> None:
    """Send `version` to another address; whatever went, or is going, to the old one is forgotten.

    Call it inside the transaction that corrects the address. Wakes the worker on commit.
    """
    Delivery.objects.filter(pk=delivery.pk).update(
        key=key,
        email=email,
        lane=lanes.server_of(delivery.lane),
        wanted=version,
        sent=0,
        half_sent=0,
        doubted=0,
        lease="",  # whoever is sending it finds that it is theirs no more
        **_queued_now(),
    )
    wake.ring()


def _queued_now() -> dict[str, Any]:
    """Return the columns of what is due at once, as if nothing had been tried."""
    return {
        "status": Delivery.Status.QUEUED,
        "due_at": timezone.now(),
        "grace_until": None,
        "attempts": 0,
        "failing_since": None,
        "reason": "",
        "last_error": "",
    }


def _upsert(columns: Iterable[str]) -> str:
    """Return the statement, for both databases and with named places for what it is given."""
    table = Delivery._meta.db_table
    waits = WAITS.format(table=table)
    runs = RUNS.format(table=table, waits=waits)
    is_json = "jsonb_each_text(%(addresses)s::jsonb)"
    return UPSERT.format(
        table=table,
        columns=", ".join(columns),
        values=", ".join(f"%({name})s" for name in columns),
        addresses=is_json if _is_postgresql() else "json_each(%(addresses)s)",
        runs=runs,
        waits=waits,
        until=UNTIL.format(table=table, waits=waits, runs=runs),
        tries=", ".join(TRY.format(table=table, runs=runs, column=name) for name in TRIED),
    )


def _lock(keys: Iterable[str]) -> None:
    """Lock the rows that are there by ascending id, as workers do: so nobody waits in a circle."""
    if _is_postgresql():
        statement = f"SELECT id FROM {Delivery._meta.db_table} WHERE key = ANY(%s) ORDER BY id"  # noqa: S608
        with connection.cursor() as cursor:
            cursor.execute(f"{statement} FOR UPDATE", [list(keys)])


def _new_row(
    team: Team, sender: Sender | None, version: int, now: dt.datetime, grace: dt.timedelta
) -> dict[str, Any]:
    """Return the columns of a new row, other than key and address, as the database takes them."""
    row = Delivery(
        kind=Delivery.Kind.INVITATION,
        team=team,
        sender=sender,
        lane=lanes.of(sender),
        wanted=version,
        due_at=now + grace,
        created_at=now,
        grace_from=now if grace else None,
        grace_until=now + grace if grace else None,
    )
    given = {"id", "key", "email"}
    return {
        str(field.column): field.get_db_prep_save(getattr(row, field.attname), connection)
        for field in Delivery._meta.concrete_fields
        if field.column not in given
    }


def _is_postgresql() -> bool:
    return connection.vendor == "postgresql"
