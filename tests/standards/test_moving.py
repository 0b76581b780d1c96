"""A series moved as a whole: what its rule becomes."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from convoca.standards.ical.model import VEvent
from convoca.standards.ical.moving import moved
from convoca.standards.ical.recurrence import instances
from convoca.standards.ical.rule import BadRule

MADRID = ZoneInfo("Europe/Madrid")
TUESDAY = datetime(2026, 11, 24, 10, tzinfo=MADRID)  # the fourth, and the last


def to(rrule: str, **step: int) -> str:
    return moved(rrule, TUESDAY, TUESDAY + timedelta(**step))


@pytest.mark.parametrize(
    ("rrule", "days", "expected"),
    [
        ("FREQ=DAILY;COUNT=5", 1, "FREQ=DAILY;COUNT=5"),
        ("FREQ=WEEKLY;BYDAY=TU", 1, "FREQ=WEEKLY;BYDAY=WE"),
        ("FREQ=WEEKLY;BYDAY=TU,SU", 1, "FREQ=WEEKLY;BYDAY=MO,WE"),
        ("FREQ=WEEKLY;BYDAY=TU", -2, "FREQ=WEEKLY;BYDAY=SU"),
        ("FREQ=WEEKLY;INTERVAL=2;BYDAY=TU", 1, "FREQ=WEEKLY;INTERVAL=2;BYDAY=WE"),
        ("FREQ=WEEKLY;INTERVAL=2;BYDAY=TU,FR", 3, "FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,FR;WKST=TH"),
        ("FREQ=MONTHLY", 1, "FREQ=MONTHLY"),
        ("FREQ=MONTHLY;BYMONTHDAY=24", 1, "FREQ=MONTHLY;BYMONTHDAY=25"),
        ("FREQ=MONTHLY;BYMONTHDAY=-1", 6, "FREQ=MONTHLY;BYMONTHDAY=-1"),
        ("FREQ=MONTHLY;BYMONTHDAY=-1", 5, "FREQ=MONTHLY;BYMONTHDAY=29"),
        ("FREQ=MONTHLY;BYDAY=4TU", 1, "FREQ=MONTHLY;BYDAY=4WE"),
        ("FREQ=MONTHLY;BYDAY=-1TU", 1, "FREQ=MONTHLY;BYDAY=-1WE"),
        ("FREQ=MONTHLY;BYDAY=-1TU", -7, "FREQ=MONTHLY;BYDAY=3TU"),
        ("FREQ=MONTHLY;BYDAY=4TU", 6, "FREQ=MONTHLY;BYDAY=-1MO"),
        ("FREQ=MONTHLY;BYMONTH=11;BYDAY=4TU", 1, "FREQ=MONTHLY;BYMONTH=11;BYDAY=4WE"),
        (
            "FREQ=YEARLY;BYMONTH=11;BYMONTHDAY=24",
            7,
            "FREQ=YEARLY;BYMONTH=12;BYMONTHDAY=1",
        ),
    ],
)
def test_days_follow(rrule: str, days: int, expected: str):
    assert to(rrule, days=days) == expected


@pytest.mark.parametrize(
    "rrule",
    [
        "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1",
        "FREQ=DAILY;BYMONTH=11",
        "FREQ=MONTHLY;BYDAY=TU",
        "FREQ=MONTHLY;BYMONTHDAY=10,24",
        "FREQ=MONTHLY;BYMONTH=11;BYMONTHDAY=24",
        "FREQ=YEARLY;BYDAY=47TU",
    ],
)
def test_what_no_rule_says_is_refused(rrule: str):
    with pytest.raises(BadRule):
        to(rrule, days=7)


def test_another_hour_leaves_the_days_alone():
    rule = "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1"
    assert to(rule, hours=1) == rule


def test_until_lets_the_last_date_through_and_no_other():
    last = "FREQ=WEEKLY;UNTIL=20261208T090000Z"
    assert to(last, minutes=-30) == last
    assert to(last, hours=1) == "FREQ=WEEKLY;UNTIL=20261208T225959Z"
    assert to(last, days=1) == "FREQ=WEEKLY;UNTIL=20261209T225959Z"
    assert moved("FREQ=DAILY;UNTIL=20261130", date(2026, 11, 24), date(2026, 11, 26)) == (
        "FREQ=DAILY;UNTIL=20261202"
    )


@given(
    days=st.integers(-20, 20),
    hours=st.integers(-10, 13),
    weekdays=st.sets(st.sampled_from(["MO", "WE", "TH", "SU"])),
    interval=st.integers(1, 3),
    end=st.sampled_from(["", ";COUNT=7", ";UNTIL=20270115", ";UNTIL=20270112T090000Z"]),
)
def test_every_date_of_a_week_moves_by_the_same_step(
    days: int, hours: int, weekdays: set[str], interval: int, end: str
):
    rrule = f"FREQ=WEEKLY;INTERVAL={interval};BYDAY={','.join(sorted({'TU', *weekdays}))}{end}"
    step = timedelta(days=days, hours=hours)
    after = walls(TUESDAY + step, moved(rrule, TUESDAY, TUESDAY + step))
    assert after == [wall + step for wall in walls(TUESDAY, rrule)]


def walls(start: datetime, rrule: str) -> list[datetime]:
    series = VEvent(uid="x", start=start, end=start + timedelta(hours=1), rrule=rrule)
    found = instances(series, start, start + timedelta(days=200), limit=20)
    return [one.start.replace(tzinfo=None) for one in found if isinstance(one.start, datetime)]
