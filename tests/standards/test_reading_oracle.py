"""Of text that is well made, the reader understands what the icalendar library understands."""

import json
import re
from datetime import UTC, date

import icalendar
import pytest
from hypothesis import given
from hypothesis import strategies as st

from convoca.standards.ical import moments
from convoca.standards.ical.address import normalise
from convoca.standards.ical.model import VEvent
from convoca.standards.ical.reading import read
from tests.standards.test_vectors import FILE

ZONES = ["Europe/Madrid", "America/New_York", "Asia/Kolkata", "Romance Standard Time"]
WORDS = st.text(st.characters(codec="utf-8", exclude_categories=["Cc"]), max_size=40)
TEXTS = st.one_of(WORDS, st.text("\n\\;,:\"'nN ^=aé", max_size=40))
NAMES = TEXTS.map(lambda it: it.replace("\\", "/"))
DAYS = st.dates(date(2000, 1, 1), date(2037, 1, 1))
UTC_WITH_ZONE = re.compile(r"TZID=.*[0-9]Z\s*$", re.MULTILINE)
"""RFC 5545, 3.3.5, forbids it; the library believes the zone, we the UTC."""


def escaped(text: str) -> str:
    for plain, written in (("\\", "\\\\"), (";", "\\;"), (",", "\\,"), ("\n", "\\n")):
        text = text.replace(plain, written)
    return text


def quoted(name: str) -> str:
    """Return a parameter value as RFC 6868 has it."""
    return '"' + name.replace("^", "^^").replace("\n", "^n").replace('"', "^'") + '"'


@st.composite
def moment_parts(draw: st.DrawFn) -> str:
    wall = f"{draw(DAYS):%Y%m%d}T120000"
    zone = draw(st.sampled_from(["", *ZONES]))
    return f";TZID={zone}:{wall}" if zone else f":{wall}Z"


@st.composite
def attendee_lines(draw: st.DrawFn, number: int) -> str:
    parts = draw(
        st.permutations(
            [
                f"CN={quoted(draw(NAMES))}",
                f"PARTSTAT={draw(st.sampled_from(['ACCEPTED', 'DECLINED', 'TENTATIVE']))}",
                'DELEGATED-TO="mailto:a@b.example","mailto:c@d.example"',
                "X-NUM-GUESTS=0",
            ]
        )
    )
    kept = parts[: draw(st.integers(0, 4))]
    return ";".join(["ATTENDEE", *kept]) + f":mailto:guest{number}@guest.example"


@st.composite
def calendars(draw: st.DrawFn) -> str:
    lines = [
        "UID:1",
        f"SEQUENCE:{draw(st.integers(0, 99))}",
        f"DTSTART{draw(moment_parts())}",
        f"DTSTAMP:{draw(DAYS):%Y%m%d}T090000Z",
        *(f"{name}:{escaped(draw(TEXTS))}" for name in ("SUMMARY", "LOCATION", "DESCRIPTION")),
        *(draw(attendee_lines(number)) for number in range(draw(st.integers(0, 3)))),
        *(f"EXDATE{draw(moment_parts())}" for _ in range(draw(st.integers(0, 2)))),
    ]
    order = draw(st.permutations(lines))
    body = "\r\n".join(folded(line, draw(st.integers(1, 60))) for line in order)
    return (
        "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nMETHOD:REQUEST\r\nBEGIN:VEVENT\r\n"
        f"{body}\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
    )


def folded(line: str, width: int) -> str:
    return "\r\n ".join(line[at : at + width] for at in range(0, len(line), width))


@given(calendars())
def test_both_read_the_same(text):
    (event,) = read(text).events
    (foreign,) = icalendar.Calendar.from_ical(text).walk("VEVENT")
    assert foreign.errors == []
    assert ours(event.main) == theirs(foreign)


def ours(part: VEvent) -> dict[str, object]:
    return {
        "uid": part.uid,
        "start": moments.key(part.start),
        "sequence": part.sequence,
        "stamp": part.dtstamp,
        "texts": (part.summary, part.location, part.description),
        "attendees": [
            (one.address, one.name, one.partstat.value, one.delegated_to) for one in part.attendees
        ],
        "exdates": {moments.key(one) for one in part.exdates},
    }


def theirs(part: icalendar.Event) -> dict[str, object]:
    lists = [one for line in several(part, "EXDATE") for one in line.dts]
    stamp = part.get("DTSTAMP")
    return {
        "uid": str(part["UID"]),
        "start": moments.key(part["DTSTART"].dt),
        "sequence": int(part.get("SEQUENCE", 0)),
        "stamp": stamp and stamp.dt.astimezone(UTC),
        "texts": tuple(str(part.get(name, "")) for name in ("SUMMARY", "LOCATION", "DESCRIPTION")),
        "attendees": [attendee(one) for one in several(part, "ATTENDEE")],
        "exdates": {moments.key(one.dt) for one in lists},
    }


def attendee(one: icalendar.vCalAddress) -> tuple[object, ...]:
    delegates = one.params.get("DELEGATED-TO", [])
    return (
        normalise(one),
        str(one.params.get("CN", "")),
        str(one.params.get("PARTSTAT", "NEEDS-ACTION")),
        tuple(normalise(it) for it in ([delegates] if isinstance(delegates, str) else delegates)),
    )


def several(part: icalendar.Event, name: str) -> list:
    found = part.get(name, [])
    return found if isinstance(found, list) else [found]


def test_both_read_the_same_of_somebody_elses_cases():
    if not FILE.exists():
        pytest.skip(f"the vectors are not there: {FILE}")
    compared = sum(compare(text) for text in sorted(foreign_texts()))
    assert compared > 20


def foreign_texts() -> set[str]:
    cases = [json.loads(line) for line in FILE.read_text().splitlines()]
    names = ("old", "new", "input", "existing")
    return {case[name] for case in cases for name in names if case.get(name)}


def compare(text: str) -> int:
    """Compare the masters of one text, if the library finds it without fault; tell how many."""
    if UTC_WITH_ZONE.search(text):
        return 0
    try:
        calendar = icalendar.Calendar.from_ical(text)
    except (ValueError, IndexError):
        return 0
    masters = {
        str(part.get("UID")): part
        for part in calendar.walk("VEVENT")
        if "RECURRENCE-ID" not in part and "DTSTART" in part and not part.errors
    }
    found = {event.uid: event.master for event in read(text).events if event.master}
    for uid, master in found.items():
        if uid in masters:
            mine, other = ours(master), theirs(masters[uid])
            assert {**mine, "attendees": set(mine["attendees"])} == {
                **other,
                "attendees": set(other["attendees"]),
            }
    return len(found.keys() & masters.keys())
