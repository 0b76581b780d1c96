"""A grace asked for by a program, and the mails stopped in it."""

from __future__ import annotations

from typing import Any

import pytest

from convoca.mail.models import Delivery, Sender
from tests.api.conftest import Program

NEW = {
    "title": "Contract review",
    "start": "2035-11-27T10:00",
    "timezone": "Europe/Madrid",
    "attendees": [{"email": "gwen@guest.example"}, {"email": "gus@guest.example"}],
}


@pytest.fixture
def made(as_alice: Program, sender: Sender) -> str:
    """The path of an event whose mails wait for half a minute."""
    return f"/events/{as_alice.post('/events', NEW | {'grace': 30}).json['id']}"


def test_without_being_asked_for_there_is_no_grace(as_alice: Program, sender: Sender):
    event = as_alice.post("/events", NEW).json["id"]
    assert as_alice.post(f"/events/{event}/stop").json == {"stopped": 0, "left": 0}
    assert Delivery.objects.filter(grace_until=None).count() == 2


def test_mails_are_stopped_and_told_after_all(as_alice: Program, made: str):
    assert as_alice.post(f"{made}/stop").json == {"stopped": 2, "left": 0}
    assert as_alice.post(f"{made}/stop").json == {"stopped": 0, "left": 0}
    assert as_alice.post(f"{made}/tell").json == {"told": 2}
    assert Delivery.objects.filter(grace_until=None, wanted=1).count() == 2


def test_changes_and_cancellations_take_a_grace_too(as_alice: Program, made: str):
    Delivery.objects.update(sent=1, claimed=1, grace_until=None, due_at=None)
    as_alice.patch(made, {"location": "Room 5", "grace": 30})
    assert as_alice.post(f"{made}/stop").json == {"stopped": 2, "left": 0}
    as_alice.delete(made, {"grace": 30})
    assert as_alice.post(f"{made}/stop").json == {"stopped": 2, "left": 0}


@pytest.mark.parametrize("seconds", [-1, 61, "soon"])
def test_a_grace_is_a_minute_at_most(as_alice: Program, sender: Sender, seconds: Any):
    answer = as_alice.post("/events", NEW | {"grace": seconds})
    assert (answer.status, answer.fields) == (422, ["grace"])


def test_only_who_may_change_the_event_stops_or_tells(
    as_bob: Program, as_mallory: Program, made: str
):
    for door in ("stop", "tell"):
        assert as_bob.post(f"{made}/{door}").status == 403
        assert as_mallory.post(f"{made}/{door}").status == 404
