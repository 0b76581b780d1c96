"""Repetition: what a rule says, the instances it makes, and when it ends."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from enum import IntEnum, StrEnum

from convoca.standards.ical.model import Event, Moment, VEvent


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


@dataclass(frozen=True, slots=True, kw_only=True)
class ByDay:
    """One entry of BYDAY; `nth` is 0 for every such day, -1 for the last one."""

    weekday: Weekday
    nth: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """A parsed RRULE, for words and forms.

    `until` is as written: a date, or a datetime in UTC, the last moment that may be an instance.
    `is_plain` tells that a form with frequency, interval, weekdays, monthly kind and end can show
    all of it.
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
        raise NotImplementedError

    def __str__(self) -> str:
        """Return the RRULE value in its one canonical spelling."""
        raise NotImplementedError

    @property
    def weekdays(self) -> tuple[Weekday, ...]:
        """Return the weekdays named, in order."""
        return tuple(one.weekday for one in self.by_day)

    @property
    def monthly_kind(self) -> MonthlyKind:
        """Tell how a monthly or yearly rule names its day."""
        raise NotImplementedError

    @property
    def is_plain(self) -> bool:
        """Tell whether a simple form can show all of the rule."""
        raise NotImplementedError


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


def check(rrule: str, start: Moment) -> Rule:
    """Return the rule if it can be followed from `start`, or raise BadRule saying why."""
    raise NotImplementedError


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
    raise NotImplementedError


def has_instance(event: Event, recurrence_id: Moment) -> bool:
    """Tell whether the series has an instance that originally starts at this instant."""
    raise NotImplementedError


def span_end(event: Event | VEvent) -> datetime | None:
    """Return the instant (UTC) after which nothing of it takes place, None when it never ends."""
    raise NotImplementedError
