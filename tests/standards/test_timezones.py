"""VTIMEZONEs, read by a foreign library, tell the same time as the zone database."""

from datetime import UTC, date, datetime, timedelta
from io import StringIO
from zoneinfo import ZoneInfo

import pytest
from dateutil.tz import tzical

from convoca.standards.ical.timezones import vtimezone

ZONES = [
    *("Europe/Madrid", "Europe/Dublin", "Europe/Moscow", "America/New_York", "America/Sao_Paulo"),
    *("Africa/Casablanca", "Asia/Jerusalem", "Asia/Kolkata", "Australia/Lord_Howe", "Africa/Cairo"),
    *("Pacific/Auckland", "America/Santiago", "America/St_Johns", "Asia/Tehran", "Asia/Gaza"),
    *("Pacific/Apia", "America/Caracas", "Antarctica/Troll", "UTC", "Etc/GMT+5"),
]


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize(("first", "last"), [(2025, 2027), (2009, 2019), (1975, 1990)])
def test_vtimezone_tells_the_time_of_its_span(zone, first, last):
    text = vtimezone(zone, date(first, 1, 1), date(last, 12, 31))
    assert_same_time(text, zone, first, last)


@pytest.mark.parametrize("zone", ZONES)
def test_open_end_is_good_for_ten_years(zone):
    assert_same_time(vtimezone(zone, date(2026, 1, 1), None), zone, 2026, 2035)


def assert_same_time(text: str, zone: str, first: int, last: int) -> None:
    theirs, ours = tzical(StringIO(text)).get(zone), ZoneInfo(zone)
    instant = datetime(first, 1, 2, tzinfo=UTC)
    while instant.year <= last:
        wall = instant.astimezone(ours).replace(tzinfo=None)
        if is_unambiguous(wall, ours):
            assert wall.replace(tzinfo=theirs).utcoffset() == instant.astimezone(ours).utcoffset()
        instant += timedelta(hours=61)


def is_unambiguous(wall: datetime, zone: ZoneInfo) -> bool:
    return len({wall.replace(tzinfo=zone, fold=fold).utcoffset() for fold in (0, 1)}) == 1


def test_lasting_rules_are_two_lines_not_decades():
    assert vtimezone("Europe/Madrid", date(2026, 3, 2), None).splitlines() == [
        "BEGIN:VTIMEZONE",
        "TZID:Europe/Madrid",
        "BEGIN:DAYLIGHT",
        "DTSTART:19810329T020000",
        "RRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU",
        "TZOFFSETFROM:+0100",
        "TZOFFSETTO:+0200",
        "TZNAME:CEST",
        "END:DAYLIGHT",
        "BEGIN:STANDARD",
        "DTSTART:19961027T030000",
        "RRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU",
        "TZOFFSETFROM:+0200",
        "TZOFFSETTO:+0100",
        "TZNAME:CET",
        "END:STANDARD",
        "END:VTIMEZONE",
    ]


def test_summer_is_daylight_in_ireland_too():
    text = vtimezone("Europe/Dublin", date(2026, 3, 2), None)
    assert "BEGIN:DAYLIGHT\r\nDTSTART:19810329T010000" in text


def test_text_is_cached():
    first = vtimezone("Europe/Madrid", date(2026, 3, 2), date(2026, 3, 2))
    assert vtimezone("Europe/Madrid", date(2026, 9, 9), date(2026, 9, 9)) is first
