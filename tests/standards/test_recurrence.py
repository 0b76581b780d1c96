"""Rules and instances, with dateutil as the oracle."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from dateutil.rrule import rrulestr
from hypothesis import assume, given
from hypothesis import strategies as st

from convoca.standards.ical import moments
from convoca.standards.ical.dates import dates, following
from convoca.standards.ical.model import Event, VEvent
from convoca.standards.ical.recurrence import (
    aligned_start,
    has_instance,
    instance_at,
    instances,
    is_over,
    span_end,
    span_start,
)
from convoca.standards.ical.rule import (
    BadRule,
    ByDay,
    Frequency,
    MonthlyKind,
    Rule,
    Weekday,
    check,
)

MADRID = ZoneInfo("Europe/Madrid")
NEW_YORK = ZoneInfo("America/New_York")


def series(rrule: str, start=datetime(2026, 3, 2, 10, tzinfo=MADRID), **fields) -> VEvent:
    length = timedelta(hours=1) if isinstance(start, datetime) else timedelta(days=1)
    return VEvent(uid="u", start=start, end=start + length, rrule=rrule, **fields)


def starts(event, begin="2026-01-01", end="2027-01-01", **options) -> list[str]:
    window = (datetime.fromisoformat(f"{day}T00:00+00:00") for day in (begin, end))
    return [
        f"{one.start:%m-%d %H:%M}" if isinstance(one.start, datetime) else f"{one.start:%m-%d}"
        for one in instances(event, *window, **options)
    ]


# The dates of a rule

DAYS = ["MO", "TU", "WE", "TH", "FR", "SA", "SU"]


@st.composite
def rules(draw) -> str:
    """Draw rules as forms and foreign programs make them, all parts mixed."""
    frequency = draw(st.sampled_from(list(Frequency)))
    parts = [f"FREQ={frequency}"]
    if draw(st.booleans()):
        parts.append(f"INTERVAL={draw(st.integers(1, 5))}")
    numbered = frequency in (Frequency.MONTHLY, Frequency.YEARLY)
    has_month_day = frequency != Frequency.WEEKLY and draw(st.booleans())
    if has_month_day:
        days = st.sampled_from([1, 2, 13, 28, 29, 30, 31, -1, -2, -31])
        parts.append(f"BYMONTHDAY={joined(draw(st.lists(days, min_size=1, max_size=3)))}")
    if draw(st.booleans()):
        parts.append(f"BYMONTH={joined(draw(st.lists(st.integers(1, 12), min_size=1)))}")
    if draw(st.booleans()):
        can_number = numbered and not (has_month_day and frequency == Frequency.YEARLY)
        # dateutil takes a mixture of "FR" and "1SU" as a conjunction, the RFC as a union
        is_numbered = can_number and draw(st.booleans())
        numbers = st.sampled_from(["1", "2", "5", "-1"] if is_numbered else [""])
        chosen = draw(st.lists(st.tuples(numbers, st.sampled_from(DAYS)), min_size=1, max_size=3))
        parts.append(f"BYDAY={joined(f'{nth}{day}' for nth, day in chosen)}")
    # dateutil lets the first week of BYSETPOS begin with DTSTART and not with the week
    if len(parts) > 2 and numbered and draw(st.integers(0, 4)) == 0:
        assume(any(part.startswith("BY") for part in parts))
        parts.append(f"BYSETPOS={draw(st.sampled_from(['1', '-1', '2', '1,-1']))}")
    if draw(st.integers(0, 3)) == 0:
        parts.append(f"WKST={draw(st.sampled_from(DAYS))}")
    return ";".join(parts)


def joined(values) -> str:
    return ",".join(str(one) for one in values)


first_days = st.dates(date(2019, 1, 1), date(2027, 12, 31))


@given(rules(), first_days, st.integers(0, 800))
def test_rule_makes_the_dates_that_dateutil_makes(text, first, skipped):
    rule = Rule.parse(text)
    last, not_before = first + timedelta(days=1000), first + timedelta(days=skipped)
    assert list(following(rule, first, last, not_before)) == oracle(text, first, last, not_before)


@given(rules(), first_days, st.integers(1, 40), st.integers(0, 800))
def test_count_counts_from_the_first_instance(text, first, count, skipped):
    rule = replace(Rule.parse(text), count=count)
    last, not_before = first + timedelta(days=1000), first + timedelta(days=skipped)
    made = oracle(text, first, last, first)
    everything = sorted({first, *made})[:count]
    expected = [day for day in everything if day >= not_before]
    assert list(dates(rule, first, last, not_before)) == expected


def oracle(text: str, first: date, last: date, not_before: date) -> list[date]:
    """Ask dateutil; not for rules that never match, which it follows to the year 9999."""
    assume(next(following(Rule.parse(text), first, date(2200, 1, 1), first), None))
    begin = datetime.combine(first, datetime.min.time())
    found = rrulestr(f"{text};UNTIL={last:%Y%m%d}", dtstart=begin)
    return [moment.date() for moment in found if moment.date() >= not_before]


@pytest.mark.parametrize(
    "text",
    [
        "FREQ=YEARLY;BYWEEKNO=20;BYDAY=MO",
        "FREQ=YEARLY;BYYEARDAY=1,100,-1",
        "FREQ=YEARLY;INTERVAL=2;BYWEEKNO=1,53",
        "FREQ=YEARLY;BYDAY=20MO",
        "FREQ=YEARLY;BYDAY=-1SU,5FR",
    ],
)
def test_rare_rules_make_the_same_dates(text):
    first, last = date(2020, 1, 1), date(2031, 1, 1)
    begin = first + timedelta(days=700)
    assert list(following(Rule.parse(text), first, last, begin)) == oracle(text, first, last, begin)


def test_numbered_and_plain_weekdays_are_a_union():
    rule = Rule.parse("FREQ=MONTHLY;BYDAY=1MO,FR")
    found = following(rule, date(2026, 3, 1), date(2026, 3, 31), date(2026, 3, 1))
    assert [day.day for day in found] == [2, 6, 13, 20, 27]


def test_position_counts_within_the_whole_week():
    rule = Rule.parse("FREQ=WEEKLY;BYDAY=MO,WE;BYSETPOS=1")
    found = following(rule, date(2019, 1, 1), date(2019, 1, 15), date(2019, 1, 1))
    assert [day.day for day in found] == [7, 14]


def test_rule_without_match_ends():
    never = Rule.parse("FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30;COUNT=5")
    assert list(dates(never, date(2026, 3, 2), date.max, date(2026, 3, 2))) == [date(2026, 3, 2)]
    assert list(dates(Rule.parse("FREQ=DAILY"), date(2026, 3, 2), date(2026, 1, 1), date.max)) == []


# Reading and writing a rule


def test_rule_has_one_spelling():
    text = "rrule:byday=we,MO,+1FR;FREQ=monthly;interval=1;BYSETPOS=1;wkst=SU;bymonth=3,3"
    assert str(Rule.parse(text)) == ("FREQ=MONTHLY;BYMONTH=3;BYDAY=MO,WE,1FR;BYSETPOS=1;WKST=SU")


@given(rules())
def test_rule_survives_its_own_spelling(text):
    rule = Rule.parse(text)
    assert Rule.parse(str(rule)) == rule


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("FREQ=SECONDLY", "FREQ is DAILY, WEEKLY, MONTHLY or YEARLY"),
        ("FREQ=HOURLY;COUNT=5", "FREQ is DAILY, WEEKLY, MONTHLY or YEARLY"),
        ("FREQ=DAILY;BYHOUR=9,10", "'BYHOUR=9,10' is not supported in a rule"),
        ("", "'' is not supported in a rule"),
        ("COUNT=5", "FREQ is missing"),
        ("FREQ=DAILY;FREQ=DAILY", "FREQ is given twice"),
        ("FREQ=DAILY;COUNT=", "'COUNT=' is not supported in a rule"),
        ("FREQ=DAILY;COUNT=5;UNTIL=20260101", "COUNT and UNTIL exclude each other"),
        ("FREQ=DAILY;COUNT=0", "'0' is no number from 1 to 10000"),
        ("FREQ=DAILY;COUNT=1000000", "'1000000' is no number from 1 to 10000"),
        ("FREQ=DAILY;INTERVAL=9999", "'9999' is no number from 1 to 1000"),
        ("FREQ=DAILY;INTERVAL=-1", "'-1' is no number from 1 to 1000"),
        ("FREQ=DAILY;UNTIL=2026", "UNTIL='2026' is no date"),
        ("FREQ=DAILY;UNTIL=20261301", "UNTIL='20261301' is no date"),
        ("FREQ=WEEKLY;BYDAY=XX", "'XX' is no weekday"),
        ("FREQ=WEEKLY;BYDAY=1MO", "numbered weekdays need a monthly or yearly rule"),
        ("FREQ=MONTHLY;BYDAY=0MO", "0 is no position"),
        ("FREQ=WEEKLY;BYMONTHDAY=1", "BYMONTHDAY cannot stand in a weekly rule"),
        ("FREQ=MONTHLY;BYWEEKNO=1", "BYWEEKNO needs a yearly rule"),
        ("FREQ=MONTHLY;BYYEARDAY=1", "BYYEARDAY needs a yearly rule"),
        ("FREQ=WEEKLY;BYSETPOS=1", "BYSETPOS has nothing to choose from"),
        ("FREQ=DAILY;BYMONTH=1;BYSETPOS=1", "BYSETPOS has nothing to choose from"),
        (
            "FREQ=YEARLY;BYDAY=1MO;BYMONTHDAY=1",
            "numbered weekdays and BYMONTHDAY exclude each other in a yearly rule",
        ),
        ("FREQ=DAILY" + ";" * 1000, "the rule is too long"),
    ],
)
def test_bad_rule_says_why(text, reason):
    with pytest.raises(BadRule) as failure:
        Rule.parse(text)
    assert str(failure.value) == reason


def test_until_gets_the_value_type_of_the_start():
    zoned, day = datetime(2026, 3, 2, 10, tzinfo=MADRID), date(2026, 3, 2)
    assert str(check("FREQ=DAILY;UNTIL=20260305", zoned)) == "FREQ=DAILY;UNTIL=20260305T225959Z"
    assert str(check("FREQ=DAILY;UNTIL=20260305T120000", zoned)) == (
        "FREQ=DAILY;UNTIL=20260305T110000Z"
    )
    assert str(check("FREQ=DAILY;UNTIL=20260305T225959Z", day)) == "FREQ=DAILY;UNTIL=20260305"
    assert str(check("FREQ=DAILY;COUNT=3", day)) == "FREQ=DAILY;COUNT=3"
    with pytest.raises(BadRule, match="UNTIL lies before the start"):
        check("FREQ=DAILY;UNTIL=20260301", zoned)


def test_until_without_zone_stays_as_it_was_written():
    assert str(Rule.parse("FREQ=DAILY;UNTIL=20260305T120000")) == "FREQ=DAILY;UNTIL=20260305T120000"


def test_rule_for_words_and_forms():
    rule = Rule.parse("FREQ=MONTHLY;BYDAY=-1FR")
    assert rule.monthly_kind == MonthlyKind.WEEKDAY
    assert rule.by_day == (ByDay(weekday=Weekday.FR, nth=-1),)
    assert Rule.parse("FREQ=WEEKLY;BYDAY=FR,MO").weekdays == (Weekday.MO, Weekday.FR)
    assert Rule.parse("FREQ=MONTHLY;BYMONTHDAY=14").monthly_kind == MonthlyKind.DAY


@pytest.mark.parametrize(
    ("text", "is_plain"),
    [
        ("FREQ=DAILY;INTERVAL=2", True),
        ("FREQ=DAILY;BYDAY=MO", False),
        ("FREQ=WEEKLY;BYDAY=MO,FR;COUNT=3", True),
        ("FREQ=MONTHLY;BYDAY=2TU", True),
        ("FREQ=MONTHLY;BYDAY=TU", False),
        ("FREQ=MONTHLY;BYDAY=2TU,3TU", False),
        ("FREQ=MONTHLY;BYMONTHDAY=14;UNTIL=20270101", True),
        ("FREQ=YEARLY", True),
        ("FREQ=YEARLY;BYMONTH=3", False),
    ],
)
def test_plain_rule_fits_a_simple_form(text, is_plain):
    assert Rule.parse(text).is_plain is is_plain


@pytest.mark.parametrize(
    ("text", "start", "aligned"),
    [
        ("FREQ=WEEKLY;BYDAY=TU", "2026-03-02", "2026-03-03"),
        ("FREQ=WEEKLY", "2026-03-02", "2026-03-02"),
        ("FREQ=MONTHLY;BYDAY=-1FR", "2026-03-28", "2026-04-24"),
        ("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30", "2026-03-02", "2026-03-02"),
    ],
)
def test_start_is_aligned_with_its_rule(text, start, aligned):
    assert aligned_start(text, date.fromisoformat(start)) == date.fromisoformat(aligned)


def test_aligned_start_keeps_the_wall_time():
    start = datetime(2026, 3, 28, 10, tzinfo=MADRID)
    assert aligned_start("FREQ=WEEKLY;BYDAY=MO", start) == datetime(2026, 3, 30, 10, tzinfo=MADRID)


# Instances


def test_wall_time_is_kept_across_daylight_saving():
    found = instances(
        series("FREQ=WEEKLY;COUNT=3", datetime(2026, 3, 23, 10, tzinfo=MADRID)),
        datetime(2026, 3, 1, tzinfo=UTC),
        datetime(2026, 5, 1, tzinfo=UTC),
    )
    assert [one.start.astimezone(UTC).hour for one in found] == [9, 8, 8]


def test_time_that_does_not_exist_is_read_with_the_offset_before_the_gap():
    night = series("FREQ=DAILY;COUNT=3", datetime(2026, 3, 28, 2, 30, tzinfo=MADRID))
    found = instances(night, datetime(2026, 3, 1, tzinfo=UTC), datetime(2026, 5, 1, tzinfo=UTC))
    assert [f"{one.start.astimezone(UTC):%d %H:%M}" for one in found] == [
        "28 01:30",
        "29 01:30",
        "30 00:30",
    ]


def test_duration_is_exact_across_daylight_saving():
    start = datetime(2026, 3, 27, 22, tzinfo=MADRID)
    night = VEvent(uid="u", start=start, end=start + timedelta(hours=8), rrule="FREQ=DAILY;COUNT=2")
    ends = [one.end for one in instances(night, start, start + timedelta(days=9))]
    assert [f"{end:%d %H:%M}" for end in ends] == ["28 06:00", "29 07:00"]


def test_end_may_be_in_another_zone():
    start = datetime(2026, 3, 2, 10, tzinfo=MADRID)
    end = datetime(2026, 3, 2, 13, tzinfo=NEW_YORK)
    flight = VEvent(uid="u", start=start, end=end, rrule="FREQ=DAILY;COUNT=2")
    (_, second) = instances(flight, start, start + timedelta(days=9))
    assert second.end == datetime(2026, 3, 3, 13, tzinfo=NEW_YORK)
    assert second.end.tzinfo == NEW_YORK


def test_exdate_is_an_instant_or_a_day():
    gone = (datetime(2026, 3, 3, 9, tzinfo=UTC), date(2026, 3, 4))
    assert starts(series("FREQ=DAILY;COUNT=4", exdates=gone)) == ["03-02 10:00", "03-05 10:00"]


def test_rdate_joins_the_rule_once():
    more = (datetime(2026, 3, 3, 9, tzinfo=UTC), datetime(2026, 3, 20, 10, tzinfo=MADRID))
    assert starts(series("FREQ=DAILY;COUNT=2", rdates=more)) == [
        "03-02 10:00",
        "03-03 10:00",
        "03-20 10:00",
    ]
    assert starts(series("", rdates=more)) == ["03-02 10:00", "03-03 10:00", "03-20 10:00"]


def test_override_takes_the_place_of_its_instance():
    master = series("FREQ=DAILY;COUNT=3", summary="series")
    second = datetime(2026, 3, 3, 10, tzinfo=MADRID)
    moved = replace(
        master,
        rrule="",
        recurrence_id=second.astimezone(UTC),
        start=second + timedelta(days=9),
        end=second + timedelta(days=9, hours=1),
    )
    event = Event(master=master, overrides=(moved,))
    assert starts(event) == ["03-02 10:00", "03-04 10:00", "03-12 10:00"]
    assert instance_at(event, second).component is moved
    gone = Event(master=master, overrides=(replace(moved, status="CANCELLED"),))
    assert starts(gone) == ["03-02 10:00", "03-04 10:00"]
    assert not has_instance(gone, second)


def test_single_event_is_one_instance_and_no_series():
    event = Event(master=series(""))
    assert starts(event) == ["03-02 10:00"]
    assert instance_at(event, event.master.start) is None
    assert starts(replace(event.master, status="CANCELLED")) == []


def test_override_without_master_stands_alone():
    alone = replace(series(""), recurrence_id=datetime(2026, 3, 1, 10, tzinfo=MADRID))
    assert starts(alone) == ["03-02 10:00"]
    assert has_instance(Event(master=None, overrides=(alone,)), alone.recurrence_id)


def test_recurrence_id_is_compared_as_instant_and_as_day():
    event = Event(master=series("FREQ=DAILY"))
    assert has_instance(event, datetime(2026, 7, 1, 8, tzinfo=UTC))
    assert not has_instance(event, datetime(2026, 7, 1, 9, tzinfo=UTC))
    assert has_instance(event, date(2026, 7, 1))
    assert not has_instance(event, date(2026, 3, 1))
    days = Event(master=series("FREQ=DAILY", date(2026, 3, 2)))
    assert has_instance(days, datetime(2026, 7, 1, tzinfo=UTC))


def test_window_takes_what_overlaps_it():
    day = series("FREQ=DAILY", date(2026, 3, 2))
    assert starts(day, "2026-03-04", "2026-03-06") == ["03-04", "03-05"]
    assert starts(day, "2026-03-04", "2026-03-06", day_zone=MADRID) == ["03-04", "03-05", "03-06"]
    assert starts(day, "2026-03-04", "2026-03-09", limit=2) == ["03-04", "03-05"]
    moment = datetime(2026, 3, 4, tzinfo=UTC)
    nothing = VEvent(uid="u", start=moment, end=moment)
    assert starts(nothing, "2026-03-04", "2026-03-05") == ["03-04 00:00"]
    assert starts(nothing, "2026-03-03", "2026-03-04") == []


@given(rules(), st.integers(0, 400), st.integers(1, 60))
def test_window_shows_a_part_of_the_whole(text, begin, length):
    event = series(text)
    window = event.start + timedelta(days=begin), event.start + timedelta(days=begin + length)
    everything = instances(event, event.start, event.start + timedelta(days=500))
    expected = [one for one in everything if one.end > window[0] and one.start < window[1]]
    assert list(instances(event, *window)) == expected


# The span


@given(rules(), st.integers(1, 30))
def test_span_of_a_counted_rule_ends_with_its_last_instance(text, count):
    event = series(f"{text};COUNT={count}")
    found = instances(event, event.start, datetime(2200, 1, 1, tzinfo=UTC))
    assert span_end(event) == max(one.end for one in found)


@given(rules(), st.integers(0, 3000))
def test_span_of_a_rule_with_until_ends_with_its_last_instance(text, days):
    until = date(2026, 3, 2) + timedelta(days=days)
    event = series(f"{text};UNTIL={until:%Y%m%d}")
    found = instances(event, event.start, datetime(2200, 1, 1, tzinfo=UTC))
    assert span_end(event) == max(one.end for one in found)


def test_span_covers_all_components():
    master = series("FREQ=DAILY;COUNT=2")
    late = replace(
        master,
        rrule="",
        recurrence_id=master.start,
        start=datetime(2026, 5, 1, 10, tzinfo=MADRID),
        end=datetime(2026, 5, 1, 11, tzinfo=MADRID),
    )
    event = Event(master=master, overrides=(late,))
    assert span_start(event) == datetime(2026, 3, 2, 9, tzinfo=UTC)
    assert span_end(event) == datetime(2026, 5, 1, 9, tzinfo=UTC)
    assert span_end(series("FREQ=DAILY")) is None
    assert span_end(series("", rdates=(datetime(2026, 9, 1, 10, tzinfo=MADRID),))) == datetime(
        2026, 9, 1, 9, tzinfo=UTC
    )
    assert is_over(event, datetime(2026, 5, 1, 9, tzinfo=UTC))
    assert not is_over(event, datetime(2026, 5, 1, 8, 59, tzinfo=UTC))


# Moments


def test_moment_takes_the_shape_of_another():
    zoned = datetime(2026, 7, 1, 10, tzinfo=MADRID)
    assert moments.like(zoned, date(2020, 1, 1)) == date(2026, 7, 1)
    assert moments.like(zoned, datetime(2020, 1, 1, tzinfo=NEW_YORK)).hour == 4
    assert moments.like(date(2026, 7, 2), zoned) == zoned + timedelta(days=1)
    assert moments.zone_key(date(2026, 1, 1)) == moments.zone_key(zoned.astimezone(UTC)) == ""
    assert moments.zone_key(zoned.replace(tzinfo=ZoneInfo("UTC"))) == ""
