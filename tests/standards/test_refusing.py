"""A proposed time is refused: to who proposed it, with what the standard allows and no more."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from convoca.standards.ical.model import Attendee, Event, Organizer, VEvent
from convoca.standards.ical.writing import write
from convoca.standards.itip.changes import Span
from convoca.standards.itip.refusing import refuse

MADRID = ZoneInfo("Europe/Madrid")
START = datetime(2026, 3, 2, 9, tzinfo=MADRID)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
NOW = datetime(2026, 2, 2, 9, 0, 0, 5, tzinfo=UTC)
GWEN = Attendee(address="gwen@guest.example", name="Gwen")
LUNCH = VEvent(
    uid="lunch@acme.example",
    start=START,
    end=START + HOUR,
    sequence=3,
    summary="Lunch",
    organizer=Organizer(address="alice@acme.example", name="Alice"),
    attendees=(GWEN,),
)
SERIES = Event(master=replace(LUNCH, rrule="FREQ=DAILY;COUNT=3"))
LATER = Span(start=START + HOUR, end=START + 2 * HOUR)


def lines(event: Event, method: str = "DECLINECOUNTER") -> list[str]:
    text = write(event, method=method).decode().replace("\r\n ", "")
    return text.splitlines()


def component(event: Event) -> list[str]:
    found = lines(event)
    return found[found.index("BEGIN:VEVENT") + 1 : found.index("END:VEVENT")]


@pytest.mark.parametrize("sequence", [0, 2])
def test_a_refusal_echoes_uid_and_sequence_and_raises_nothing(sequence: int):
    told = refuse(Event(master=LUNCH), GWEN.address, LATER, sequence=sequence, now=NOW)
    assert (told.method, told.reason, told.proposed) == ("DECLINECOUNTER", "REFUSED", LATER)
    assert component(told.event) == [
        "UID:lunch@acme.example",
        "DTSTAMP:20260202T090000Z",
        f"SEQUENCE:{sequence}",
        "ORGANIZER;CN=Alice:mailto:alice@acme.example",
    ]
    assert "BEGIN:VTIMEZONE" not in lines(told.event)


def test_the_hosts_words_are_the_comment():
    told = refuse(Event(master=LUNCH), GWEN.address, LATER, sequence=0, now=NOW)
    said = told.event.map(lambda part: replace(part, comment="No,\nsorry"))
    assert component(said)[3] == "COMMENT:No\\,\\nsorry"


def test_a_refusal_for_one_date_names_it():
    date = START + DAY
    told = refuse(SERIES, GWEN.address, LATER, sequence=3, now=NOW, recurrence_id=date)
    assert (told.event.master, told.event.main.start) == (None, date)
    assert "RECURRENCE-ID;TZID=Europe/Madrid:20260303T090000" in component(told.event)
    assert "BEGIN:VTIMEZONE" in lines(told.event)


@pytest.mark.parametrize(
    ("address", "date"),
    [("gus@guest.example", None), (GWEN.address, START + HOUR)],
)
def test_nothing_is_refused_to_who_takes_no_part(address: str, date: datetime | None):
    assert refuse(SERIES, address, LATER, sequence=0, now=NOW, recurrence_id=date) is None


def test_nothing_is_refused_to_who_is_on_other_dates():
    others = replace(LUNCH, recurrence_id=START, attendees=(GWEN,))
    series = replace(LUNCH, rrule="FREQ=DAILY;COUNT=3", attendees=())
    event = Event(master=series, overrides=(others,))
    day = START + DAY
    assert refuse(event, GWEN.address, LATER, sequence=0, now=NOW, recurrence_id=day) is None
