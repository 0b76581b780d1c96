"""A series moved as a whole: the rule that makes every date move as its first one does."""

from calendar import monthrange
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta

from convoca.standards.ical import moments
from convoca.standards.ical.model import Moment
from convoca.standards.ical.rule import (
    BadRule,
    ByDay,
    Frequency,
    Rule,
    Weekday,
    fitting_until,
    last_date,
)


def moved(rrule: str, start: Moment, to: Moment) -> str:
    """Return the rule for a series whose DTSTART moves from `start` to `to`.

    Weekdays and days of the month follow; UNTIL does where the series would lose its last date.
    Raise BadRule where no rule says so: the last workday of the month, a day later.
    """
    rule = Rule.parse(rrule)
    days = moments.day(to) - moments.day(start)
    if days:
        rule = _turned(rule, days.days, moments.day(start), moments.day(to))
    return str(_kept_to_its_end(rule, start, to, days))


def _turned(rule: Rule, days: int, start: date, to: date) -> Rule:
    if rule.by_year_day or rule.by_week or rule.by_set_position:
        raise BadRule("the days of this rule cannot be moved")
    if rule.frequency in (Frequency.DAILY, Frequency.WEEKLY):
        if rule.by_month or rule.by_month_day:
            raise BadRule("the months of this rule cannot be moved")
        return _turned_week(rule, days)
    return replace(
        rule,
        by_day=_on_weekday(rule, to),
        by_month_day=_on_day(rule.by_month_day, to),
        by_month=_in_month(rule, start, to),
    )


def _turned_week(rule: Rule, days: int) -> Rule:
    """Turn the weekdays; where weeks are left out, the week begins as many days later."""
    by_day = tuple(sorted(ByDay(weekday=_later(one.weekday, days)) for one in rule.by_day))
    if rule.interval == 1 or len(by_day) < 2:
        return replace(rule, by_day=by_day)
    return replace(rule, by_day=by_day, week_start=_later(rule.week_start, days))


def _later(weekday: Weekday, days: int) -> Weekday:
    return Weekday((weekday + days) % 7)


def _on_weekday(rule: Rule, to: date) -> tuple[ByDay, ...]:
    if not rule.by_day:
        return ()
    is_of_year = rule.frequency == Frequency.YEARLY and not rule.by_month
    if len(rule.by_day) > 1 or not rule.by_day[0].nth or rule.by_month_day or is_of_year:
        raise BadRule("the weekdays of this rule cannot be moved")
    was_last = rule.by_day[0].nth < 0
    is_last = to.day + 7 > _length_of_month(to)
    nth = (to.day - 1) // 7 + 1
    if is_last and (was_last or nth == 5):
        nth = -1
    return (ByDay(weekday=Weekday(to.weekday()), nth=nth),)


def _on_day(by_month_day: Sequence[int], to: date) -> tuple[int, ...]:
    if not by_month_day:
        return ()
    if len(by_month_day) > 1:
        raise BadRule("the days of this rule cannot be moved")
    is_last = to.day == _length_of_month(to)
    return (-1,) if by_month_day[0] < 0 and is_last else (to.day,)


def _in_month(rule: Rule, start: date, to: date) -> tuple[int, ...]:
    if len(rule.by_month) == 1 and rule.frequency == Frequency.YEARLY:
        return (to.month,)
    if rule.by_month and start.month != to.month:
        raise BadRule("the months of this rule cannot be moved")
    return rule.by_month


def _length_of_month(day: date) -> int:
    return monthrange(day.year, day.month)[1]


def _kept_to_its_end(rule: Rule, start: Moment, to: Moment, days: timedelta) -> Rule:
    """Move UNTIL where the last date would fall behind it, or another come before it."""
    if rule.until is None:
        return rule
    last = last_date(rule, start) + days
    if last_date(rule, to) == last:
        return rule
    return replace(rule, until=fitting_until(last, to))
