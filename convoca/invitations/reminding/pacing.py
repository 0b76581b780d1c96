"""When who has not answered is reminded: in their working hours, well before the deadline."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from functools import lru_cache
from zoneinfo import ZoneInfo

MOST = 2  # automatic reminders of one event to one guest
REST = dt.timedelta(hours=20)  # after any mail about the event
IN_TIME = dt.timedelta(hours=2)  # before the deadline, to answer in
FURTHEST = dt.timedelta(days=6)  # before the deadline nobody is reminded yet, wherever they live
OPENS, MORNING, CLOSES = dt.time(9), dt.time(10), dt.time(18)
DAY = dt.timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Turn:
    """When a reminder leaves, and the moment after which it does not any more."""

    at: dt.datetime
    until: dt.datetime


def next_turn(
    deadline: dt.datetime,
    zone: ZoneInfo,
    now: dt.datetime,
    *,
    heard_at: dt.datetime,
    nudged_at: dt.datetime | None = None,
) -> Turn | None:
    """Return when somebody who lives in `zone` is reminded next, None if not before the deadline.

    There are two occasions: the morning of the second last and of the last working day before the
    deadline's, Monday to Friday. What could not leave on the last one may until two hours before
    the deadline. An occasion is used up by any reminder since it began, also one that the host
    pressed (`nudged_at`). `heard_at` is when the last mail about the event reached them.
    """
    heard_at = max(heard_at, nudged_at or heard_at)
    for begins, ends in _occasions(deadline, zone):
        if nudged_at is not None and nudged_at >= begins:
            continue
        at = _working(max(begins, heard_at + REST, now), zone)
        if at < ends:
            return Turn(at, min(ends, _at(at.astimezone(zone).date(), CLOSES, zone)))
    return None


@lru_cache(maxsize=1_000)  # thousands of guests live in a few zones
def _occasions(
    deadline: dt.datetime, zone: ZoneInfo
) -> tuple[tuple[dt.datetime, dt.datetime], ...]:
    last = _working_day_before(deadline.astimezone(zone).date())
    second_last = _working_day_before(last)
    return (
        (_at(second_last, MORNING, zone), _at(second_last, CLOSES, zone)),
        (_at(last, MORNING, zone), deadline.astimezone(dt.UTC) - IN_TIME),
    )


def _working(moment: dt.datetime, zone: ZoneInfo) -> dt.datetime:
    """Return the first moment within working hours from `moment` on."""
    local = moment.astimezone(zone)
    day = local.date()
    if _works(day) and local.time() < CLOSES:
        return max(moment, _at(day, OPENS, zone))
    day += DAY
    while not _works(day):
        day += DAY
    return _at(day, OPENS, zone)


def _working_day_before(day: dt.date) -> dt.date:
    day -= DAY
    while not _works(day):
        day -= DAY
    return day


def _works(day: dt.date) -> bool:
    return day.weekday() < 5


def _at(day: dt.date, time: dt.time, zone: ZoneInfo) -> dt.datetime:
    """Return the instant in UTC, for clocks of one zone are compared by what they show."""
    return dt.datetime.combine(day, time, zone).astimezone(dt.UTC)
