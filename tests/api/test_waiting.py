"""What waits for the host, for programs: asks to join."""

from __future__ import annotations

import pytest

from convoca.accounts.models import Membership, Plan
from convoca.accounts.plans import TERMS, Terms
from convoca.calendars.models import Event
from convoca.guests.models import Alias, Guest
from convoca.invitations import scheduling
from convoca.mail.models import Sender
from tests.api.conftest import Program
from tests.builders import a_held_answer, draft


@pytest.fixture
def event(alice: Membership, gwen: Guest, sender: Sender) -> Event:
    """Alice's meeting with Gwen."""
    return scheduling.save_event(
        alice, draft(start="2099-11-24 10:00", attendees=[gwen], sender=sender)
    )


def test_an_ask_is_listed_and_admitted_once(as_alice: Program, event: Event):
    held = a_held_answer(event, name="Mia", note="May I?")
    (listed,) = as_alice.get(f"/events/{event.public_id}/held").json
    assert {listed[name] for name in ("id", "why", "email", "name", "partstat", "note")} == {
        *(str(held.public_id), "STRANGER", "mia@crash.example", "Mia", "ACCEPTED", "May I?")
    }
    place = f"/events/{event.public_id}/held/{held.public_id}"
    done = as_alice.post(place, {"decision": "admit"})
    assert (done.status, done.json["decision"]) == (200, "ADMITTED")
    assert as_alice.post(place, {"decision": "ignore"}).kind == "conflict"
    assert as_alice.get(f"/events/{event.public_id}/held").json == []
    attendees = as_alice.get(f"/events/{event.public_id}/attendees").json
    assert [(one["email"], one["partstat"]) for one in attendees] == [
        ("gwen@guest.example", "NEEDS-ACTION"),
        ("mia@crash.example", "ACCEPTED"),
    ]


def test_an_ask_is_merged_with_the_attendee_named(as_alice: Program, event: Event, gwen: Guest):
    held = a_held_answer(event)
    place = f"/events/{event.public_id}/held/{held.public_id}"
    assert as_alice.post(place, {"decision": "merge"}).fields == ["attendee"]
    attendee = str(event.attendees.get().public_id)
    assert as_alice.post(place, {"decision": "merge", "attendee": attendee}).status == 200
    assert Alias.objects.get().guest == gwen
    assert as_alice.get(f"/guests/{gwen.public_id}").json["aliases"] == ["mia@crash.example"]


def test_the_limit_refuses_an_ask(as_alice: Program, alice, bob, sender, monkeypatch):
    event = scheduling.save_event(
        alice, draft(start="2099-11-24 10:00", attendees=[bob], sender=sender)
    )
    monkeypatch.setitem(TERMS, Plan.FREE, Terms(events_with_guests=0))
    place = f"/events/{event.public_id}/held/{a_held_answer(event).public_id}"
    assert as_alice.post(place, {"decision": "admit"}).kind == "plan-limit"
    assert len(as_alice.get(f"/events/{event.public_id}/held").json) == 1


def test_colleagues_look_and_mallory_finds_nothing(
    as_bob: Program, as_mallory: Program, event: Event
):
    held = a_held_answer(event)
    place = f"/events/{event.public_id}/held"
    assert [one["id"] for one in as_bob.get(place).json] == [str(held.public_id)]
    refused = as_bob.post(f"{place}/{held.public_id}", {"decision": "admit"})
    assert refused.kind == "forbidden"
    assert as_mallory.get(place).kind == "not-found"
    assert as_mallory.post(f"{place}/{held.public_id}", {"decision": "admit"}).kind == "not-found"
    held.refresh_from_db()
    assert held.decision == ""
