"""Dates, zones and repetition as people say them, in both languages."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

import pytest
from django.utils.translation import override

from convoca.accounts.models import Membership
from convoca.calendars import words
from tests.builders import an_event

MADRID, NEW_YORK = ZoneInfo("Europe/Madrid"), ZoneInfo("America/New_York")
START = dt.datetime(2026, 11, 24, 10, tzinfo=MADRID)  # a Tuesday
HOUR, DAY = dt.timedelta(hours=1), dt.timedelta(days=1)
DATE = START.date()


@pytest.mark.parametrize(
    ("start", "end", "zone", "english", "spanish"),
    [
        (
            START,
            START + HOUR,
            None,
            "Tuesday, 24 November 2026, 10:00–11:00 (Madrid time)",
            "martes, 24 de noviembre de 2026, 10:00–11:00 (hora de Madrid)",
        ),
        (
            START,
            START + HOUR,
            NEW_YORK,
            "Tuesday, 24 November 2026, 04:00–05:00 (New York time)",
            "martes, 24 de noviembre de 2026, 04:00–05:00 (hora de Nueva York)",
        ),
        (
            START,
            START,
            dt.UTC,
            "Tuesday, 24 November 2026, 09:00 (UTC)",
            "martes, 24 de noviembre de 2026, 09:00 (UTC)",
        ),
        (
            START,
            START + DAY,
            None,
            "Tuesday, 24 November 2026, 10:00 – Wednesday, 25 November 2026, 10:00 (Madrid time)",
            "martes, 24 de noviembre de 2026, 10:00 – miércoles, 25 de noviembre de 2026, 10:00 "
            "(hora de Madrid)",
        ),
        (
            DATE,
            DATE + DAY,
            NEW_YORK,
            "Tuesday, 24 November 2026 (all day)",
            "martes, 24 de noviembre de 2026 (todo el día)",
        ),
        (
            DATE,
            DATE + 2 * DAY,
            None,
            "Tuesday, 24 November 2026 – Wednesday, 25 November 2026",
            "martes, 24 de noviembre de 2026 – miércoles, 25 de noviembre de 2026",
        ),
    ],
)
def test_when(start: dt.date, end: dt.date, zone: dt.tzinfo | None, english: str, spanish: str):
    with override("en"):
        assert words.when(start, end, zone) == english
    with override("es"):
        assert words.when(start, end, zone) == spanish


@pytest.mark.parametrize(
    ("rrule", "english", "spanish"),
    [
        ("FREQ=DAILY", "every day", "cada día"),
        ("FREQ=DAILY;INTERVAL=3;COUNT=1", "every 3 days, once", "cada 3 días, una vez"),
        ("FREQ=WEEKLY", "every week on Tuesday", "cada semana, los martes"),
        (
            "FREQ=WEEKLY;BYDAY=SA,TU;UNTIL=20261215T090000Z",
            "every week on Tuesday and Saturday, until 15 December 2026",
            "cada semana, los martes y sábados, hasta el 15 de diciembre de 2026",
        ),
        (
            "FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,TU,WE,TH,FR",
            "every 2 weeks, Monday to Friday",
            "cada 2 semanas, de lunes a viernes",
        ),
        ("FREQ=MONTHLY", "every month on day 24", "cada mes, el día 24"),
        (
            "FREQ=MONTHLY;BYMONTHDAY=1,15",
            "every month on days 1 and 15",
            "cada mes, los días 1 y 15",
        ),
        ("FREQ=MONTHLY;BYMONTHDAY=-1", "every month on the last day", "cada mes, el último día"),
        (
            "FREQ=MONTHLY;BYDAY=4TU;COUNT=5",
            "every month on the fourth Tuesday, 5 times",
            "cada mes, el cuarto martes, 5 veces",
        ),
        (
            "FREQ=MONTHLY;INTERVAL=2;BYDAY=-1FR",
            "every 2 months on the last Friday",
            "cada 2 meses, el último viernes",
        ),
        ("FREQ=YEARLY", "every year on 24 November", "cada año, el 24 de noviembre"),
        (
            "FREQ=YEARLY;BYMONTH=3;BYDAY=2SU",
            "every year on the second Sunday in March",
            "cada año, el segundo domingo, en marzo",
        ),
        ("FREQ=MONTHLY;BYDAY=MO,TU;BYSETPOS=-1", "every month", "cada mes"),
        ("FREQ=YEARLY;BYYEARDAY=100", "every year", "cada año"),
        ("FREQ=SECONDLY", "repeats", "se repite"),
        ("", "", ""),
    ],
)
def test_repetition(rrule: str, english: str, spanish: str):
    with override("en"):
        assert words.repeat(rrule, START) == english
    with override("es"):
        assert words.repeat(rrule, START) == spanish


def test_dates_taken_out_and_put_in():
    assert words.repeat("FREQ=WEEKLY", START, [START + DAY], [START + 7 * DAY]) == (
        "every week on Tuesday, also on 25 November 2026, except on 1 December 2026"
    )
    many = [START + number * 7 * DAY for number in range(1, 9)]
    assert words.repeat("FREQ=WEEKLY", START, [], many).endswith("and 2 more dates")


@pytest.mark.parametrize(
    ("zone", "english", "spanish"),
    [
        ("Europe/Madrid", "Madrid time", "hora de Madrid"),
        ("America/Argentina/Buenos_Aires", "Buenos Aires time", "hora de Buenos Aires"),
        ("Asia/Ho_Chi_Minh", "Ho Chi Minh time", "hora de Ho Chi Minh"),
        ("UTC", "UTC", "UTC"),
        ("Etc/GMT+3", "GMT-03:00", "GMT-03:00"),
        ("EST", "GMT-05:00", "GMT-05:00"),
    ],
)
def test_zones_are_named_by_their_city(zone: str, english: str, spanish: str):
    with override("en"):
        assert words.zone_name(ZoneInfo(zone), START) == english
    with override("es"):
        assert words.zone_name(ZoneInfo(zone), START) == spanish


def test_brief_words():
    assert words.when_briefly(START) == "Tue 24 Nov 2026, 10:00 (Madrid)"
    assert words.when_briefly(START, NEW_YORK) == "Tue 24 Nov 2026, 04:00 (New York)"
    assert words.when_briefly(DATE) == "Tue 24 Nov 2026"
    with override("es"):
        assert words.when_briefly(START) == "mar 24 nov 2026, 10:00 (Madrid)"


def test_zones_that_show_the_same_clock():
    assert words.same_clock(START, MADRID, ZoneInfo("Europe/Paris"))
    assert not words.same_clock(START, MADRID, NEW_YORK)
    assert words.same_clock(DATE, MADRID, NEW_YORK)


@pytest.mark.parametrize(
    ("minutes", "english", "spanish"),
    [
        (0, "at the start", "al empezar"),
        (1, "1 minute before", "1 minuto antes"),
        (90, "90 minutes before", "90 minutos antes"),
        (120, "2 hours before", "2 horas antes"),
        (1440, "1 day before", "1 día antes"),
        (20160, "2 weeks before", "2 semanas antes"),
    ],
)
def test_reminders(minutes: int, english: str, spanish: str):
    with override("en"):
        assert words.reminder(minutes) == english
    with override("es"):
        assert words.reminder(minutes) == spanish


def test_rows_and_lists(alice: Membership):
    event = an_event(alice, start="2026-11-24 10:00")
    assert words.when_of(event) == "Tuesday, 24 November 2026, 10:00–11:00 (Madrid time)"
    assert words.when_of(event, NEW_YORK).endswith("04:00–05:00 (New York time)")
    days = an_event(alice, start="2026-11-24 00:00", end="2026-11-25 00:00", all_day=True)
    assert words.when_of(days) == "Tuesday, 24 November 2026 (all day)"
    assert words.listed(["Gwen", "Gus", "Bob"]) == "Gwen, Gus and Bob"
    assert words.sentence_case("martes, 1") == "Martes, 1"
    assert words.partstat("NEEDS-ACTION") == "no answer yet"
