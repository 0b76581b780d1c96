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
    dead = [one for one in deliveries if one.reason == Reason.UNKNOWN_ADDRESS]
    now = timezone.now()
    rows = [_row(one.team_id, one, now) for one in dead if one.team_id is not None]
    Suppression.objects.bulk_create(rows, ignore_conflicts=True)


def lift(team: Team, email: str) -> None:
    """Take an address off the list: it was mended, or somebody wants to try again."""
    Suppression.objects.filter(team=team, email_key=normalise(email)).delete()


def among(teams: Collection[int]) -> set[tuple[int, str]]:
    """Return the suppressed addresses of some teams, each with its team's key."""
    rows = Suppression.objects.filter(team__in=teams)
    return set(rows.values_list("team_id", "email_key"))


def since(team: Team) -> dict[str, Suppression]:
    """Return a team's list by address."""
    return {row.email_key: row for row in Suppression.objects.filter(team=team)}


def _row(team_id: int, delivery: Delivery, now: dt.datetime) -> Suppression:
    return Suppression(
        team_id=team_id,
        email_key=normalise(delivery.email),
        words=delivery.last_error,
        created_at=now,
    )
