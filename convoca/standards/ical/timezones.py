"""VTIMEZONE components made from the zone database, as rules wherever a zone has them."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from itertools import groupby
from zoneinfo import ZoneInfo

_FIRST_YEAR, _LAST_YEAR = 1970, 2100
_STEP = timedelta(days=7)
_OPEN_ENDED_YEARS = 10
"""How far a zone without lasting rules is written out for an event that never ends."""
_WEEKDAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")


@dataclass(frozen=True, slots=True)
class _Transition:
    """One change of the clock; `wall` is the time before it, as DTSTART of an observance wants."""

    instant: datetime
    wall: datetime
    before: timedelta
    after: timedelta
    name: str
    is_daylight: bool


@dataclass(frozen=True, slots=True)
class _Observance:
    """A STANDARD or DAYLIGHT with the first and last of the transitions it stands for."""

    first: _Transition
    last: _Transition
    rule: str
    is_lasting: bool


def vtimezone(zone: str, first: date, last: date | None) -> str:
    """Return the VTIMEZONE of `zone` as CRLF lines, right for every date from `first` to `last`.

    `last` is None for what never ends. The text is cached: an installation uses few zones.
    """
    horizon = _LAST_YEAR if last is None else min(last.year + 1, _LAST_YEAR)
    return _text(zone, max(first.year - 1, _FIRST_YEAR), horizon, last is None)


@lru_cache(maxsize=512)
def _text(zone: str, first_year: int, last_year: int, is_open: bool) -> str:
    chosen = [
        one
        for one in _observances(zone)
        if one.last.wall.year >= first_year
        and one.first.wall.year <= last_year
        and (one.is_lasting or not is_open or one.first.wall.year <= first_year + _OPEN_ENDED_YEARS)
    ]
    lines = ["BEGIN:VTIMEZONE", f"TZID:{zone}"]
    begin = min((one.first.wall for one in chosen), default=None)
    if begin is None or begin.year >= first_year:
        lines += _initial_lines(zone, first_year)
    for one in chosen:
        lines += _observance_lines(one)
    return "\r\n".join([*lines, "END:VTIMEZONE", ""])


def _initial_lines(zone: str, year: int) -> list[str]:
    """Return the observance in force before the first transition that is written."""
    state = _state(ZoneInfo(zone), datetime(year, 1, 1, tzinfo=UTC))
    return [
        "BEGIN:STANDARD",
        f"DTSTART:{year:04}0101T000000",
        f"TZOFFSETFROM:{_offset(state.offset)}",
        f"TZOFFSETTO:{_offset(state.offset)}",
        f"TZNAME:{state.name}",
        "END:STANDARD",
    ]


def _observance_lines(one: _Observance) -> list[str]:
    kind = "DAYLIGHT" if one.first.is_daylight else "STANDARD"
    rule = []
    if one.rule:
        # A day later than needed, for readers that take this UTC time for a local one.
        end = one.last.instant + timedelta(days=1)
        until = "" if one.is_lasting else f";UNTIL={end:%Y%m%dT%H%M%SZ}"
        rule = [f"RRULE:{one.rule}{until}"]
    return [
        f"BEGIN:{kind}",
        f"DTSTART:{one.first.wall:%Y%m%dT%H%M%S}",
        *rule,
        f"TZOFFSETFROM:{_offset(one.first.before)}",
        f"TZOFFSETTO:{_offset(one.first.after)}",
        f"TZNAME:{one.first.name}",
        f"END:{kind}",
    ]


def _offset(offset: timedelta) -> str:
    seconds = round(offset.total_seconds())
    sign, seconds = ("-", -seconds) if seconds < 0 else ("+", seconds)
    tail = f"{seconds % 60:02}" if seconds % 60 else ""
    return f"{sign}{seconds // 3600:02}{seconds // 60 % 60:02}{tail}"


@lru_cache(maxsize=512)
def _observances(zone: str) -> tuple[_Observance, ...]:
    """Return the observances of a zone, in order of their first transition."""
    found: list[_Observance] = []
    for _, alike in groupby(
        sorted(_transitions(ZoneInfo(zone)), key=_pattern_key), key=_pattern_key
    ):
        found += _runs(list(alike))
    return tuple(sorted(found, key=lambda one: one.first.instant))


def _pattern_key(one: _Transition) -> tuple[object, ...]:
    wall = one.wall
    clock = (one.before, one.after, one.name, one.is_daylight, wall.time())
    return (*clock, wall.month, wall.weekday())


def _runs(alike: list[_Transition]) -> Iterator[_Observance]:
    """Split transitions of one month, weekday and clock time into runs that one rule describes."""
    run: list[_Transition] = []
    for one in alike:
        follows = not run or one.wall.year == run[-1].wall.year + 1
        if run and not (follows and _day_rule([*run, one])):
            yield _observance(run)
            run = []
        run.append(one)
    yield _observance(run)


def _observance(run: list[_Transition]) -> _Observance:
    if len(run) == 1:
        return _Observance(run[0], run[0], "", is_lasting=False)
    rule = f"FREQ=YEARLY;BYMONTH={run[0].wall.month};{_day_rule(run)}"
    return _Observance(run[0], run[-1], rule, is_lasting=run[-1].wall.year >= _LAST_YEAR)


def _day_rule(run: list[_Transition]) -> str:
    """Return the BYDAY part that names the day of every transition in the run, or nothing."""
    day_name = _WEEKDAYS[run[0].wall.weekday()]
    weeks = {(one.wall.day - 1) // 7 + 1 for one in run}
    if all((one.wall + timedelta(days=7)).month != one.wall.month for one in run):
        return f"BYDAY=-1{day_name}"
    if len(weeks) == 1:
        return f"BYDAY={weeks.pop()}{day_name}"
    days = [one.wall.day for one in run]
    if max(days) - min(days) < 7 and len(run) > 1:
        span = ",".join(str(day) for day in range(min(days), max(days) + 1))
        return f"BYDAY={day_name};BYMONTHDAY={span}"
    return ""


def _transitions(zone: ZoneInfo) -> Iterator[_Transition]:
    """Yield every change of offset, found by stepping and halving: zoneinfo does not list them."""
    low = datetime(_FIRST_YEAR, 1, 1, tzinfo=UTC)
    end = datetime(_LAST_YEAR + 1, 1, 1, tzinfo=UTC)
    state = _state(zone, low)
    while low < end:
        high = low + _STEP
        if _state(zone, high) != state:
            yield _transition_between(zone, low, high)
            state = _state(zone, high)
        low = high


@dataclass(frozen=True, slots=True)
class _State:
    """What clocks in a zone show at an instant."""

    offset: timedelta
    name: str
    daylight: timedelta


def _state(zone: ZoneInfo, instant: datetime) -> _State:
    local = instant.astimezone(zone)
    none = timedelta()
    return _State(local.utcoffset() or none, local.tzname() or "", local.dst() or none)


def _transition_between(zone: ZoneInfo, low: datetime, high: datetime) -> _Transition:
    before = _state(zone, low)
    while high - low > timedelta(seconds=1):
        middle = low + (high - low) // 2
        middle -= timedelta(microseconds=middle.microsecond)
        low, high = (middle, high) if _state(zone, middle) == before else (low, middle)
    after = _state(zone, high)
    wall = (high + before.offset).replace(tzinfo=None)
    return _Transition(
        high, wall, before.offset, after.offset, after.name, _is_daylight(before, after)
    )


def _is_daylight(before: _State, after: _State) -> bool:
    """Tell whether DAYLIGHT begins.

    Ireland and Morocco count winter as the exception, with a negative saving; calendar programs
    expect the other way round.
    """
    none = timedelta()
    return after.daylight > none or (after.daylight == none and before.daylight < none)
