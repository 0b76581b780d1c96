"""What waits for the host, for programs: asks to join."""

from __future__ import annotations

import datetime as dt

import pytest
from django.utils import timezone

from convoca.accounts.models import Membership, Plan
from convoca.accounts.plans import TERMS, Terms
from convoca.calendars.models import Event
from convoca.guests.models import Alias, Guest
from convoca.invitations.models import GuestMessage, Invitation, Proposal, Rsvp
from convoca.invitations.saving import scheduling
from convoca.invitations.waiting import proposals
from convoca.mail.models import Sender
from convoca.standards.itip.changes import Span
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


def propose(event: Event) -> Proposal:
    """Let Gwen propose the same day at four."""
    four = dt.datetime(2099, 11, 24, 16, tzinfo=event.zone)
    invitation = Invitation.objects.get(event=event, email_key="gwen@guest.example")
    return proposals.propose(
        invitation,
        Span(start=four, end=four + dt.timedelta(hours=1)),
        source=Rsvp.Source.WEB,
        now=dt.datetime(2090, 1, 1, tzinfo=dt.UTC),
    )


def test_a_proposal_is_listed_and_accepted(as_alice: Program, event: Event):
    made = propose(event)
    place = f"/events/{event.public_id}/proposals"
    (listed,) = as_alice.get(place).json
    assert (listed["id"], listed["start"], listed["timezone"]) == (
        *(str(made.public_id), "2099-11-24T16:00:00", "Europe/Madrid"),
    )
    done = as_alice.post(f"{place}/{made.public_id}", {"decision": "accept", "message": "Fine"})
    assert (done.status, done.json) == (200, [])
    moved = as_alice.get(f"/events/{event.public_id}").json
    assert (moved["start"], moved["attendees"][0]["partstat"]) == (
        *("2099-11-24T16:00:00", "ACCEPTED"),
    )
    again = as_alice.post(f"{place}/{made.public_id}", {"decision": "refuse"})
    assert again.kind == "conflict"


def test_mallory_finds_no_proposal(as_bob: Program, as_mallory: Program, event: Event):
    made = propose(event)
    place = f"/events/{event.public_id}/proposals"
    assert as_mallory.get(place).kind == "not-found"
    refusals = [
        one.post(f"{place}/{made.public_id}", {"decision": "accept"}).kind
        for one in (as_bob, as_mallory)
    ]
    assert refusals == ["forbidden", "not-found"]


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


def test_an_answer_is_entered_and_the_history_read(as_alice: Program, event: Event):
    place = f"/events/{event.public_id}/attendees/{event.attendees.get().public_id}"
    said = as_alice.post(f"{place}/answer", {"partstat": "DECLINED", "note": "by phone"})
    assert said.status == 200
    (listed,) = as_alice.get(f"{place}/answers").json
    assert [listed[name] for name in ("partstat", "note", "source", "entered_by", "fate")] == [
        *("DECLINED", "by phone", "HOST", "Alice Álvarez", "COUNTS"),
    ]
    assert as_alice.post(f"{place}/answer", {"partstat": "PERHAPS"}).fields == ["partstat"]
    as_alice.delete(f"/events/{event.public_id}")
    assert as_alice.post(f"{place}/answer", {"partstat": "ACCEPTED"}).kind == "conflict"


def a_message(event: Event) -> GuestMessage:
    invitation = Invitation.objects.get(event=event)
    return GuestMessage.objects.create(
        invitation=invitation, text="Yes!", received_at=timezone.now()
    )


def test_a_message_is_listed_and_taken_for_an_answer(as_alice: Program, event: Event):
    message = a_message(event)
    place = f"/events/{event.public_id}/messages"
    assert [one["text"] for one in as_alice.get(place).json] == ["Yes!"]
    done = as_alice.post(f"{place}/{message.public_id}", {"partstat": "ACCEPTED"})
    assert (done.json["recorded_as"], event.attendees.get().partstat) == ("ACCEPTED", "ACCEPTED")


def test_mallory_enters_and_reads_nothing(as_bob: Program, as_mallory: Program, event: Event):
    message, attendee = a_message(event), event.attendees.get()
    for path, body in (
        (f"attendees/{attendee.public_id}/answer", {"partstat": "ACCEPTED"}),
        (f"messages/{message.public_id}", {"partstat": "ACCEPTED"}),
    ):
        where = f"/events/{event.public_id}/{path}"
        kinds = [one.post(where, body).kind for one in (as_bob, as_mallory)]
        assert kinds == ["forbidden", "not-found"]
    for path in (f"attendees/{attendee.public_id}/answers", "messages"):
        assert as_mallory.get(f"/events/{event.public_id}/{path}").kind == "not-found"
    assert not Rsvp.objects.exists()
