"""Taking back, within the grace after a save, what nobody has begun to send."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from django.db.models import Case, F, Max, QuerySet, When

from convoca.mail import wake
from convoca.mail.models import Delivery


@dataclass(frozen=True, slots=True)
class Held:
    """How many mails can still be withheld, and when the last of them leaves."""

    count: int
    until: dt.datetime


def held(deliveries: QuerySet[Delivery]) -> Held | None:
    """Return what can still be withheld of these; None when there is nothing."""
    rows = deliveries.filter(pk__in=Delivery.objects.held().values("pk"))
    until = rows.aggregate(until=Max("grace_until"))["until"]
    return Held(rows.count(), until) if until else None


def withhold(deliveries: QuerySet[Delivery]) -> int:
    """Take back what is held of these, to what the rows wanted before; return of how many.

    The database decides between this and a worker's claim: one conditional UPDATE. What the same
    save has told others stays told. Call it in a transaction; it wakes the worker on commit.
    """
    list(deliveries.select_for_update(of=("self",)).order_by("pk").values_list("pk"))
    before = Case(When(lease="", then=F("due_before")), default=F("due_at"))
    taken_back = Delivery.objects.held().filter(pk__in=deliveries.values("pk"))
    count = taken_back.update(wanted=F("wanted_before"), due_at=before, grace_until=None)
    wake.ring()
    return count


def forget(deliveries: QuerySet[Delivery], version: int) -> int:
    """End what grace these remember; return how many of them were given one for `version`."""
    rows = deliveries.filter(grace_until__isnull=False)
    count = rows.filter(wanted=version).count()
    rows.update(grace_until=None)
    return count
