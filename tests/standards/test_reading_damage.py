"""Broken and hostile calendar text harms nothing; what it costs is in `test_bounds.py`."""

from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from convoca.standards.ical.model import Event, VEvent
from convoca.standards.ical.reading import Calendar, Unreadable, read

MADRID = ZoneInfo("Europe/Madrid")


def text(*body: str, method: str = "REQUEST", zone: str = "", start: bool = True) -> str:
    first = ["DTSTART:20260302T090000Z"] if start else []
    head = ["BEGIN:VCALENDAR", "VERSION:2.0", *([f"METHOD:{method}"] if method else [])]
    event = ["BEGIN:VEVENT", "UID:1", *first, *body, "END:VEVENT"]
    return "\r\n".join([*head, *zone.split("\n"), *event, "END:VCALENDAR", ""])


def only(*body: str, **options) -> VEvent:
    calendar = read(text(*body, **options))
    assert calendar.refused == ()
    (event,) = calendar.events
    return event.main


def refusal(*body: str, **options) -> str:
    calendar = read(text(*body, **options))
    assert calendar.events == ()
    (reason,) = calendar.refused
    return reason


def test_charset_is_guessed_when_nobody_tells():
    assert read(text("SUMMARY:año").encode("cp1252")).events[0].main.summary == "año"
    assert read(text("SUMMARY:año").encode("utf-8-sig")).events[0].main.summary == "año"
    assert read(text("SUMMARY:a\x81").encode("latin-1")).events[0].main.summary == "a\x81"


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "it is no calendar"),
        (b"BEGIN:VEVENT\nEND:VEVENT", "it is no calendar"),
        (b"x" * (1024 * 1024 + 1), "it is larger than 1 MiB"),
        (b"A\n" * 40_000, "it has too many lines"),
        (b"BEGIN:X\n" * 20, "its components are nested too deeply"),
    ],
)
def test_what_is_no_calendar_is_unreadable(data, reason):
    with pytest.raises(Unreadable) as failure:
        read(data)
    assert str(failure.value) == reason


def test_events_are_bounded(monkeypatch):
    monkeypatch.setattr("convoca.standards.ical.reading.MAX_EVENTS", 0)
    with pytest.raises(Unreadable, match="it has too many events"):
        read(text())


def test_truncated_event_is_refused_and_the_others_kept():
    whole = text("END:VEVENT\r\nBEGIN:VEVENT\r\nUID:2\r\nDTSTART:20260303T090000Z")
    calendar = read(whole[: whole.rindex("END:VEVENT")])
    assert [one.uid for one in calendar.events] == ["1"]
    assert calendar.refused == ("an event is cut off",)


def test_event_without_uid_is_refused():
    assert "UID" in read(text().replace("UID:1", "UID:")).refused[0]


def test_lines_that_are_none_are_passed_over():
    event = only("nonsense", ":x", "X;Y", "X;Y=1", 'X;Y="1', "END:VALARM", "", "SUMMARY:Lunch")
    assert event.summary == "Lunch"


def test_older_of_two_is_passed_over():
    older = "SEQUENCE:2\r\nSUMMARY:new\r\nEND:VEVENT\r\nBEGIN:VEVENT\r\nUID:1\r\nDTSTART:20260302"
    assert only(older, "SEQUENCE:1", "SUMMARY:old").summary == "new"


def test_quote_that_never_closes_is_no_line():
    assert only('SUMMARY;X="1', 'LOCATION;X="a:Ritz').summary == ""


def test_alarms_are_passed_over():
    assert only("BEGIN:VALARM", "SUMMARY:wake", "END:VALARM", "SUMMARY:Lunch").summary == "Lunch"


def own_zone(rule: str) -> str:
    part = f"DTSTART:19700101T000000\nTZOFFSETFROM:+0100\nTZOFFSETTO:+0217\nRRULE:{rule}"
    return f"BEGIN:VTIMEZONE\nTZID:Mine\nBEGIN:STANDARD\n{part}\nEND:STANDARD\nEND:VTIMEZONE"


@pytest.mark.parametrize(
    "rule",
    ["FREQ=SECONDLY", "FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30", "FREQ=YEARLY;BYWEEKNO=53;BYMONTH=6"],
)
def test_clocks_are_changed_on_a_day_of_the_year(rule):
    line = "DTSTART;TZID=Mine:20260302T090000"
    reason = refusal(line, zone=own_zone(rule), start=False)
    assert reason == "the time zone 'Mine' is not known"


def test_zone_of_one_file_is_not_known_in_the_next():
    line = "DTSTART;TZID=Mine:20260302T090000"
    assert only(line, zone=own_zone("FREQ=YEARLY"), start=False).start.utcoffset()
    assert refusal(line, start=False) == "the time zone 'Mine' is not known"


def test_params_without_end_are_passed_over():
    assert only("ATTENDEE" + "".join(f";A{at}=b" for at in range(200)) + ":x").attendees == ()


def test_stamp_that_is_none_is_passed_over():
    assert only("DTSTAMP:yesterday", "CREATED:20260101", "DURATION:PT1H").dtstamp is None


def test_dates_are_bounded():
    assert refusal("EXDATE:" + "20260101T100000Z," * 6_000) == "an event has too many dates"


def parse(data: str | bytes) -> Calendar | None:
    try:
        return read(data)
    except Unreadable:
        return None


WORDS = st.sampled_from(
    [
        *("BEGIN:", "END:", "VCALENDAR", "VEVENT", "VTIMEZONE", "\r\n", "\n ", "DTSTART", "DTEND"),
        *(
            ";TZID=",
            ";VALUE=DATE",
            ":",
            "20260302",
            "T100000",
            "Z",
            "RRULE:FREQ=",
            "DAILY",
            "UID:1",
        ),
        *("ATTENDEE", ";CN=", '"', "mailto:", "DURATION:P", "1D", "RECURRENCE-ID", "EXDATE", ","),
        *("METHOD:REPLY", "99999999", "\0", "é", "\\", "=", "RDATE", "UNTIL=", ";COUNT=3"),
    ]
)


@given(st.one_of(st.binary(max_size=300), st.lists(WORDS, max_size=60).map("".join)))
def test_reading_raises_nothing_but_unreadable(data):
    parse(data)


@given(st.lists(WORDS, max_size=40).map("".join))
def test_reading_a_broken_event_raises_nothing(body):
    found = parse(text(body, start=False))
    assert found is None or all(isinstance(one, Event) for one in found.events)


def test_line_whose_value_never_comes_is_passed_over():
    assert only("SUMMARY;X=1").summary == ""
    assert only('SUMMARY;X="a:b"').summary == ""
