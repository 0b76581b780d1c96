"""How one address stands to an event: to the series, and to each of its dates."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass

from convoca.calendars import snapshot
from convoca.calendars.models import Attendee, Event
from convoca.standards.ical import model as ical
from convoca.standards.ical import moments, recurrence
from convoca.standards.ical.model import Partstat
from convoca.standards.itip.views import view

_LATEST = dt.timedelta(hours=12)  # an all-day date is over when it is over everywhere
_SOON = dt.timedelta(days=3_660)


@dataclass(frozen=True, slots=True, kw_only=True)
class Date:
    """One date on which the address takes part.

    `recurrence_id` is its original start as rows hold it (wall clock); `is_own` tells that their
    answer was given to this date, not to the series.
    """

    recurrence_id: dt.datetime
    start: ical.Moment
    end: ical.Moment
    partstat: Partstat
    is_own: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """The attendee rows of one address on one event.

    `whole` is that of the series or single event, None for who is on single dates only; `dates`
    are those on dates with a row of their own, by original start. `calendar` is the event with
    nobody else on it, `seen` what they may see of that.
    """

    event: Event
    whole: Attendee | None
    dates: dict[dt.datetime, Attendee]
    calendar: ical.Event
    seen: ical.Event | None

    @property
    def is_invited(self) -> bool:
        """Tell whether the address takes part in anything of it."""
        return self.whole is not None or bool(self.dates)

    @property
    def sequence(self) -> int:
        """Return the highest SEQUENCE of the event: an answer to what it is now answers that."""
        return self.calendar.sequence

    def only_date(self) -> dt.datetime | None:
        """Return the one date of somebody who is on no other."""
        return next(iter(self.dates)) if self.whole is None and len(self.dates) == 1 else None

    def date(self, recurrence_id: dt.datetime) -> Date | None:
        """Return one date, None where the event has it not, or not for this address."""
        original = snapshot.moment(self.event, recurrence_id)
        found = recurrence.instance_at(self.seen, original) if self.seen else None
        return self._date(found) if found else None

    def coming(self, now: dt.datetime, limit: int) -> list[Date]:
        """Return the next dates that are not over, at most `limit`, of the coming ten years."""
        if self.seen is None:
            return []
        found = recurrence.instances(self.seen, now, now + _SOON, limit=limit)
        return [date for one in found if (date := self._date(one))]

    def followers(self) -> Iterator[Attendee]:
        """Yield the rows on dates that have no answer of their own: the series' holds there.

        An answer that became void because the date moved is none.
        """
        for row in self.dates.values():
            if row.replied_at is None or row.partstat == Partstat.NEEDS_ACTION:
                yield row

    def _date(self, found: recurrence.Instance) -> Date | None:
        if found.recurrence_id is None:
            return None
        original = snapshot.wall(found.recurrence_id)
        row = self.dates.get(original)
        return Date(
            recurrence_id=original,
            start=found.start,
            end=found.end,
            partstat=found.component.attendees[0].partstat,
            is_own=row is not None and row.replied_at is not None,
        )


def of(event: Event, email_key: str, *, lock: bool = False) -> Standing:
    """Return how an address stands to an event; three queries.

    With `lock`, inside a transaction in which the event is locked, their rows are too.
    """
    overrides = list(event.overrides.all())
    rows = Attendee.objects.filter(event__in=[event, *overrides], email_key=email_key)
    if lock:
        rows = rows.select_for_update(of=("self",))
    mine = {row.event_id: row for row in rows.order_by("id")}
    for one in overrides:  # what they share is at hand already
        one.series, one.host, one.sender, one.team = event, event.host, event.sender, event.team
    for one in (event, *overrides):
        if one.pk in mine:
            mine[one.pk].event = one
    calendar = ical.Event(
        master=_component(event, mine),
        overrides=tuple(_component(one, mine) for one in overrides),
    )
    return Standing(
        event=event,
        whole=mine.get(event.pk),
        dates={
            one.recurrence_id: mine[one.pk]
            for one in overrides
            if one.recurrence_id and one.pk in mine and one.is_cancelled == event.is_cancelled
        },
        calendar=calendar,
        seen=view(calendar, email_key),
    )


def is_over(date: Date, now: dt.datetime) -> bool:
    """Tell whether a date has passed, in every zone where it could be told."""
    end = moments.instant(date.end)
    return (end if isinstance(date.end, dt.datetime) else end + _LATEST) <= now


def _component(row: Event, mine: dict[int, Attendee]) -> ical.VEvent:
    return snapshot.build(row, [mine[row.pk]] if row.pk in mine else [], ())
