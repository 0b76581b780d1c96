"""How an event repeats, in words: `every 2 weeks on Tuesday, until 15 December 2026`."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from babel.dates import format_date, format_skeleton
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from convoca.calendars.words.language import listed, locale
from convoca.standards.ical.model import Moment
from convoca.standards.ical.recurrence import BadRule, ByDay, Frequency, Rule, Weekday
from convoca.standards.ical.rule import last_date

_MOST_DATES = 6
_WORKDAYS = {0, 1, 2, 3, 4}


def repeat(
    rrule: str, start: Moment, rdates: Sequence[Moment] = (), exdates: Sequence[Moment] = ()
) -> str:
    """Put a repetition into words, "" if there is none.

    A rule that no sentence can hold is named by its frequency alone.
    """
    parts = []
    if rrule:
        try:
            rule = Rule.parse(rrule)
        except BadRule:
            return _("repeats")
        parts = [_days(rule, start), _end(rule, start)]
    if rdates:
        parts.append(_("also on %(dates)s") % {"dates": _dates(rdates)})
    if exdates and parts:
        parts.append(_("except on %(dates)s") % {"dates": _dates(exdates)})
    return ", ".join(part for part in parts if part)


def _days(rule: Rule, start: Moment) -> str:
    every = _every(rule)
    if rule.by_year_day or rule.by_week:
        return every
    if rule.frequency == Frequency.YEARLY:
        return _yearly(every, rule, start)
    if rule.frequency == Frequency.MONTHLY:
        return _in_months(_monthly(every, rule, start), rule)
    if rule.frequency == Frequency.WEEKLY and not rule.by_set_position:
        days = rule.by_day or (ByDay(weekday=Weekday(start.weekday())),)
        return _in_months(_on_weekdays(every, days), rule)
    if rule.by_day and not rule.by_set_position:
        return _in_months(_on_weekdays(every, rule.by_day), rule)
    return _in_months(every, rule)


def _every(rule: Rule) -> str:
    count = {"count": rule.interval}
    if rule.frequency == Frequency.DAILY:
        return ngettext("every day", "every %(count)d days", rule.interval) % count
    if rule.frequency == Frequency.WEEKLY:
        return ngettext("every week", "every %(count)d weeks", rule.interval) % count
    if rule.frequency == Frequency.MONTHLY:
        return ngettext("every month", "every %(count)d months", rule.interval) % count
    return ngettext("every year", "every %(count)d years", rule.interval) % count


def _on_weekdays(every: str, days: Sequence[ByDay]) -> str:
    numbers = {one.weekday for one in days}
    if numbers == _WORKDAYS:
        return _("%(every)s, Monday to Friday") % {"every": every}
    names = listed([_repeated_weekday(number) for number in sorted(numbers)])
    return _("%(every)s on %(weekdays)s") % {"every": every, "weekdays": names}


def _monthly(every: str, rule: Rule, start: Moment) -> str:
    if rule.by_set_position or (rule.by_day and rule.by_month_day):
        return every
    if rule.by_day:
        return _("%(every)s on %(which)s") % {"every": every, "which": _nth_weekdays(rule.by_day)}
    numbers = rule.by_month_day or (start.day,)
    if numbers == (-1,):
        return _("%(every)s on the last day") % {"every": every}
    if min(numbers) < 0:
        return every
    days = listed([str(number) for number in numbers])
    return ngettext("%(every)s on day %(days)s", "%(every)s on days %(days)s", len(numbers)) % {
        "every": every,
        "days": days,
    }


def _yearly(every: str, rule: Rule, start: Moment) -> str:
    if rule.by_set_position or (rule.by_day and rule.by_month_day):
        return every
    if rule.by_day:
        which = _("%(every)s on %(which)s") % {
            "every": every,
            "which": _nth_weekdays(rule.by_day),
        }
        return _in_months(which, rule)
    days = rule.by_month_day or (start.day,)
    months = rule.by_month or (start.month,)
    if min(days) < 0:
        return _in_months(every, rule)
    dates = [_day_of_year(month, number) for month in months for number in days]
    return _("%(every)s on %(dates)s") % {"every": every, "dates": listed(dates)}


def _in_months(words: str, rule: Rule) -> str:
    if not rule.by_month:
        return words
    names = [locale().months["stand-alone"]["wide"][month] for month in rule.by_month]
    return _("%(days)s in %(months)s") % {"days": words, "months": listed(names)}


def _nth_weekdays(days: Sequence[ByDay]) -> str:
    return listed([_nth_weekday(one) for one in days])


def _nth_weekday(one: ByDay) -> str:
    if not one.nth:
        return _repeated_weekday(one.weekday)
    ordinals = {
        1: pgettext("weekday of a month", "the first %(weekday)s"),
        2: pgettext("weekday of a month", "the second %(weekday)s"),
        3: pgettext("weekday of a month", "the third %(weekday)s"),
        4: pgettext("weekday of a month", "the fourth %(weekday)s"),
        5: pgettext("weekday of a month", "the fifth %(weekday)s"),
        -1: pgettext("weekday of a month", "the last %(weekday)s"),
        -2: pgettext("weekday of a month", "the second to last %(weekday)s"),
    }
    weekday = locale().days["format"]["wide"][one.weekday]
    if one.nth in ordinals:
        return ordinals[one.nth] % {"weekday": weekday}
    which = (
        _("%(weekday)s number %(number)d")
        if one.nth > 0
        else _("%(weekday)s number %(number)d from the end")
    )
    return which % {"weekday": weekday, "number": abs(one.nth)}


def _repeated_weekday(number: int) -> str:
    return (
        pgettext("every week on", "Monday"),
        pgettext("every week on", "Tuesday"),
        pgettext("every week on", "Wednesday"),
        pgettext("every week on", "Thursday"),
        pgettext("every week on", "Friday"),
        pgettext("every week on", "Saturday"),
        pgettext("every week on", "Sunday"),
    )[number]


def _end(rule: Rule, start: Moment) -> str:
    if rule.count is not None:
        return ngettext("once", "%(count)d times", rule.count) % {"count": rule.count}
    if rule.until is not None:
        return _("until %(date)s") % {"date": _long_date(last_date(rule, start))}
    return ""


def _dates(moments: Sequence[Moment]) -> str:
    shown = [_long_date(moment) for moment in sorted(moments)[:_MOST_DATES]]
    hidden = len(moments) - len(shown)
    if hidden:
        shown.append(
            ngettext("%(count)d more date", "%(count)d more dates", hidden) % {"count": hidden}
        )
    return listed(shown)


def _long_date(moment: Moment) -> str:
    return format_date(moment, "long", locale=locale())


def _day_of_year(month: int, number: int) -> str:
    leap_year = 2024
    try:
        return format_skeleton("MMMMd", dt.date(leap_year, month, number), locale=locale())
    except ValueError:
        return f"{number}/{month}"
