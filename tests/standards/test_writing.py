"""What is written can be read by others, says what was meant, and nothing more."""

import re
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import icalendar
import pytest
import vobject
from hypothesis import given
from hypothesis import strategies as st

from convoca.standards.ical.cleaning import mailto
from convoca.standards.ical.model import Attachment, Attendee, Event, Organizer, Partstat, VEvent
from convoca.standards.ical.reading import read
from convoca.standards.ical.rule import BadRule
from convoca.standards.ical.snapshot_json import from_json, to_json
from convoca.standards.ical.writing import write
from tests.standards.validity import check_valid

MADRID = ZoneInfo("Europe/Madrid")
START = datetime(2026, 3, 2, 10, tzinfo=MADRID)
LUNCH = VEvent(
    uid="lunch@acme.example",
    start=START,
    end=START + timedelta(hours=1),
    dtstamp=datetime(2026, 2, 1, 9, tzinfo=UTC),
    organizer=Organizer(address="alice@acme.example", name="Alice"),
)


def lines(event: VEvent, **options: str) -> list[str]:
    text = write(Event(master=event), **options).decode()
    return text.replace("\r\n ", "").split("\r\n")


def vevent(event: VEvent) -> list[str]:
    written = lines(event)
    return written[written.index("BEGIN:VEVENT") + 1 : written.index("END:VEVENT")]


def full_event() -> VEvent:
    gwen = Attendee(address="gwen@guest.example", name="Gwen")
    return replace(
        LUNCH,
        sequence=3,
        summary="Lunch",
        location="Ritz",
        description="Good food",
        description_html="<p>Good food</p>",
        url="https://cal.example/r/1",
        comment="Come!",
        related_to="other@acme.example",
        created=datetime(2026, 1, 1, tzinfo=UTC),
        last_modified=datetime(2026, 1, 2, tzinfo=UTC),
        attendees=(gwen,),
        attachments=(
            Attachment(uri="https://cal.example/f", name="menu.pdf", media_type="application/pdf"),
            Attachment(uri="https://cal.example/g"),
        ),
    )


def test_request_is_complete():
    event = full_event()
    check_valid(write(Event(master=event), method="REQUEST"))
    assert lines(event, method="REQUEST", name="Team")[:6] == [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//Convoca//Convoca//EN",
        "CALSCALE:GREGORIAN",
        "METHOD:REQUEST",
        "X-WR-CALNAME:Team",
    ]
    assert vevent(event) == [
        "UID:lunch@acme.example",
        "DTSTAMP:20260201T090000Z",
        "SEQUENCE:3",
        "DTSTART;TZID=Europe/Madrid:20260302T100000",
        "DTEND;TZID=Europe/Madrid:20260302T110000",
        "SUMMARY:Lunch",
        "LOCATION:Ritz",
        "DESCRIPTION:Good food",
        "X-ALT-DESC;FMTTYPE=text/html:<p>Good food</p>",
        "COMMENT:Come!",
        "RELATED-TO;RELTYPE=SIBLING:other@acme.example",
        "URL:https://cal.example/r/1",
        "STATUS:CONFIRMED",
        "TRANSP:OPAQUE",
        "CREATED:20260101T000000Z",
        "LAST-MODIFIED:20260102T000000Z",
        "ORGANIZER;CN=Alice:mailto:alice@acme.example",
        "ATTENDEE;CUTYPE=INDIVIDUAL;ROLE=REQ-PARTICIPANT;PARTSTAT=NEEDS-ACTION;RSVP=TRUE"
        ";CN=Gwen:mailto:gwen@guest.example",
        "ATTACH;FMTTYPE=application/pdf;FILENAME=menu.pdf:https://cal.example/f",
        "ATTACH:https://cal.example/g",
    ]


def test_all_day_event_has_dates():
    day = date(2026, 3, 2)
    event = replace(
        LUNCH, start=day, end=day + timedelta(days=2), rrule="FREQ=DAILY;UNTIL=20260309T100000Z"
    )
    assert vevent(event)[3:6] == [
        "DTSTART;VALUE=DATE:20260302",
        "DTEND;VALUE=DATE:20260304",
        "RRULE:FREQ=DAILY;UNTIL=20260309",
    ]
    assert "BEGIN:VTIMEZONE" not in lines(event)


def test_dates_of_a_series_have_the_zone_of_its_start():
    event = replace(
        LUNCH,
        rrule="FREQ=DAILY",
        exdates=(datetime(2026, 3, 5, 9, tzinfo=UTC), date(2026, 3, 4)),
        rdates=(datetime(2026, 7, 1, 8, tzinfo=UTC),),
    )
    assert vevent(event)[6:9] == [
        "RDATE;TZID=Europe/Madrid:20260701T100000",
        "EXDATE;TZID=Europe/Madrid:20260304T100000",
        "EXDATE;TZID=Europe/Madrid:20260305T100000",
    ]


def test_utc_needs_no_zone():
    for zone in (UTC, ZoneInfo("UTC"), ZoneInfo("Etc/UTC")):
        event = replace(LUNCH, start=datetime(2026, 3, 2, 9, tzinfo=zone), end=LUNCH.end)
        assert vevent(event)[3] == "DTSTART:20260302T090000Z"


def test_zone_that_is_utc_today_keeps_its_name():
    event = replace(LUNCH, start=datetime(2026, 3, 2, 9, tzinfo=ZoneInfo("Africa/Dakar")))
    assert vevent(event)[3] == "DTSTART;TZID=Africa/Dakar:20260302T090000"


def test_event_without_length_has_no_end():
    assert "DTEND" not in "".join(vevent(replace(LUNCH, end=LUNCH.start)))


def test_old_event_without_stamp_still_has_one():
    assert "DTSTAMP:19700101T000000Z" in vevent(replace(LUNCH, dtstamp=None))


def test_event_of_one_person_has_no_people():
    alone = replace(LUNCH, organizer=None)
    assert not [line for line in vevent(alone) if line.startswith(("ORGANIZER", "ATTENDEE"))]
    assert from_json(to_json(Event(master=alone))).master == alone


def test_every_event_of_a_feed_has_its_zones():
    new_york = ZoneInfo("America/New_York")
    other = replace(LUNCH, uid="2", start=START.astimezone(new_york), rrule="FREQ=DAILY;COUNT=2")
    endless = replace(LUNCH, uid="3", rrule="FREQ=DAILY")
    calendar = check_valid(write(*(Event(master=one) for one in (LUNCH, other, endless))))
    zones = [str(zone["TZID"]) for zone in calendar.walk("VTIMEZONE")]
    assert zones == ["America/New_York", "Europe/Madrid"]


def test_bad_rule_is_never_written():
    with pytest.raises(BadRule):
        write(Event(master=replace(LUNCH, rrule="FREQ=SECONDLY")))


# Hostile text

HOSTILE = st.text(
    st.one_of(
        st.sampled_from("\r\n\t\0\x0b\x0c\x1b\x7f\x85\u2028\u2029\ud800;:,\"'\\^n="),
        st.characters(),
    ),
    max_size=60,
)
INJECTIONS = [
    "x\r\nX-EVIL:1",
    "x\nATTENDEE:mailto:evil@evil.example",
    "x\rEND:VEVENT",
    "x\u2028X-EVIL:1",
    "x\x85X-EVIL:1",
    '";X-EVIL=1:mailto:evil@evil.example',
    "A: B",
    "ends with \\",
    "\\n \\, ^n ^^ ^'",
    "\ud800\udfff",
]


def hostile_event(text: str) -> VEvent:
    return replace(
        LUNCH,
        uid=f"u{text}",
        summary=f"s{text}",  # a REQUEST has one (RFC 5546, 3.2.2)
        location=text,
        description=text,
        description_html=text,
        comment=text,
        related_to=text,
        url=f"https://{text}",
        status=text,
        transparency=text,
        organizer=Organizer(address="alice@acme.example", name=text),
        attendees=(
            Attendee(address="gwen@guest.example", name=text, role=text, cutype=text),
            Attendee(address=f"a{text}@guest.example", delegated_to=(text,)),
        ),
        attachments=(Attachment(uri=text, name=text, media_type=text),),
    )


ALLOWED = {
    *("BEGIN", "END", "UID", "DTSTAMP", "SEQUENCE", "DTSTART", "DTEND", "SUMMARY", "LOCATION"),
    *("DESCRIPTION", "X-ALT-DESC", "COMMENT", "RELATED-TO", "URL", "STATUS", "TRANSP"),
    *("ORGANIZER", "ATTENDEE", "ATTACH"),
}


def assert_nothing_injected(text: str) -> None:
    event = hostile_event(text)
    written = write(Event(master=event), method="REQUEST")
    (found,) = icalendar.Calendar.from_ical(written).walk("VEVENT")
    names = [line.partition(":")[0].partition(";")[0] for line in vevent(event)]
    assert set(names) <= ALLOWED
    assert names.count("ATTENDEE") == len(found["ATTENDEE"]) == 2
    assert str(found["ORGANIZER"]) == "mailto:alice@acme.example"
    assert str(found["ATTENDEE"][0]) == "mailto:gwen@guest.example"
    assert set(found["ATTENDEE"][0].params) <= {"CUTYPE", "ROLE", "PARTSTAT", "RSVP", "CN"}
    (back,) = read(written).events
    assert len(back.master.attendees) == 2
    foreign = vobject.readOne(written.decode()).vevent
    assert len(foreign.attendee_list) == 2
    assert foreign.organizer.value == "mailto:alice@acme.example"
    assert {one.name for one in foreign.getChildren()} <= ALLOWED
    controls = set(re.findall(r"[\x00-\x1f\x7f]", written.decode()))
    assert controls <= {"\t", "\r", "\n"}


@pytest.mark.parametrize("text", ["", "\x00\x1f"])
def test_what_has_nothing_to_say_is_left_out(text):
    part = replace(hostile_event(text), attachments=(Attachment(uri=" "),), url="")
    names = [line.partition(":")[0].partition(";")[0] for line in vevent(part)]
    silent = {"LOCATION", "DESCRIPTION", "X-ALT-DESC", "COMMENT", "RELATED-TO", "STATUS", "ATTACH"}
    assert silent.isdisjoint(names)
    assert "TRANSP:OPAQUE" in vevent(part)


@given(HOSTILE)
def test_no_text_can_add_a_line(text):
    assert_nothing_injected(text)


@pytest.mark.parametrize("text", INJECTIONS)
def test_known_injections_fail(text):
    assert_nothing_injected(text)


@given(st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Zl", "Zp"]), max_size=200))
def test_text_survives_the_way_there_and_back(text):
    written = write(Event(master=replace(LUNCH, summary=text, description=f"a\n{text}")))
    (back,) = read(written).events
    assert (back.master.summary, back.master.description) == (text, f"a\n{text}")
    (foreign,) = icalendar.Calendar.from_ical(written).walk("VEVENT")
    assert str(foreign.get("SUMMARY", "")) == text


@given(st.text(max_size=300))
def test_lines_are_folded_within_no_character(text):
    written = write(Event(master=replace(LUNCH, summary=text)))
    for line in written.split(b"\r\n"):
        assert len(line) <= 75
        line.decode()  # fails for half a character


def test_backslashes_are_no_line_breaks():
    folder = "C:\\New\\new\\\\N"
    written = write(Event(master=replace(LUNCH, summary=folder)))
    assert b"SUMMARY:C:\\\\New\\\\new\\\\\\\\N\r\n" in written
    assert read(written).events[0].master.summary == folder


@pytest.mark.parametrize(
    ("name", "written"),
    [
        ("Gwen", "CN=Gwen"),
        ("López, Gwen", 'CN="López, Gwen"'),
        ("A: B", 'CN="A: B"'),
        ('Gwen "G" \\ ^n', "CN=\"Gwen 'G' / ^^n\""),
        ("Gwen\nLópez", 'CN="Gwen López"'),
    ],
)
def test_parameters_are_quoted_and_made_safe(name, written):
    event = replace(LUNCH, organizer=Organizer(address="alice@acme.example", name=name))
    assert f"ORGANIZER;{written}:mailto:alice@acme.example" in vevent(event)


def test_addresses_become_uris():
    assert mailto("gwen+a@guest.example") == "mailto:gwen+a@guest.example"
    assert mailto("50%@guest.example") == "mailto:50%25@guest.example"
    assert mailto("urn:uuid:1") == "urn:uuid:1"


# Stored versions


@given(HOSTILE)
def test_version_is_stored_without_loss(text):
    event = Event(
        master=replace(hostile_event(text), rrule="FREQ=DAILY", exdates=(START, date(2026, 3, 4))),
        overrides=(
            replace(
                LUNCH,
                recurrence_id=START.astimezone(UTC),
                attendees=(
                    Attendee(
                        address="gus@guest.example",
                        partstat=Partstat.ACCEPTED,
                        asked_sequence=2,
                        replied_sequence=1,
                        replied_at=datetime(2026, 2, 1, 9, 0, 0, 123, tzinfo=UTC),
                    ),
                ),
            ),
        ),
    )
    assert from_json(to_json(event)) == event


def test_version_keeps_zone_and_type():
    event = Event(master=None, overrides=(replace(LUNCH, recurrence_id=START),))
    back = from_json(to_json(event))
    assert back.main.start.tzinfo is MADRID
    assert back.main.recurrence_id == START
    assert back.master is None
    offset = datetime.fromisoformat("2026-03-02T10:00:00+02:00")
    assert from_json(to_json(Event(master=replace(LUNCH, start=offset)))).main.start == offset
