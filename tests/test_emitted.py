"""What is written in tests is judged by others, and their verdict fails the run."""

from types import SimpleNamespace

import pytest

from convoca.standards.ical.writing import PRODID
from tests.support import libical
from tests.support.emitted import Emitted, problems

EVENT = [
    *("BEGIN:VCALENDAR", "VERSION:2.0", f"PRODID:{PRODID}", "BEGIN:VEVENT", "UID:1"),
    *("DTSTAMP:20260201T090000Z", "DTSTART:20260302T090000Z", "SUMMARY:Lunch"),
    *("END:VEVENT", "END:VCALENDAR", ""),
]


def text(*, without: str = "", instead: str = "") -> bytes:
    lines = (instead if line.startswith(without or "-") else line for line in EVENT)
    return "\r\n".join(line for line in lines if line).encode() + b"\r\n"


def complainers(ics: bytes) -> set[str]:
    return {judge for judge, _test, _said in problems([(ics, "a test")])}


def test_a_good_object_pleases_everyone():
    assert complainers(text()) == set()


@pytest.mark.parametrize(
    ("without", "instead", "judges"),
    [
        ("UID", "", {"vobject"}),
        ("DTSTART", "DTSTART:2026-03-02", {"ical.js"}),
        ("SUMMARY", "no property at all", {"ical.js", "vobject"}),
        ("VERSION", "METHOD:REQUEST\r\nVERSION:2.0", {"libical"}),
    ],
)
def test_a_bad_object_is_noticed(without, instead, judges):
    absent = set() if libical.library() else {"libical"}
    assert complainers(text(without=without, instead=instead)) >= judges - absent


def test_one_of_each_shape_is_kept_and_a_complaint_fails_the_run():
    emitted = Emitted()
    for ics in (text(), text().replace(b"UID:1", b"UID:2"), text(without="UID")):
        emitted.keep(ics)
    assert len(emitted.texts) == 2
    session = SimpleNamespace(config=SimpleNamespace(), exitstatus=pytest.ExitCode.OK)
    emitted.pytest_sessionfinish(session)
    assert session.exitstatus == pytest.ExitCode.TESTS_FAILED
