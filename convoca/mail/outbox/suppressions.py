"""Who is not written to because the address does not exist, and how that ends."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable

from django.utils import timezone

from convoca.accounts.models import Team
from convoca.mail.models import Delivery, Suppression
from convoca.standards.ical.address import normalise

Reason = Delivery.Reason


def add(deliveries: Iterable[Delivery]) -> None:
    """Put the addresses of those deliveries on the list that failed because there is none."""
    gone = [one for one in deliveries if one.reason == Reason.UNKNOWN_ADDRESS]
    now = timezone.now()
    rows = [_row(one.team_id, one, now) for one in gone if one.team_id is not None]
    Suppression.objects.bulk_create(rows, ignore_conflicts=True)


def lift(team: Team, email: str) -> bool:
    """Take an address off the list, if it is on it: it was mended, or somebody tries again."""
    gone, _kinds = Suppression.objects.filter(team=team, email_key=normalise(email)).delete()
    return gone > 0


def dead(team: Team, keys: Collection[str]) -> set[str]:
    """Return which of some addresses are on a team's list."""
    rows = Suppression.objects.filter(team=team, email_key__in=keys)
    return set(rows.values_list("email_key", flat=True))


def among(teams: Collection[int]) -> set[tuple[int, str]]:
    """Return the suppressed addresses of some teams, each with its team's key."""
    rows = Suppression.objects.filter(team__in=teams)
    return set(rows.values_list("team_id", "email_key"))


def since(team: Team, only: str | None = None) -> dict[str, Suppression]:
    """Return a team's list by address, or what it says of one."""
    rows = Suppression.objects.filter(team=team)
    if only is not None:
        rows = rows.filter(email_key=only)
    return {row.email_key: row for row in rows}


def count(team: Team) -> int:
    """Return how many addresses are on a team's list."""
    return Suppression.objects.filter(team=team).count()


def _row(team_id: int, delivery: Delivery, now: dt.datetime) -> Suppression:
    return Suppression(
        team_id=team_id,
        email_key=normalise(delivery.email),
        words=delivery.last_error,
        created_at=now,
    )
