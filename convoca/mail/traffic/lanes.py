"""In which line a mail waits: each server has one, and so has each domain that is in trouble.

A lane is named by the sender whose own server it is, by nothing where it is the system's; that of
a domain behind it adds `@domain`. A lane in trouble has a row of its own, a `Halt`.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from django.db import connection
from django.db.models import Q

from convoca.mail import wake
from convoca.mail.models import Delivery, Halt, Sender
from convoca.mail.transit import Claimed

SYSTEM = ""
KINDS = (Delivery.Kind.POST.value, Delivery.Kind.INVITATION.value)  # in the order they leave
TURN = dt.timedelta(minutes=3)  # above what one mail can take; see `take_turn`

# Jumps from one lane to the next by the index, however many mails each of them has.
DUE = """
WITH RECURSIVE lanes (lane) AS (
    SELECT (SELECT lane FROM {table} WHERE kind = %(kind)s AND due_at IS NOT NULL
            ORDER BY lane LIMIT 1)
    UNION ALL
    SELECT (SELECT one.lane FROM {table} AS one
            WHERE one.kind = %(kind)s AND one.due_at IS NOT NULL AND one.lane > lanes.lane
            ORDER BY one.lane LIMIT 1)
    FROM lanes WHERE lanes.lane IS NOT NULL
)
SELECT lane, (SELECT one.due_at FROM {table} AS one
              WHERE one.kind = %(kind)s AND one.due_at IS NOT NULL AND one.lane = lanes.lane
              ORDER BY one.due_at LIMIT 1)
FROM lanes WHERE lane IS NOT NULL
"""


@dataclass(frozen=True, slots=True)
class Lane:
    """A lane with mails, of which the first may leave at `opens_at`.

    `halts` are what it waits for until then, its server's first; a lane that had one is tried by
    one worker alone. `domains` are those that have lanes of their own behind this server.
    """

    kind: str
    name: str
    opens_at: dt.datetime
    halts: tuple[Halt, ...] = ()
    domains: frozenset[str] = frozenset()

    @property
    def server(self) -> str:
        """The lane of the server that this one goes through."""
        return server_of(self.name)

    @property
    def is_server_halted(self) -> bool:
        """Whether the server did not work when it was last tried."""
        return any(halt.lane == self.server for halt in self.halts)


@dataclass(frozen=True, slots=True)
class Claim:
    """Deliveries of one lane, which one worker alone may send until the lease ends."""

    lease: str
    lane: Lane
    deliveries: list[Claimed]


def of(sender: Sender | None) -> str:
    """Return the lane of the server that a sender's mails leave through."""
    return str(sender.pk) if sender is not None and sender.smtp_host else SYSTEM


def of_domain(server: str, domain: str) -> str:
    """Return the lane that one domain's mails have behind a server while it is in trouble."""
    return f"{server}@{domain}"


def server_of(lane: str) -> str:
    """Return the lane of the server behind which this one is; a server's is its own."""
    return lane.partition("@")[0]


def waiting(now: dt.datetime) -> list[Lane]:
    """Return all lanes with mails: first those of mails that somebody waits for, then the oldest.

    None while mails are paused. It costs a look at each lane: see `rounds.py`.
    """
    halts = _halts()
    return [lane for kind in KINDS for lane in _of_kind(kind, halts, now)]


def of_kind(kind: str, now: dt.datetime) -> list[Lane]:
    """Return the lanes with mails of one kind, that of the oldest first."""
    return _of_kind(kind, _halts(), now)


def ready(now: dt.datetime) -> list[Lane]:
    """Return the lanes from which something may leave now, in the same order."""
    return [lane for lane in waiting(now) if lane.opens_at <= now]


def as_it_is(lane: Lane, now: dt.datetime) -> Lane | None:
    """Return a lane that was ready a moment ago with its present halts; None if it is not now."""
    known = Q(lane__in=[Halt.EVERYTHING, lane.server, lane.name])
    rows = Halt.objects.filter(known | Q(lane__startswith=f"{lane.server}@"))
    halts = {halt.lane: halt for halt in rows}
    if Halt.EVERYTHING in halts:
        return None
    due_at = min(lane.opens_at, now)
    found = _lane(lane.kind, lane.name, due_at, halts, _domains(halts), now)
    return found if found.opens_at <= now else None


def take_turn(lane: Lane, now: dt.datetime) -> bool:
    """Be the one who tries a lane in trouble, on all machines; False when somebody else is.

    If nobody hears of it again, the next one's turn is some minutes later.
    """
    if not all(halt.is_over(now) for halt in lane.halts):
        return False
    for count, halt in enumerate(lane.halts):
        same = Halt.objects.filter(pk=halt.pk, tried_at=halt.tried_at)
        if not same.update(until=now + TURN, tried_at=now):
            for mine in lane.halts[:count]:
                Halt.objects.filter(pk=mine.pk).update(until=mine.until, tried_at=mine.tried_at)
            return False
    return True


def reroute(sender: Sender) -> None:
    """Let a sender's mails go by its present settings, and try its own server at once.

    Call it in the transaction that saves the settings.
    """
    Delivery.objects.filter(sender=sender, due_at__isnull=False).update(lane=of(sender))
    try_now(sender)


def try_now(sender: Sender) -> None:
    """Wait no longer for a sender's own server; the system's is everybody's."""
    if (name := of(sender)) != SYSTEM:
        Halt.objects.filter(Q(lane=name) | Q(lane__startswith=f"{name}@")).delete()
    wake.ring()


def forget_idle(now: dt.datetime) -> None:
    """Forget the trouble of those to whom nothing has been sent for a day."""
    Halt.objects.filter(until__lt=now - dt.timedelta(days=1)).delete()


def sender_of(lane: str) -> int | None:
    """Return the key of the sender whose own server a lane goes through; None: the system's."""
    return int(server_of(lane)) if server_of(lane) != SYSTEM else None


def halted(lane: str, halts: Iterable[Halt]) -> Halt | None:
    """Return which of these halts keeps a lane the longest."""
    found = [halt for halt in halts if halt.lane in {Halt.EVERYTHING, lane, server_of(lane)}]
    found.sort(key=lambda halt: (halt.until is None, halt.until))
    return found[-1] if found else None


def _halts() -> dict[str, Halt]:
    return {halt.lane: halt for halt in Halt.objects.all()}


def _of_kind(kind: str, halts: Mapping[str, Halt], now: dt.datetime) -> list[Lane]:
    if Halt.EVERYTHING in halts:
        return []
    domains = _domains(halts)
    return [
        _lane(kind, name, due_at, halts, domains, now)
        for name, due_at in sorted(_due(kind), key=lambda row: row[1])
    ]


def _lane(
    kind: str,
    name: str,
    due_at: dt.datetime,
    halts: Mapping[str, Halt],
    domains: Mapping[str, frozenset[str]],
    now: dt.datetime,
) -> Lane:
    own = tuple(halts[one] for one in dict.fromkeys((server_of(name), name)) if one in halts)
    ends = [halt.until for halt in own if halt.until and not halt.is_over(now)]
    return Lane(
        kind=kind,
        name=name,
        opens_at=max([due_at, *ends]),
        halts=own,
        domains=domains.get(name, frozenset()),
    )


def _domains(halts: Iterable[str]) -> dict[str, frozenset[str]]:
    """Return, for each server, the domains behind it that have lanes of their own."""
    found: dict[str, set[str]] = defaultdict(set)
    for name in halts:
        server, at, domain = name.partition("@")
        if at:
            found[server].add(domain)
    return {server: frozenset(names) for server, names in found.items()}


def _due(kind: str) -> list[tuple[str, dt.datetime]]:
    """Return each lane of such mails, and when the first of them falls due."""
    table = Delivery._meta.db_table
    due_at = Delivery._meta.get_field("due_at").get_col(table)
    converters = connection.ops.get_db_converters(due_at)
    with connection.cursor() as cursor:
        cursor.execute(DUE.format(table=table), {"kind": kind})
        rows = cursor.fetchall()
    for convert in converters:
        rows = [(lane, convert(value, due_at, connection)) for lane, value in rows]
    return rows
