"""Put a fact on a member's bell, once; count and read what is there."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from convoca.accounts.models import Membership
from convoca.calendars.models import Event
from convoca.notifications.models import Notification

_KEEP_READ = dt.timedelta(days=90)
_KEEP_UNREAD = dt.timedelta(days=365)


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Notifications that are read together: consecutive answers to one event, else a single one."""

    newest: Notification
    others: tuple[Notification, ...] = ()

    @property
    def all(self) -> tuple[Notification, ...]:
        """Return all of them, newest first."""
        return (self.newest, *self.others)

    @property
    def is_unread(self) -> bool:
        """Tell whether any of them has not been read."""
        return any(one.read_at is None for one in self.all)


def tell(
    member: Membership,
    kind: Notification.Kind,
    event: Event | None,
    facts: Mapping[str, Any],
    key: str,
) -> Notification | None:
    """Ring a member's bell; return None if this key has been told before."""
    told = tell_all([member], kind, event, facts, key)
    return told[0] if told else None


def tell_all(
    members: Iterable[Membership],
    kind: Notification.Kind,
    event: Event | None,
    facts: Mapping[str, Any],
    key: str,
) -> list[Notification]:
    """Ring the bells of several members at once; return what is new to them."""
    rows = {
        member.pk: Notification(member=member, kind=kind, event=event, facts=dict(facts), key=key)
        for member in members
    }
    ours = {row.pk for row in tell_each(rows.values())}
    stored = Notification.objects.filter(pk__in=ours) if ours else Notification.objects.none()
    return list(stored.select_related("member__user", "member__team", "event").order_by("id"))


def tell_each(facts: Iterable[Notification]) -> list[Notification]:
    """Ring a bell for each of these, not saved yet; return what is new, oldest first, saved."""
    rows = list(facts)
    if not rows:
        return []
    before = Notification.objects.filter(
        member__in={row.member_id for row in rows}, key__in={row.key for row in rows}
    )
    known = set(before.values_list("member_id", "key"))
    new = {row.public_id: row for row in rows if (row.member_id, row.key) not in known}
    Notification.objects.bulk_create(new.values(), ignore_conflicts=True)
    stored = Notification.objects.filter(public_id__in=new).order_by("id")
    for public_id, pk in stored.values_list("public_id", "pk"):
        new[public_id].pk = pk
    return sorted((row for row in new.values() if row.pk), key=lambda row: row.pk)


@transaction.atomic
def tell_together(
    member: Membership,
    kind: Notification.Kind,
    event: Event,
    facts: Callable[[dt.datetime | None], Mapping[str, Any]],
    key: str,
) -> Notification:
    """Ring a member's bell, or bring up to date the line of this `key` that is still unread.

    `facts` is asked for all that the line says; it is given when the line before it was read, None
    if there was none. However many tell at once, they write one line, one after the other.
    """
    lines = Notification.objects.filter(member=member, key__startswith=f"{key}:").order_by("-id")
    before = lines.first()
    if before is None or before.read_at is not None:
        name = f"{key}:{before.pk if before else 0}"
        new = Notification(member=member, kind=kind, event=event, key=name)
        Notification.objects.bulk_create([new], ignore_conflicts=True)
    line = lines.select_for_update(of=("self",)).select_related("member__user", "member__team")[0]
    if line.read_at is not None:  # just now
        return tell_together(member, kind, event, facts, key)
    read = lines.filter(pk__lt=line.pk).first()
    line.facts |= facts(read.read_at if read else None)
    line.save(update_fields=["facts"])
    return line


def known(keys: Iterable[str]) -> set[str]:
    """Return which of these facts have been told to somebody."""
    return set(Notification.objects.filter(key__in=list(keys)).values_list("key", flat=True))


def unread(member: Membership) -> int:
    """Return the number on the bell."""
    return Notification.objects.filter(member=member, read_at=None).count()


def mark_read(member: Membership, notifications: Iterable[Notification] | None = None) -> int:
    """Mark these as read, or everything; return how many were not before."""
    theirs = Notification.objects.filter(member=member, read_at=None)
    if notifications is not None:
        theirs = theirs.filter(pk__in=[one.pk for one in notifications])
    return theirs.update(read_at=timezone.now())


def page(member: Membership, *, before: int | None = None, limit: int = 30) -> list[Group]:
    """Return the newest notifications, grouped; `before` is the id to go on from."""
    rows = Notification.objects.filter(member=member).select_related("event__host__user")
    if before is not None:
        rows = rows.filter(pk__lt=before)
    groups: list[list[Notification]] = []
    for row in rows[:limit]:
        if groups and _belong_together(groups[-1][-1], row):
            groups[-1].append(row)
        else:
            groups.append([row])
    return [Group(newest=group[0], others=tuple(group[1:])) for group in groups]


def since(last_id: int, members: Collection[int], limit: int = 5_000) -> list[tuple[int, int]]:
    """Return (id, member's id) of what these were told after `last_id`, the newest ones first."""
    rows = Notification.objects.filter(pk__gt=last_id, member__in=members).order_by("-id")
    return list(rows.values_list("id", "member_id")[:limit])


def forget_old(now: dt.datetime) -> int:
    """Delete what was read three months ago or told a year ago; return how many."""
    old = Q(read_at__lt=now - _KEEP_READ) | Q(created_at__lt=now - _KEEP_UNREAD)
    return Notification.objects.filter(old).delete()[0]


def _belong_together(newer: Notification, older: Notification) -> bool:
    answers = newer.kind == older.kind == Notification.Kind.ANSWER
    return answers and newer.event_id == older.event_id and newer.event_id is not None
