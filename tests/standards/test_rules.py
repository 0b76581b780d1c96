"""What a rule says and the dates it makes, with dateutil as the oracle."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from dateutil.rrule import rrulestr
from hypothesis import assume, given
from hypothesis import strategies as st

from convoca.standards.ical.dates import dates, following
from convoca.standards.ical.recurrence import (
    aligned_start,
)
from convoca.standards.ical.rule import (
    BadRule,
    ByDay,
    MonthlyKind,
    Rule,
    Weekday,
    check,
)
from tests.standards.drawing import rules

MADRID = ZoneInfo("Europe/Madrid")

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
