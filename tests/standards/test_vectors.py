"""Somebody else's iTIP cases, as far as they are an organizer's or feed an organizer's ear.

They are not part of the repository: they are looked for beside it, or in $CONVOCA_VECTORS.
"""

import json
import os
import re
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from convoca.standards.ical import moments
from convoca.standards.ical.address import normalise
from convoca.standards.ical.model import Event
from convoca.standards.ical.reading import read
from convoca.standards.ical.writing import write
from convoca.standards.itip import incoming
from convoca.standards.itip.messages import Message
from convoca.standards.itip.outgoing import message_for, plan
from tests.standards.validity import check_valid

FOLDER = Path(os.environ.get("CONVOCA_VECTORS", Path(__file__).parents[3] / "shared" / "vectors"))
FILE = FOLDER / "sabre_broker.jsonl"
NOW = datetime(2014, 7, 1, tzinfo=UTC)

# Where we differ on purpose, and what decides.
DIFFERENCES = {
    "testSignificantChangesNoChange": "RFC 5546, 2.1.4: an unchanged event needs no message",
    "testSignificantChangesRRuleNoChange": "RFC 5546, 2.1.4: INTERVAL=1 is no change",
    "testSignificantChangesRRuleOrderNoChange": "RFC 5546, 2.1.4: another order is no change",
    "testSignificantChangesAttendeesOrderNoChange": "RFC 5546, 2.1.4: another order is no change",
    "testSignificantChangesVeventOrderNoChange": "RFC 5546, 2.1.4: another order is no change",
    "testInviteNoChange": "RFC 5546, 2.1.4: an unchanged event needs no message",
    "testInviteNoChangeForceSend": "RFC 6638, 7.2: SCHEDULE-FORCE-SEND is for CalDAV clients",
    "testRemoveInstance": "RFC 5545, 3.8.5.1: an EXDATE on a day without instance takes none away",
    "testScheduleAgentClient": "RFC 6638, 7.1: SCHEDULE-AGENT is for CalDAV clients",
}
# Who loses one date of a series is sent a CANCEL for it, and not the whole series with an EXDATE.
ONE_DATE = "RFC 6638, 3.2.6, and RFC 5546, 4.4.3"
CANCELLED_DATES = {"testExdateTimezone": ONE_DATE, "testExdateTimezoneUTC": ONE_DATE}


def cases(op: str) -> list[object]:
    if not FILE.exists():
        reason = f"the vectors are not there: {FILE}"
        return [pytest.param({}, marks=pytest.mark.skip(reason=reason), id="absent")]
    found = [json.loads(line) for line in FILE.read_text().splitlines()]
    return [
        pytest.param(case, id=case["test"].rpartition("\\")[2])
        for case in found
        if case["op"] == op and is_used(case)
    ]


def is_used(case: dict) -> bool:
    """Leave out what is a VTODO or an attendee's own doing without a message."""
    texts = [case.get(name) or "" for name in ("old", "new", "input", "existing")]
    return any("BEGIN:VEVENT" in text for text in texts)


def test_differences_are_all_met() -> None:
    if not FILE.exists():
        pytest.skip(f"the vectors are not there: {FILE}")
    names = {parameter.id.rpartition("::")[2] for parameter in cases("parse")}
    assert {*DIFFERENCES, *CANCELLED_DATES} - names == set()


@pytest.mark.parametrize("case", cases("parse"))
def test_parse(case: dict) -> None:
    old, new = event_of(case["old"]), event_of(case["new"])
    user = normalise(case["user"])
    if is_organizer(old, user) or is_organizer(new, user):
        play_organizer(case, old, new)
    else:
        play_attendee(case, old, new)


@pytest.mark.parametrize("case", cases("process"))
def test_process(case: dict) -> None:
    """REPLYs are applied; what only an organizer may send is left alone."""
    stored = event_of(with_start(case["existing"]))
    calendar = read(with_start(case["input"]) or "")
    if stored is None or not calendar.events:
        return
    (received,) = calendar.events
    results = incoming.judge(calendar.method, received, stored, "", NOW)
    if calendar.method != "REPLY":
        assert [one.why for one in results] == [incoming.Why.NOT_FOR_ORGANIZER]
        return
    for result in results:
        if isinstance(result, incoming.Answer):
            stored = incoming.apply(stored, result)
    expected = event_of(with_start(case["expected"]))
    strangers = {one.attendee.address for one in results if isinstance(one, incoming.Stranger)}
    if expected is not None:
        assert answers(stored) == {
            key: left
            for key, known in answers(expected).items()
            if (left := {one: what for one, what in known.items() if one not in strangers})
            or key is None
        }


def play_organizer(case: dict, old: Event | None, new: Event | None) -> None:
    name = case["test"].rpartition("::")[2]
    sent = messages(old, new)
    for message in sent:
        check_valid(write(titled(message.event), method=message.method))
    expected = [one for one in case["expected"] if one.get("method")]
    found = sorted((str(one.method), one.recipient.address) for one in sent)
    if name in DIFFERENCES:
        assert found == [("REQUEST", "white@example.org")] * (name == "testScheduleAgentClient")
        return
    if name in CANCELLED_DATES:
        assert found == [("CANCEL", "one@example.org")]
        assert sent[0].event.main.recurrence_id is not None
        return
    if any(one.get("recipient") is None for one in expected):
        assert sorted({method for method, _ in found}) == sorted(
            {one["method"] for one in expected}
        )
        return
    assert found == sorted((one["method"], normalise(one["recipient"])) for one in expected)
    for one in expected:
        message = next(
            mine for mine in sent if mine.recipient.address == normalise(one["recipient"])
        )
        if one.get("message"):
            compare(message, one["message"])


def compare(message: Message, text: str) -> None:
    """Compare dates, guests and SEQUENCE with the message that was expected."""
    (theirs,) = read(re.sub(r"DTSTAMP:\*\*ANY\*\*", "DTSTAMP:20140701T000000Z", text)).events
    assert facts(message.event) == facts(theirs)
    if message.method == "CANCEL":
        assert message.event.sequence >= theirs.sequence


def facts(event: Event) -> dict[object, object]:
    return {
        part.recurrence_id and moments.key(part.recurrence_id): (
            moments.key(part.start),
            moments.key(part.end),
            part.rrule,
            frozenset(moments.key(one) for one in part.exdates),
            frozenset(one.address for one in part.attendees),
        )
        for part in event.components()
    }


def messages(old: Event | None, new: Event | None) -> list[Message]:
    if old is None and new is None:
        return []
    before = plan(None, old, NOW).event if old else None
    planned = plan(before, new, NOW)
    found = []
    for address in planned.told:
        message = message_for(before, planned.event, address, NOW)
        while message is not None:
            found.append(message)
            message = message.then
    return found


def play_attendee(case: dict, old: Event | None, new: Event | None) -> None:
    """Feed the REPLY that a client is expected to send into the organizer's ear."""
    for one in case["expected"]:
        stored = old or new
        calendar = read(one["message"].replace("**ANY**", "20140701T000000Z"))
        (received,) = calendar.events
        results = incoming.judge(calendar.method, received, stored, normalise(case["user"]), NOW)
        assert results
        for result in results:
            assert isinstance(result, incoming.Answer | incoming.Stranger | incoming.Ignored)
            if isinstance(result, incoming.Answer):
                stored = incoming.apply(stored, result)
                part = incoming.effective(stored, result.recurrence_id or stored.main.start)
                mine = (part or stored.main).attendee(result.address)
                assert mine.partstat == result.partstat


def answers(event: Event) -> dict[object, dict[str, str]]:
    return {
        part.recurrence_id and moments.key(part.recurrence_id): {
            one.address: one.partstat for one in part.attendees
        }
        for part in event.components()
    }


def event_of(text: str | None) -> Event | None:
    """Return the only scheduled event in a text; what is broken or has two organizers is none."""
    if not text or "BEGIN:VEVENT" not in text:
        return None
    found = read(text).events
    organizers = {
        part.organizer and part.organizer.address for one in found for part in one.components()
    }
    return found[0] if len(found) == 1 and len(organizers) == 1 else None


def titled(event: Event) -> Event:
    """Give an event the title that some cases leave out and a REQUEST must have."""
    return event.map(lambda part: replace(part, summary=part.summary or "Untitled"))


def is_organizer(event: Event | None, user: str) -> bool:
    return event is not None and event.organizer is not None and event.organizer.address == user


def with_start(text: str | None) -> str | None:
    """Give a VEVENT the DTSTART that some cases leave out."""
    if not text or "DTSTART" in text:
        return text
    return re.sub(r"(BEGIN:VEVENT\r?\n)", r"\1DTSTART:20140716T120000Z\n", text)
