"""Foreign calendar text, read for what it means and within bounds."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from convoca.standards.ical.model import Partstat, VEvent
from convoca.standards.ical.reading import read

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


def test_invitation_is_read_whole():
    event = only(
        "SEQUENCE:2",
        "DTSTAMP:20260201T090000Z",
        "SUMMARY:Lunch\\, with\\; friends\\nand \\\\",
        "STATUS:tentative",
        "TRANSP:TRANSPARENT",
        "COMMENT:one",
        "COMMENT:two",
        "URL:https://cal.example/",
        "ORGANIZER;CN=Alice:MAILTO:Alice@Acme.example",
        'ATTENDEE;CN="López, Gwen";PARTSTAT=accepted;RSVP=TRUE;DELEGATED-TO="mailto:a@b.example",',
        ' "mailto:c@d.example":mailto:gwen@guest.example',
        "ATTENDEE:mailto:GWEN@guest.example",
        "ATTACH;FMTTYPE=application/pdf;FILENAME=menu.pdf:https://cal.example/f",
        "ATTACH;ENCODING=BASE64;VALUE=BINARY:AAAA",
        "DURATION:PT1H",
    )
    assert (event.sequence, event.dtstamp) == (2, datetime(2026, 2, 1, 9, tzinfo=UTC))
    assert event.summary == "Lunch, with; friends\nand \\"
    assert (event.status, event.transparency) == ("TENTATIVE", "TRANSPARENT")
    assert (event.comment, event.url) == ("one\ntwo", "https://cal.example/")
    assert (event.organizer.address, event.organizer.name) == ("alice@acme.example", "Alice")
    (gwen,) = event.attendees
    assert (gwen.address, gwen.name, gwen.rsvp) == ("gwen@guest.example", "López, Gwen", True)
    assert gwen.partstat == Partstat.ACCEPTED
    assert gwen.delegated_to == ("a@b.example", "c@d.example")
    assert [one.name for one in event.attachments] == ["menu.pdf"]
    assert event.end - event.start == timedelta(hours=1)


@pytest.mark.parametrize(
    ("line", "address"),
    [
        ("ATTENDEE;CN=A: B:mailto:gwen@guest.example", "gwen@guest.example"),
        ("ATTENDEE;EMAIL=gwen@guest.example:/principals/1", "gwen@guest.example"),
        ("ATTENDEE:mailto:gw%65n@guest.example?subject=x", "gwen@guest.example"),
        ("ATTENDEE:invalid:nomail", "invalid:nomail"),
        ('ATTENDEE;CN="G^nw^^e^\'n":mailto:gwen@guest.example', "gwen@guest.example"),
        ("ATTENDEE;PARTSTAT=X-MAYBE:mailto:gwen@guest.example", "gwen@guest.example"),
    ],
)
def test_address_is_found_however_it_is_written(line, address):
    assert [one.address for one in only(line).attendees] == [address]


def test_caret_escapes_are_read():
    assert only('ATTENDEE;CN="G^nw^^e^\'n":mailto:g@x.example').attendees[0].name == 'G\nw^e"n'


# Times


@pytest.mark.parametrize(
    ("lines", "end"),
    [
        (["DTSTART;VALUE=DATE:20260302"], date(2026, 3, 3)),
        (["DTSTART;VALUE=DATE:20260302", "DTEND;VALUE=DATE:20260305"], date(2026, 3, 5)),
        (["DTSTART;VALUE=DATE:20260302", "DTEND;VALUE=DATE:20260302"], date(2026, 3, 3)),
        (["DTSTART;VALUE=DATE:20260302", "DURATION:P1W2D"], date(2026, 3, 11)),
        (["DTSTART;VALUE=DATE:20260302", "DTEND:20260304T100000Z"], date(2026, 3, 4)),
        (["DTSTART:20260302T100000Z"], datetime(2026, 3, 2, 10, tzinfo=UTC)),
        (
            ["DTSTART:20260302T100000Z", "DTEND:20260302T090000Z"],
            datetime(2026, 3, 2, 10, tzinfo=UTC),
        ),
        (
            ["DTSTART;TZID=Europe/Madrid:20260328T100000", "DURATION:P1DT1H"],
            datetime(2026, 3, 29, 11, tzinfo=MADRID),
        ),
    ],
)
def test_end_follows_from_what_is_there(lines, end):
    assert only(*lines, start=False).end == end


@pytest.mark.parametrize(
    "name",
    [
        "Europe/Madrid",
        "europe/madrid",
        '"Europe/Madrid"',
        "/freeassociation.sourceforge.net/Europe/Madrid",
        "/mozilla.org/20070129_1/Europe/Madrid",
        "Romance Standard Time",
    ],
)
def test_zone_is_known_by_many_names(name):
    event = only(f"DTSTART;TZID={name}:20260702T100000", start=False)
    assert event.start.astimezone(UTC).hour == 8


BRUSSELS = """BEGIN:VTIMEZONE
TZID:Somewhere
BEGIN:DAYLIGHT
TZOFFSETFROM:+0100
TZOFFSETTO:+0200
DTSTART:19700329T020000
RRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU
END:DAYLIGHT
BEGIN:STANDARD
TZOFFSETFROM:+0200
TZOFFSETTO:+0100
DTSTART:19701025T030000
RRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU
END:STANDARD
END:VTIMEZONE"""


def test_zone_is_known_by_its_own_definition():
    event = only("DTSTART;TZID=Somewhere:20260702T100000", zone=BRUSSELS, start=False)
    assert event.start.astimezone(UTC).hour == 8
    assert event.start.tzinfo.key.startswith("Europe/")


def test_zone_like_no_other_still_tells_the_instant():
    odd = BRUSSELS.replace("TZOFFSETTO:+0200", "TZOFFSETTO:+0217")
    event = only("DTSTART;TZID=Somewhere:20260702T100000", zone=odd, start=False)
    assert event.start.astimezone(UTC) == datetime(2026, 7, 2, 7, 43, tzinfo=UTC)
    early = only("DTSTART;TZID=Somewhere:19690102T100000", zone=odd, start=False)
    assert early.start.utcoffset() == timedelta(hours=2, minutes=17)


def test_zone_without_rules_is_known_by_its_definition():
    plain = "\n".join(line for line in BRUSSELS.split("\n") if not line.startswith("RRULE"))
    event = only("DTSTART;TZID=Somewhere:20260702T100000", zone=plain, start=False)
    assert event.start.utcoffset() == timedelta(hours=1)
    assert only("DTSTART;TZID=UTC:20260702T100000", start=False).start.tzinfo is UTC


def test_zone_names_its_place():
    lines = "BEGIN:VTIMEZONE\nTZID:Mine\nX-LIC-LOCATION:Europe/Madrid\nEND:VTIMEZONE"
    event = only("DTSTART;TZID=Mine:20260702T100000", zone=lines, start=False)
    assert event.start.tzinfo == MADRID


@pytest.mark.parametrize(
    "zone",
    [
        "",
        "BEGIN:VTIMEZONE\nTZID:Nowhere\nEND:VTIMEZONE",
        BRUSSELS.replace("Somewhere", "Nowhere").replace("TZOFFSETTO:+", "TZOFFSETTO:"),
        BRUSSELS.replace("Somewhere", "Nowhere").replace("TZOFFSETTO:+", "TZOFFSETTO:+99"),
        BRUSSELS.replace("Somewhere", "Nowhere").replace("DTSTART:19", "DTSTART:x"),
    ],
)
def test_unknown_zone_is_refused(zone):
    reason = refusal("DTSTART;TZID=Nowhere:20260702T100000", zone=zone, start=False)
    assert reason == "the time zone 'Nowhere' is not known"


def test_zones_of_the_files_own_are_bounded(monkeypatch):
    monkeypatch.setattr("convoca.standards.ical.reading.zones._MAX_LOOKED_AT", 1_000)
    odd = BRUSSELS.replace("TZOFFSETTO:+0200", "TZOFFSETTO:+0217")
    dates = ",".join(
        f"20260702T{hour:02}{minute:02}00" for hour in range(20) for minute in range(60)
    )
    reason = refusal(f"EXDATE;TZID=Somewhere:{dates}", "RRULE:FREQ=DAILY", zone=odd)
    assert reason == "it uses too many times in zones of its own"


def test_floating_time_belongs_to_the_reader():
    lines = text("DTSTART:20260302T100000", start=False)
    (event,) = read(lines, floating_zone=MADRID).events
    assert event.main.start == datetime(2026, 3, 2, 10, tzinfo=MADRID)
    told = lines.replace("VERSION:2.0", "X-WR-TIMEZONE:America/New_York")
    assert read(told).events[0].main.start.tzinfo == ZoneInfo("America/New_York")


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("DTSTART:tomorrow", "'tomorrow' is no date"),
        ("DTSTART:20260230", "'20260230' is no date"),
        ("DTSTART:16010101T000000Z", "the year 1601 is out of reach"),
        ("X-NOTHING:1", "an event has no DTSTART"),
    ],
)
def test_impossible_start_is_refused(line, reason):
    assert refusal(line, start=False) == reason


@pytest.mark.parametrize("length", ["PT", "-PT1H", "P9999W", "1H"])
def test_impossible_duration_is_refused(length):
    if length == "PT":
        assert only(f"DURATION:{length}").end == datetime(2026, 3, 2, 9, tzinfo=UTC)
    else:
        assert "duration" in refusal(f"DURATION:{length}")


# Repetition


def test_series_is_read_in_our_spelling():
    event = only(
        "RRULE:freq=weekly;interval=1;byday=MO;BYHOUR=9;BYMINUTE=0;UNTIL=20260401",
        "EXDATE:20260309T090000Z,20260316",
        "RDATE;VALUE=PERIOD:20260403T090000Z/PT1H",
        "EXDATE:20260309T090000Z",
    )
    assert event.rrule == "FREQ=WEEKLY;UNTIL=20260401T235959Z;BYDAY=MO"
    assert event.exdates == (
        datetime(2026, 3, 9, 9, tzinfo=UTC),
        datetime(2026, 3, 16, 9, tzinfo=UTC),
    )
    assert event.rdates == (datetime(2026, 4, 3, 9, tzinfo=UTC),)


def test_unfollowable_rules_are_refused():
    reason = "its repetition cannot be followed: FREQ is DAILY, WEEKLY, MONTHLY or YEARLY"
    assert refusal("RRULE:FREQ=SECONDLY") == reason
    assert refusal("RRULE:FREQ=DAILY", "RRULE:FREQ=WEEKLY") == (
        "an event has several repetition rules"
    )
    all_day = ("DTSTART;VALUE=DATE:20260302", "RRULE:FREQ=DAILY;BYHOUR=9")
    assert "BYHOUR=9" in refusal(*all_day, start=False)
    assert "BYHOUR=8" in refusal("RRULE:FREQ=DAILY;BYHOUR=8")


# Several things at once


def test_components_of_one_uid_are_one_event():
    other = "END:VEVENT\r\nBEGIN:VEVENT\r\nUID:1\r\nDTSTART:20260303T090000Z"
    calendar = read(
        text(
            "RRULE:FREQ=DAILY",
            f"{other}\r\nRECURRENCE-ID:20260303T090000Z\r\nSUMMARY:old",
            f"{other}\r\nRECURRENCE-ID:20260303T090000Z\r\nSEQUENCE:1\r\nSUMMARY:new",
            f"{other.replace('UID:1', 'UID:2')}",
        )
    )
    first, second = calendar.events
    assert (first.master.rrule, [one.summary for one in first.overrides]) == (
        "FREQ=DAILY",
        ["new"],
    )
    assert (second.uid, calendar.method) == ("2", "REQUEST")


def test_several_calendars_are_taken_together():
    two = text(method="") + text(method="").replace("UID:1", "UID:2")
    assert [one.uid for one in read(two).events] == ["1", "2"]
    mixed = read(text() + text(method="CANCEL"))
    assert (len(mixed.events), mixed.refused) == (1, ("a calendar with another METHOD",))


def test_answer_need_not_tell_the_time():
    event = only("ATTENDEE;PARTSTAT=ACCEPTED:mailto:g@x.example", method="REPLY", start=False)
    assert event.start == event.end == datetime(1970, 1, 1, tzinfo=UTC)
    date_only = only("RECURRENCE-ID:20260303T090000Z", method="REPLY", start=False)
    assert date_only.start == date_only.recurrence_id
    assert only("RRULE:FREQ=SECONDLY", method="REPLY").rrule == ""
