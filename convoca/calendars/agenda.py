"""What takes place in a span of time: singles and the dates of series, as one list."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from convoca.accounts.models import Membership
from convoca.calendars.models import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class Instance:
    """One date of an event.

    `start` and `end` are aware, in the event's zone; an all-day date runs from midnight to
    midnight in the viewer's zone. `event` is the row that describes this date (the override where
    there is one). `recurrence_id` is the original wall-clock start, None if it does not repeat.
    `is_mine`: the viewer hosts or is invited; `partstat` is then their own answer, "" for hosts.
    """

    event: Event
    start: dt.datetime
    end: dt.datetime
    all_day: bool
    recurrence_id: dt.datetime | None
    is_mine: bool
    partstat: str
    has_guests: bool


def instances(
    member: Membership,
    start: dt.datetime,
    end: dt.datetime,
    *,
    mine: bool = False,
    search: str = "",
) -> list[Instance]:
    """Return what takes place in [start, end) (aware), in order, cancelled events left out.

    `mine` keeps what the member hosts or is invited to; `search` keeps what has every word in
    title, place or description. The number of queries does not grow with the events.
    """
    raise NotImplementedError
