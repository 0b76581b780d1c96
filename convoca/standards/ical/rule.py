"""The repetition rule (RRULE): its parts, its one spelling, and whether it can be followed."""

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from enum import IntEnum, StrEnum
from typing import Any

from convoca.standards.ical.model import Moment

MAX_COUNT = 10_000
MAX_INTERVAL = 1_000
_MAX_LENGTH = 1_000


class BadRule(ValueError):
    """A repetition rule that cannot be followed; the text says why."""


class Frequency(StrEnum):
    """The frequencies accepted; anything below a day is refused."""

    DAILY = "DAILY"
    WEEKLY = "WEEKLY"
    MONTHLY = "MONTHLY"
    YEARLY = "YEARLY"


class Weekday(IntEnum):
    """A day of the week as `date.weekday()` counts."""

    MO = 0
    TU = 1
    WE = 2
    TH = 3
    FR = 4
    SA = 5
    SU = 6


class MonthlyKind(StrEnum):
    """How a monthly or yearly rule names its day."""

    DAY = "DAY"
    """On the same day of the month: the 14th."""
    WEEKDAY = "WEEKDAY"
    """On the n-th weekday: the second Tuesday, the last Friday."""


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class ByDay:
    """One entry of BYDAY; `nth` is 0 for every such day, -1 for the last one."""

    weekday: Weekday
    nth: int = 0

    def __str__(self) -> str:
        return f"{self.nth or ''}{self.weekday.name}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """A parsed RRULE, for words, forms and expansion.

    `until` is as written: a date, or a datetime in UTC, the last moment that may be an instance.
    Lists are sorted and free of repeats, so that equal rules compare equal.
    """

    frequency: Frequency
    interval: int = 1
    count: int | None = None
    until: Moment | None = None
    by_day: tuple[ByDay, ...] = ()
    by_month_day: tuple[int, ...] = ()
    by_month: tuple[int, ...] = ()
    by_year_day: tuple[int, ...] = ()
    by_week: tuple[int, ...] = ()
    by_set_position: tuple[int, ...] = ()
    week_start: Weekday = Weekday.MO

    @classmethod
    def parse(cls, rrule: str) -> "Rule":
        """Parse an RRULE value, or raise BadRule."""
        rule = cls(**_parse_parts(rrule))
        _refuse_nonsense(rule)
        return rule

    def __str__(self) -> str:
        """Return the RRULE value in its one spelling."""
        parts = [f"FREQ={self.frequency}"]
        if self.interval != 1:
            parts.append(f"INTERVAL={self.interval}")
        if self.count is not None:
            parts.append(f"COUNT={self.count}")
        if self.until is not None:
            parts.append(f"UNTIL={_until_text(self.until)}")
        parts += [
            f"{key}={','.join(map(str, values))}"
            for key, (name, _) in _LISTS.items()
            if (values := getattr(self, name))
        ]
        if self.week_start != Weekday.MO:
            parts.append(f"WKST={self.week_start.name}")
        return ";".join(parts)

    @property
    def weekdays(self) -> tuple[Weekday, ...]:
        """Return the weekdays named, in order."""
        return tuple(one.weekday for one in self.by_day)

    @property
    def monthly_kind(self) -> MonthlyKind:
        """Tell how a monthly or yearly rule names its day."""
        return MonthlyKind.WEEKDAY if self.by_day else MonthlyKind.DAY

    @property
    def is_plain(self) -> bool:
        """Tell whether frequency, interval, weekdays, monthly kind and end say all of it."""
        if self.by_year_day or self.by_week or self.by_set_position or self.by_month:
            return False
        if self.frequency == Frequency.WEEKLY:
            return True
        if self.frequency == Frequency.MONTHLY:
            nth = all(one.nth for one in self.by_day)
            return len(self.by_day) + len(self.by_month_day) <= 1 and nth
        return not self.by_day and not self.by_month_day


def check(rrule: str, start: Moment) -> Rule:
    """Return the rule fit for an event that starts at `start`, or raise BadRule saying why.

    UNTIL gets the value type that DTSTART asks for (RFC 5545, 3.3.10): a date for all-day events,
    else UTC; a date then means the whole of that day.
    """
    rule = Rule.parse(rrule)
    if rule.until is None:
        return rule
    rule = replace(rule, until=fitting_until(rule.until, start))
    if last_date(rule, start) < _date_of(start):
        raise BadRule("UNTIL lies before the start")
    return rule


def fitting_until(until: Moment, start: Moment) -> Moment:
    """Return UNTIL as the value type of DTSTART asks."""
    if not isinstance(start, datetime):
        return _date_of(until)
    if isinstance(until, datetime):
        return until.astimezone(UTC) if until.tzinfo else until.replace(tzinfo=start.tzinfo)
    return datetime.combine(until, time(23, 59, 59), start.tzinfo).astimezone(UTC)


def last_date(rule: Rule, start: Moment) -> date:
    """Return the last local date on which UNTIL lets an instance begin."""
    if rule.until is None:
        return date.max
    until = fitting_until(rule.until, start)
    if not (isinstance(start, datetime) and isinstance(until, datetime)):
        return until
    local = until.astimezone(start.tzinfo)
    return local.date() - timedelta(days=local.time() < start.time())


def _date_of(moment: Moment) -> date:
    return moment.date() if isinstance(moment, datetime) else moment


def _parse_parts(rrule: str) -> dict[str, Any]:
    if len(rrule) > _MAX_LENGTH:
        raise BadRule("the rule is too long")
    found: dict[str, Any] = {}
    for part in rrule.strip().upper().removeprefix("RRULE:").rstrip(";").split(";"):
        key, equals, text = part.partition("=")
        if key not in _PARTS or not equals or not text:
            raise BadRule(f"{part[:40]!r} is not supported in a rule")
        name, read = _PARTS[key]
        if name in found:
            raise BadRule(f"{key} is given twice")
        found[name] = read(text)
    if "frequency" not in found:
        raise BadRule("FREQ is missing")
    return found


def _refuse_nonsense(rule: Rule) -> None:
    if rule.count is not None and rule.until is not None:
        raise BadRule("COUNT and UNTIL exclude each other")
    has_nth = any(one.nth for one in rule.by_day)
    if has_nth and (rule.frequency in (Frequency.DAILY, Frequency.WEEKLY) or rule.by_week):
        raise BadRule("numbered weekdays need a monthly or yearly rule")
    if has_nth and rule.by_month_day and rule.frequency == Frequency.YEARLY:
        raise BadRule("numbered weekdays and BYMONTHDAY exclude each other in a yearly rule")
    if rule.by_month_day and rule.frequency == Frequency.WEEKLY:
        raise BadRule("BYMONTHDAY cannot stand in a weekly rule")
    if rule.by_week and rule.frequency != Frequency.YEARLY:
        raise BadRule("BYWEEKNO needs a yearly rule")
    if rule.by_year_day and rule.frequency != Frequency.YEARLY:
        raise BadRule("BYYEARDAY needs a yearly rule")
    others = rule.by_day or rule.by_month_day or rule.by_month or rule.by_year_day or rule.by_week
    if rule.by_set_position and (rule.frequency == Frequency.DAILY or not others):
        raise BadRule("BYSETPOS has nothing to choose from")


def _frequency(text: str) -> Frequency:
    if text not in Frequency.__members__:
        raise BadRule("FREQ is DAILY, WEEKLY, MONTHLY or YEARLY")
    return Frequency(text)


def _number(low: int, high: int) -> Callable[[str], int]:
    def read(text: str) -> int:
        if not re.fullmatch(r"[+-]?[0-9]{1,6}", text) or not low <= int(text) <= high:
            raise BadRule(f"{text[:40]!r} is no number from {low} to {high}")
        return int(text)

    return read


def _list_of(read: Callable[[str], Any]) -> Callable[[str], tuple[Any, ...]]:
    def read_all(text: str) -> tuple[Any, ...]:
        return tuple(sorted({read(one) for one in text.split(",")}))

    return read_all


def _signed(high: int) -> Callable[[str], int]:
    number = _number(-high, high)

    def read(text: str) -> int:
        value = number(text)
        if value == 0:
            raise BadRule("0 is no position")
        return value

    return read


def _weekday(text: str) -> Weekday:
    if text not in Weekday.__members__:
        raise BadRule(f"{text[:40]!r} is no weekday")
    return Weekday[text]


def _by_day(text: str) -> ByDay:
    nth = text[:-2]
    return ByDay(weekday=_weekday(text[-2:]), nth=_signed(53)(nth) if nth else 0)


def _until(text: str) -> Moment:
    try:
        if len(text) == 8:
            return datetime.strptime(text, "%Y%m%d").date()  # noqa: DTZ007
        moment = datetime.strptime(text.removesuffix("Z"), "%Y%m%dT%H%M%S")  # noqa: DTZ007
    except ValueError:
        raise BadRule(f"UNTIL={text[:40]!r} is no date") from None
    return moment.replace(tzinfo=UTC) if text.endswith("Z") else moment


def _until_text(until: Moment) -> str:
    if not isinstance(until, datetime):
        return f"{until:%Y%m%d}"
    if until.tzinfo is None:
        return f"{until:%Y%m%dT%H%M%S}"
    return f"{until.astimezone(UTC):%Y%m%dT%H%M%SZ}"


_LISTS: dict[str, tuple[str, Callable[[str], Any]]] = {
    "BYMONTH": ("by_month", _list_of(_number(1, 12))),
    "BYWEEKNO": ("by_week", _list_of(_signed(53))),
    "BYYEARDAY": ("by_year_day", _list_of(_signed(366))),
    "BYMONTHDAY": ("by_month_day", _list_of(_signed(31))),
    "BYDAY": ("by_day", _list_of(_by_day)),
    "BYSETPOS": ("by_set_position", _list_of(_signed(366))),
}
_PARTS: dict[str, tuple[str, Callable[[str], Any]]] = {
    "FREQ": ("frequency", _frequency),
    "INTERVAL": ("interval", _number(1, MAX_INTERVAL)),
    "COUNT": ("count", _number(1, MAX_COUNT)),
    "UNTIL": ("until", _until),
    "WKST": ("week_start", _weekday),
    **_LISTS,
}
