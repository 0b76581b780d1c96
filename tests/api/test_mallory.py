"""Mallory is of another team: at no door of the API does she see or change anything."""

from __future__ import annotations

from typing import Any

import pytest

from convoca.accounts.models import Membership
from convoca.calendars.models import Event, Room
from convoca.guests.models import Guest
from convoca.mail.models import Sender
from convoca.notifications import notify
from convoca.notifications.models import Notification
from convoca.notifications.words import event_facts
from tests.api.conftest import Program
from tests.builders import a_file, an_event


@pytest.fixture
def event(alice: Membership, bob: Membership, gwen: Guest, sender: Sender) -> Event:
    """Everything of Alice's team that has an id."""
    room = Room.objects.create(team=alice.team, name="Sala Goya")
    made = an_event(alice, sender=sender, attendees=[gwen, bob, room], files=[a_file(alice)])
    notify.tell(alice, Notification.Kind.CHANGED, made, event_facts(made), "k")
    return made


def test_lists_are_empty_or_her_own(as_mallory: Program, event: Event):
    for path in ("/guests", "/rooms", "/notifications", "/events?from=2026-11-01&to=2026-12-01"):
        assert as_mallory.get(path).json == []
    assert as_mallory.get("/guests?q=gwen").json == []
    for path in ("/members", "/senders"):
        assert [one["email"] for one in as_mallory.get(path).json] == ["mallory@evil.example"]
    assert as_mallory.get("/me").json["team"]["name"] == "Evil"


def test_single_things_are_not_there(as_mallory: Program, event: Event, gwen: Guest):
    place = f"/events/{event.public_id}"
    file, sender = event.files.get(), event.sender
    assert sender is not None
    for method, path, body in (
        ("GET", place, None),
        ("PATCH", place, {"title": "Mine"}),
        ("DELETE", place, None),
        ("GET", f"{place}/attendees", None),
        ("GET", f"/guests/{gwen.public_id}", None),
        ("PATCH", f"/guests/{gwen.public_id}", {"first_name": "M"}),
        ("DELETE", f"/guests/{gwen.public_id}", None),
        ("GET", f"/files/{file.public_id}", None),
        ("POST", f"/senders/{sender.public_id}/confirm", {"code": "000000"}),
        ("POST", f"/senders/{sender.public_id}/code", None),
        ("DELETE", f"/senders/{sender.public_id}", None),
    ):
        answer = as_mallory(method, path, body)
        assert (method, path, answer.status, answer.kind) == (method, path, 404, "not-found")
    event.refresh_from_db()
    gwen.refresh_from_db()
    assert (event.title, event.status, gwen.first_name) == ("Contract review", "CONFIRMED", "Gwen")


def test_ids_of_others_lead_nowhere(
    as_mallory: Program, event: Event, bob: Membership, gwen: Guest
):
    rows = {row.kind: row for row in event.attendees.all()}
    room = rows["ROOM"].room
    assert room is not None
    assert event.sender is not None
    typed: dict[str, Any] = {"title": "T", "start": "2096-11-26T10:00"}
    attendees = [
        {"guest": str(gwen.public_id)},
        {"member": str(bob.public_id)},
        {"room": str(room.public_id)},
        {"attendee": str(rows["GUEST"].public_id)},
    ]
    answer = as_mallory.post(
        "/events",
        typed
        | {
            "attendees": attendees,
            "sender": str(event.sender.public_id),
            "files": [str(event.files.get().public_id)],
        },
    )
    assert answer.status == 422
    assert sorted(answer.fields) == [
        "attendees.0",
        "attendees.1",
        "attendees.2",
        "attendees.3",
        "files.0",
        "sender",
    ]
    choice = as_mallory.patch("/settings", {"default_sender": str(event.sender.public_id)})
    assert (choice.status, choice.fields) == (422, ["default_sender"])


def test_an_address_of_ours_tells_her_nothing(as_mallory: Program, event: Event):
    saved = as_mallory.post("/guests", {"email": "gwen@guest.example"})
    assert (saved.status, saved.json["name"]) == (201, "gwen@guest.example")
    colleague = as_mallory.post("/guests", {"email": "bob@acme.example"})
    assert colleague.json["kind"] == "guest"
