"""The instances of an event: where a series takes place, and when it ends."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from functools import lru_cache
from heapq import merge
from itertools import islice

from convoca.standards.ical import moments
from convoca.standards.ical.dates import HORIZON, dates, following
from convoca.standards.ical.model import Event, Moment, VEvent
from convoca.standards.ical.rule import (
    BadRule,
    ByDay,
    Frequency,
    MonthlyKind,
    Rule,
    Weekday,
    check,
    last_date,
)

__all__ = [
    "BadRule",
    "ByDay",
    "Frequency",
    "Instance",
    "MonthlyKind",
    "Rule",
    "Weekday",
    "aligned_start",
    "at_day",
    "check",
    "end_of",
    "has_instance",
    "instance_at",
    "instances",
    "is_over",
    "span_end",
    "span_start",
    "takes_place",
]

_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Instance:
    """One date on which an event takes place.

    `recurrence_id` is the original start, None for an event that does not repeat. `component` is
    the VEVENT that describes this date.
    """

    start: Moment
    end: Moment
    recurrence_id: Moment | None
    component: VEvent


def instances(
    event: Event | VEvent,
    window_start: datetime,
    window_end: datetime,
    *,
    limit: int = 10_000,
    day_zone: tzinfo = UTC,
) -> Iterator[Instance]:
    """Yield what takes place within the window, in order of start, at most `limit` of it.

    An instance counts when it overlaps `window_start` <= t < `window_end` (both aware). All-day
    events last from midnight to midnight in `day_zone`. EXDATEs, RDATEs and overrides are
    honoured, cancelled ones left out; wall time is kept across daylight saving.
    """
    whole = _as_event(event)

    def order(one: Instance) -> datetime:
        return moments.instant(one.start, day_zone)

    def is_within(one: Instance) -> bool:
        start, end = order(one), moments.instant(one.end, day_zone)
        return start < window_end and (end > window_start or start == end == window_start)

    changed = sorted(_overridden(whole), key=order)
    regular = _regular(whole, window_start, window_end)
    found = (one for one in merge(regular, changed, key=order) if is_within(one))
    return islice(found, limit)


def has_instance(event: Event, recurrence_id: Moment) -> bool:
    """Tell whether the series has an instance that originally starts at this instant."""
    return instance_at(event, recurrence_id) is not None


def instance_at(event: Event, recurrence_id: Moment) -> Instance | None:
    """Return the instance that originally starts at this instant, whatever zone it is told in.

    A date asks for the instance of that day. An event that does not repeat has none.
    """
    if event.master is not None and event.master.is_all_day and isinstance(recurrence_id, datetime):
        recurrence_id = recurrence_id.date()
    is_date = not isinstance(recurrence_id, datetime)

    def matches(one: Instance) -> bool:
        original = one.recurrence_id
        if original is None:
            return False
        if is_date:
            return moments.day(original) == recurrence_id
        return moments.key(original) == moments.key(recurrence_id)

    around = moments.instant(recurrence_id)
    near = _regular(event, around - 2 * _DAY, around + 2 * _DAY)
    return next((one for one in (*_overridden(event), *near) if matches(one)), None)


def span_start(event: Event | VEvent, day_zone: tzinfo = UTC) -> datetime:
    """Return the instant (UTC) before which nothing of the event takes place."""
    parts = _as_event(event).components()
    starts = [moment for part in parts for moment in (part.start, *part.rdates)]
    return min(moments.instant(start, day_zone) for start in starts)


def span_end(event: Event | VEvent, day_zone: tzinfo = UTC) -> datetime | None:
    """Return the instant (UTC) after which nothing of it takes place, None when it never ends."""
    whole = _as_event(event)
    ends = [moments.instant(part.end, day_zone) for part in whole.components()]
    master = whole.master
    if master is None or not master.is_recurring:
        return max(ends)
    length = moments.duration(master)
    ends += [moments.instant(extra, day_zone) + length for extra in master.rdates]
    if master.rrule:
        last = _last_start(master.rrule, master.start, moments.zone_key(master.start))
        if last is None:
            return None
        ends.append(moments.instant(last, day_zone) + length)
    return max(ends)


def is_over(event: Event, now: datetime) -> bool:
    """Tell whether all of it lies in the past."""
    end = span_end(event)
    return end is not None and end <= now


def takes_place(event: Event) -> bool:
    """Tell whether there is any date on which it takes place."""
    if event.is_cancelled:
        return False
    first = span_start(event) - _DAY
    return any(instances(event, first, datetime.combine(HORIZON, time(), UTC), limit=1))


def aligned_start(rrule: str, start: Moment) -> Moment:
    """Return the first moment from `start` on that the rule itself hits.

    For forms: "every Tuesday", begun on a Monday, begins on the Tuesday. Returns `start` when the
    rule hits nothing.
    """
    rule, first = check(rrule, start), moments.day(start)
    last = min(last_date(rule, start), HORIZON)
    return at_day(next(following(rule, first, last, first), first), start)


def _as_event(event: Event | VEvent) -> Event:
    if isinstance(event, Event):
        return event
    if event.recurrence_id is None:
        return Event(master=event)
    return Event(master=None, overrides=(event,))


def _overridden(event: Event) -> Iterator[Instance]:
    """Yield the changed instances that take place."""
    for part in event.overrides:
        if not part.is_cancelled:
            yield Instance(
                start=part.start, end=part.end, recurrence_id=part.recurrence_id, component=part
            )


def _regular(event: Event, window_start: datetime, window_end: datetime) -> Iterator[Instance]:
    """Yield the instances of the master near the window that no override replaces."""
    master = event.master
    if master is None or master.is_cancelled:
        return
    if not master.is_recurring:
        yield Instance(start=master.start, end=master.end, recurrence_id=None, component=master)
        return
    replaced = {moments.key(part.recurrence_id) for part in event.overrides if part.recurrence_id}
    replaced |= {moments.key(moment) for moment in master.exdates}
    has_plain_days = not master.is_all_day and any(type(one) is date for one in replaced)
    length = moments.duration(master)
    for start in _starts(master, window_start - length - _DAY, window_end + _DAY):
        if moments.key(start) in replaced or (has_plain_days and moments.day(start) in replaced):
            continue
        yield Instance(
            start=start, end=end_of(master, start), recurrence_id=start, component=master
        )


def _starts(master: VEvent, after: datetime, before: datetime) -> Iterator[Moment]:
    """Yield the starts that rule and RDATEs make between two instants, each once, in order."""
    zone = master.start.tzinfo if isinstance(master.start, datetime) else UTC
    not_before, last = after.astimezone(zone).date(), before.astimezone(zone).date()
    made = _rule_starts(master, not_before, last)
    extra = sorted((moments.like(one, master.start) for one in master.rdates), key=moments.instant)
    near = [one for one in extra if not_before <= moments.day(one) <= last]
    previous: Moment | None = None
    for start in merge(made, near, key=moments.instant):
        if start != previous:
            yield start
        previous = start


def _rule_starts(master: VEvent, not_before: date, last: date) -> Iterator[Moment]:
    first = moments.day(master.start)
    if not master.rrule:
        if not_before <= first <= last:
            yield master.start
        return
    rule = Rule.parse(master.rrule)
    end = min(last, last_date(rule, master.start))
    for day in dates(rule, first, end, not_before):
        yield at_day(day, master.start)


def at_day(day: date, pattern: Moment) -> Moment:
    """Return the wall time of `pattern` on another day."""
    if not isinstance(pattern, datetime):
        return day
    return datetime.combine(day, pattern.time(), pattern.tzinfo)


def end_of(master: VEvent, start: Moment) -> Moment:
    """Return when the instance that starts then ends: after the exact duration."""
    if not isinstance(start, datetime):
        return start + moments.duration(master)
    end = moments.instant(start) + moments.duration(master)
    zone = master.end.tzinfo if isinstance(master.end, datetime) else UTC
    return end.astimezone(zone)


@lru_cache(maxsize=1024)  # asked again and again of the same few series
def _last_start(rrule: str, start: Moment, _zone: str) -> Moment | None:
    """Return the last start the rule makes, None when it makes them for ever.

    The zone makes equal instants of two zones two questions: their wall-clock times differ.
    """
    rule = Rule.parse(rrule)
    first = moments.day(start)
    if rule.count is None and rule.until is None:
        return None
    end = min(last_date(rule, start), HORIZON)
    back = timedelta(days=62 if rule.count is None else 400_000)
    while True:
        begin = first if end - first <= back else end - back
        found = None
        for found in dates(rule, first, end, begin):  # noqa: B007
            pass
        if found is not None:
            return at_day(found, start)
        if begin == first:
            return start
        back *= 8
