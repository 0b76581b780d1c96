"""The dates a rule makes, by arithmetic: a period is reached without walking through those before.

Only week and year-day numbers are left to dateutil; nobody's meeting uses them.
"""

from collections.abc import Callable, Iterator
from datetime import date, datetime, time, timedelta
from itertools import islice

from dateutil import rrule as dateutil_rrule

from convoca.standards.ical.rule import ByDay, Frequency, Rule

HORIZON = date(2200, 1, 1)
"""Where every expansion ends: a rule that never matches must not be followed for ever."""
_MONTH_LENGTHS = (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)


def dates(rule: Rule, first: date, last: date, not_before: date) -> Iterator[date]:
    """Yield the dates of the rule from `not_before` to `last`, in order.

    `first` is the date of DTSTART and always the first instance (RFC 5545, 3.8.5.3). `last` is
    where UNTIL or the asker's interest ends; COUNT is honoured here.
    """
    last = min(last, HORIZON)
    if max(first, not_before) > last:
        return
    if rule.count is not None:
        yield from _counted(rule, rule.count, first, last, not_before)
        return
    if first >= not_before:
        yield first
    yield from following(rule, first, last, max(not_before, first + timedelta(days=1)))


def _counted(rule: Rule, count: int, first: date, last: date, not_before: date) -> Iterator[date]:
    """Yield what COUNT lets through; an even step is reckoned, anything else walked."""
    step = _even_step(rule, first)
    if step is not None:
        end = first + min(count - 1, (last - first) // step) * step
        day = first + max(0, -((first - not_before) // step)) * step
        while day <= end:
            yield day
            day += step
        return
    if first >= not_before:
        yield first
    others = following(rule, first, last, first + timedelta(days=1))
    for day in islice(others, count - 1):
        if day >= not_before:
            yield day


def _even_step(rule: Rule, first: date) -> timedelta | None:
    """Return the constant distance between instances, when there is one."""
    if rule.by_month or rule.by_month_day or rule.by_set_position:
        return None
    if rule.frequency == Frequency.DAILY and not rule.by_day:
        return timedelta(days=rule.interval)
    if rule.frequency == Frequency.WEEKLY and rule.weekdays in ((), (first.weekday(),)):
        return timedelta(weeks=rule.interval)
    return None


def following(rule: Rule, first: date, last: date, not_before: date) -> Iterator[date]:
    """Yield what the rule itself makes, whether or not DTSTART is among it, COUNT aside."""
    if rule.by_week or rule.by_year_day:
        yield from _by_dateutil(rule, first, last, not_before)
        return
    for days in _PERIODS[rule.frequency](rule, first, last, not_before):
        for day in _chosen(rule, days):
            if day > last:
                return
            if day >= not_before:
                yield day


def _chosen(rule: Rule, days: list[date]) -> list[date]:
    """Apply BYSETPOS to the dates of one period."""
    if not rule.by_set_position:
        return days
    size = len(days)
    indexes = (at - 1 if at > 0 else size + at for at in rule.by_set_position)
    return sorted({days[index] for index in indexes if 0 <= index < size})


def _daily(rule: Rule, first: date, last: date, not_before: date) -> Iterator[list[date]]:
    step = timedelta(days=rule.interval)
    day = first + -((first - not_before) // step) * step
    while day <= last:
        yield [day] if _passes(rule, day) else []
        day += step


def _passes(rule: Rule, day: date) -> bool:
    """Tell whether the day passes the limits a daily rule can have."""
    if rule.by_month and day.month not in rule.by_month:
        return False
    if rule.by_day and day.weekday() not in rule.weekdays:
        return False
    return not rule.by_month_day or day.day in _month_days(rule, day.year, day.month)


def _weekly(rule: Rule, first: date, last: date, not_before: date) -> Iterator[list[date]]:
    step = timedelta(weeks=rule.interval)
    begin = first - timedelta(days=(first.weekday() - rule.week_start) % 7)
    begin += max(0, (not_before - begin) // step) * step
    weekdays = rule.weekdays or (first.weekday(),)
    offsets = sorted((weekday - rule.week_start) % 7 for weekday in weekdays)
    while begin <= last:
        days = [begin + timedelta(days=offset) for offset in offsets]
        yield [day for day in days if not rule.by_month or day.month in rule.by_month]
        begin += step


def _monthly(rule: Rule, first: date, last: date, not_before: date) -> Iterator[list[date]]:
    month = first.year * 12 + first.month - 1
    wanted = not_before.year * 12 + not_before.month - 1
    month += max(0, (wanted - month) // rule.interval) * rule.interval
    while month <= last.year * 12 + last.month - 1:
        year, index = divmod(month, 12)
        is_open = not rule.by_month or index + 1 in rule.by_month
        yield _days_in_month(rule, first, year, index + 1) if is_open else []
        month += rule.interval


def _yearly(rule: Rule, first: date, last: date, not_before: date) -> Iterator[list[date]]:
    year = first.year
    year += max(0, (not_before.year - year) // rule.interval) * rule.interval
    for each in range(year, last.year + 1, rule.interval):
        yield _days_in_year(rule, first, each)


def _days_in_year(rule: Rule, first: date, year: int) -> list[date]:
    if rule.by_day and not rule.by_month and not rule.by_month_day:
        begin, end = date(year, 1, 1), date(year, 12, 31)
        return sorted({day for one in rule.by_day for day in _weekdays_within(one, begin, end)})
    months = rule.by_month or (range(1, 13) if rule.by_month_day else (first.month,))
    return [day for month in months for day in _days_in_month(rule, first, year, month)]


def _days_in_month(rule: Rule, first: date, year: int, month: int) -> list[date]:
    if not rule.by_day:
        numbers = _month_days(rule, year, month) if rule.by_month_day else [first.day]
        return [date(year, month, day) for day in numbers if day <= _length(year, month)]
    begin, end = date(year, month, 1), date(year, month, _length(year, month))
    found = {day for one in rule.by_day for day in _weekdays_within(one, begin, end)}
    if rule.by_month_day:
        allowed = set(_month_days(rule, year, month))
        found = {day for day in found if day.day in allowed}
    return sorted(found)


def _month_days(rule: Rule, year: int, month: int) -> list[int]:
    """Return the numbers of BYMONTHDAY in this month, those from its end counted out."""
    length = _length(year, month)
    numbers = {day if day > 0 else length + 1 + day for day in rule.by_month_day}
    return sorted(day for day in numbers if 1 <= day <= length)


def _weekdays_within(one: ByDay, begin: date, end: date) -> list[date]:
    """Return the n-th such weekday from begin to end, or all of them."""
    earliest = begin + timedelta(days=(one.weekday - begin.weekday()) % 7)
    size = (end - earliest).days // 7 + 1
    if one.nth == 0:
        return [earliest + timedelta(weeks=index) for index in range(size)]
    index = one.nth - 1 if one.nth > 0 else size + one.nth
    return [earliest + timedelta(weeks=index)] if 0 <= index < size else []


def _length(year: int, month: int) -> int:
    is_leap = month == 2 and year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
    return 29 if is_leap else _MONTH_LENGTHS[month - 1]


def _by_dateutil(rule: Rule, first: date, last: date, not_before: date) -> Iterator[date]:
    begin = datetime.combine(first, time())
    found = dateutil_rrule.rrule(
        dateutil_rrule.YEARLY,
        dtstart=begin,
        until=datetime.combine(last, time()),
        interval=rule.interval,
        wkst=int(rule.week_start),
        bymonth=rule.by_month or None,
        byweekno=rule.by_week or None,
        byyearday=rule.by_year_day or None,
        bymonthday=rule.by_month_day or None,
        byweekday=[_dateutil_day(one) for one in rule.by_day] or None,
        bysetpos=rule.by_set_position or None,
    )
    for moment in found.xafter(begin, inc=True):
        if moment.date() >= not_before:
            yield moment.date()


def _dateutil_day(one: ByDay) -> dateutil_rrule.weekday:
    day = dateutil_rrule.weekdays[one.weekday]
    return day(one.nth) if one.nth else day


_Periods = Callable[[Rule, date, date, date], Iterator[list[date]]]
_PERIODS: dict[Frequency, _Periods] = {
    Frequency.DAILY: _daily,
    Frequency.WEEKLY: _weekly,
    Frequency.MONTHLY: _monthly,
    Frequency.YEARLY: _yearly,
}
