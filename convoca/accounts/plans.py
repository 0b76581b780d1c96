"""What each plan includes."""

from __future__ import annotations

from dataclasses import dataclass

from convoca.accounts.models import Plan

FREE_EVENTS_WITH_GUESTS = 10


@dataclass(frozen=True, slots=True)
class Terms:
    """What a team may use; None means without limit."""

    events_with_guests: int | None


TERMS: dict[str, Terms] = {
    Plan.FREE: Terms(events_with_guests=FREE_EVENTS_WITH_GUESTS),
    Plan.BUSINESS: Terms(events_with_guests=None),
}
