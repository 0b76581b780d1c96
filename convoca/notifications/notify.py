"""Put a fact on a member's bell, once; count and read what is there."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from convoca.accounts.models import Membership
from convoca.calendars.models import Event
from convoca.notifications.models import Notification


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Notifications that are read together: consecutive answers to one event, else a single one."""

    newest: Notification
    others: tuple[Notification, ...] = ()


def tell(
    member: Membership,
    kind: Notification.Kind,
    event: Event | None,
    facts: Mapping[str, Any],
    key: str,
) -> Notification | None:
    """Ring a member's bell; return None if this key has been told before."""
    raise NotImplementedError


def unread(member: Membership) -> int:
    """Return the number on the bell."""
    raise NotImplementedError


def mark_read(member: Membership, notifications: Iterable[Notification] | None = None) -> int:
    """Mark these as read, or everything; return how many were not before."""
    raise NotImplementedError


def page(member: Membership, *, before: int | None = None, limit: int = 30) -> list[Group]:
    """Return the newest notifications, grouped; `before` is the id to go on from."""
    raise NotImplementedError


def since(last_id: int, limit: int = 500) -> list[Notification]:
    """Return what was told after `last_id`, oldest first, for the live bell."""
    raise NotImplementedError


def forget_old(now: dt.datetime) -> int:
    """Delete what was read three months ago or told a year ago; return how many."""
    raise NotImplementedError
