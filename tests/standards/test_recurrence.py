"""Where and when a series takes place."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from convoca.standards.ical import moments
from convoca.standards.ical.model import Event, VEvent
from convoca.standards.ical.recurrence import (
    has_instance,
    instance_at,
    instances,
    is_over,
    span_end,
    span_start,
)
from tests.standards.drawing import rules

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


def test_dates_without_rule_begin_with_the_start():
    part = series("", rdates=(datetime(2026, 12, 7, 10, tzinfo=MADRID),))
    assert starts(part, "2026-12-01") == ["12-07 10:00"]


def test_rule_that_ended_before_it_began_has_its_start():
    ended = series("FREQ=DAILY;UNTIL=20200101")
    assert span_end(ended) == ended.end.astimezone(UTC)
