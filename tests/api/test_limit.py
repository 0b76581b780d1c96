"""Forty programs at nine of ten: exactly one event with guests gets through (rule S18)."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import pytest

from convoca.accounts.models import Membership, Plan, Usage
from convoca.calendars.models import Event
from convoca.guests.models import Guest
from convoca.mail.models import Delivery, Sender
from tests.api.conftest import Answer, Program
from tests.support.together import at_once

PROGRAMS = 40
GUEST = {"email": "ana@guest.example"}


def typed(**fields: object) -> dict[str, object]:
    return {"title": "T", "start": "2096-11-26T10:00"} | fields


def all_programs(act: Callable[[int], Answer]) -> list[Answer]:
    """Let all programs act at the same moment."""
    return at_once(*(partial(act, number) for number in range(PROGRAMS)))


@pytest.fixture
def nine_of_ten(alice: Membership, sender: Sender) -> None:
    Usage.objects.create(team=alice.team, events_with_guests=9)


@pytest.mark.django_db(transaction=True)
def test_forty_parallel_creates_let_one_through(nine_of_ten: None, as_alice: Program):
    answers = all_programs(
        lambda number: Program(as_alice.token).post("/events", typed(attendees=[GUEST]))
    )
    assert sorted(answer.status for answer in answers) == [201] + [409] * 39
    assert {answer.kind for answer in answers if answer.status == 409} == {"plan-limit"}
    assert as_alice.get("/usage").json == {"plan": "free", "events_with_guests": 10, "limit": 10}
    assert (Event.objects.count(), Guest.objects.count(), Delivery.objects.count()) == (1, 1, 1)


@pytest.mark.django_db(transaction=True)
def test_forty_first_guests_let_one_through(nine_of_ten: None, as_alice: Program):
    ids = [as_alice.post("/events", typed()).json["id"] for _number in range(PROGRAMS)]
    answers = all_programs(
        lambda number: Program(as_alice.token).patch(
            f"/events/{ids[number]}", {"attendees": [GUEST]}
        )
    )
    assert sorted(answer.status for answer in answers) == [200] + [409] * 39
    assert as_alice.get("/usage").json["events_with_guests"] == 10
    invited = Event.objects.filter(attendees__isnull=False)
    assert (invited.count(), Delivery.objects.count()) == (1, 1)


@pytest.mark.django_db(transaction=True)
def test_parallel_patches_of_one_event_serialise(nine_of_ten: None, as_alice: Program):
    event = as_alice.post("/events", typed()).json
    place = f"/events/{event['id']}"
    answers = all_programs(
        lambda number: Program(as_alice.token).patch(
            place, {"title": f"T{number}", "attendees": [GUEST], "revision": 1}
        )
    )
    assert sorted(answer.status for answer in answers) == [200] + [409] * 39
    assert {answer.kind for answer in answers if answer.status == 409} == {"conflict"}
    assert as_alice.get(place).json["revision"] == 2


def test_at_the_limit_events_among_colleagues_go_on(
    alice: Membership, bob: Membership, as_alice: Program, sender: Sender
):
    Usage.objects.create(team=alice.team, events_with_guests=10)
    refused = as_alice.post("/events", typed(attendees=[GUEST]))
    assert (refused.status, refused.kind) == (409, "plan-limit")
    assert "10" in refused.json["detail"]
    assert not Event.objects.exists()
    assert not Guest.objects.exists()
    member = {"member": str(bob.public_id)}
    assert as_alice.post("/events", typed(attendees=[member])).status == 201
    alice.team.plan = Plan.BUSINESS
    alice.team.save()
    assert as_alice.post("/events", typed(attendees=[GUEST])).status == 201
    assert as_alice.get("/usage").json["limit"] is None
