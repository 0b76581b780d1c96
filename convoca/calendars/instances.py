"""One date of a series, and those that come: for the pages that show them."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable
from copy import copy
from dataclasses import dataclass

from convoca.calendars import snapshot
from convoca.calendars.models import Attendee, Event
from convoca.standards.ical import recurrence

SHOWN = 10
FURTHEST = dt.timedelta(days=5 * 366)


@dataclass(frozen=True, slots=True, kw_only=True)
class SeriesDate:
    """One date as a list shows it; `regular` is what the series would have it be.

    `row` is to be read only, see `at`.
    """

    row: Event
    regular: Event
    is_cancelled: bool = False
    has_other_attendees: bool = False

    @property
    def recurrence_id(self) -> dt.datetime:
        """Return its original wall-clock start, by which it is named."""
        return self.regular.start

    @property
    def is_moved(self) -> bool:
        return any(
            getattr(self.row, field) != getattr(self.regular, field)
            for field in ("start", "end", "timezone", "all_day")
        )


def at(event: Event, recurrence_id: dt.datetime) -> Event | None:
    """Return the row that describes one date of a series; None where it does not take place.

    That is its override, or a copy of the master put on that date: to be read, never to be saved.
    """
    if event.is_cancelled:
        return None
    times = snapshot.times(event)
    asked = recurrence_id.date() if event.all_day else recurrence_id.replace(tzinfo=event.zone)
    found = recurrence.instance_at(times, asked)
    if found is None or found.recurrence_id is None:
        return None
    original = snapshot.wall(found.recurrence_id)
    override = next((row for row in event.overrides.all() if row.recurrence_id == original), None)
    return override or _put(event, original)


def coming(event: Event, now: dt.datetime, most: int = SHOWN) -> list[SeriesDate]:
    """Return the dates of a series from `now` on, those called off among them, in order."""
    if event.is_cancelled:
        return []
    changed = {row.recurrence_id: row for row in event.overrides.all()}
    begin = max(now, event.span_start)
    window = recurrence.instances(
        snapshot.times(event), begin, begin + FURTHEST, limit=most, day_zone=event.zone
    )
    originals = [snapshot.wall(one.recurrence_id) for one in window if one.recurrence_id]
    rows = {original: changed.get(original) or _put(event, original) for original in originals}
    last = max(originals) if len(originals) == most else None
    others = _with_other_attendees(event, [row for row in rows.values() if row.series_id])
    dates = [
        SeriesDate(
            row=row,
            regular=_put(event, original),
            has_other_attendees=row.pk in others,
        )
        for original, row in rows.items()
    ]
    gone = [
        SeriesDate(row=_put(event, original), regular=_put(event, original), is_cancelled=True)
        for original in _called_off(event, changed.values())
        if original.replace(tzinfo=event.zone) >= now and (last is None or original < last)
    ]
    return sorted([*dates, *gone[:most]], key=lambda one: (one.row.start, one.recurrence_id))


def _called_off(event: Event, changed: Iterable[Event]) -> list[dt.datetime]:
    """Return the original starts of the dates that do not take place, in order."""
    excluded = {dt.datetime.fromisoformat(wall) for wall in event.exdates}
    cancelled = {row.recurrence_id for row in changed if row.is_cancelled and row.recurrence_id}
    return sorted(excluded | cancelled)


def _put(event: Event, original: dt.datetime) -> Event:
    """Return a copy of the master as it would be on one of its dates."""
    row = copy(event)
    row.start, row.end = original, original + (event.end - event.start)
    row.recurrence_id = original
    return row


def _with_other_attendees(event: Event, overrides: list[Event]) -> set[int]:
    """Return which overrides invite other people or rooms than the series does."""
    if not overrides:
        return set()
    invited: defaultdict[int, set[tuple[str, int | None]]] = defaultdict(set)
    rows = Attendee.objects.filter(event__in=[event, *overrides])
    for pk, email_key, room_id in rows.values_list("event_id", "email_key", "room_id"):
        invited[pk].add((email_key, room_id))
    return {row.pk for row in overrides if invited[row.pk] != invited[event.pk]}
