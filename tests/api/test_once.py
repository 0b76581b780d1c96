"""Whoever heard no answer asks again with the same key: nothing is made, or mailed, twice."""

from __future__ import annotations

import datetime as dt
import threading

import pytest
from django.db import connection
from django.utils import timezone

from convoca.accounts.models import Membership
from convoca.api.models import OnceKey
from convoca.calendars.models import Event
from convoca.mail.models import Delivery, Sender
from tests.api.conftest import Program

KEY = {"Idempotency-Key": "8e03978e-40d5-43dd-bc93-6894a57f9324"}
LUNCH = {
    "title": "Lunch",
    "start": "2096-11-26T13:00",
    "end": "2096-11-26T14:00",
    "attendees": [{"email": "ana@guest.example"}],
}


def test_the_same_request_again_answers_with_the_event_as_it_is(as_alice: Program, sender: Sender):
    first = as_alice.post("/events", LUNCH, **KEY)
    as_alice.patch(f"/events/{first.json['id']}", {"title": "Late lunch"})
    again = as_alice.post("/events", LUNCH, **KEY)
    assert (first.status, again.status) == (201, 201)
    assert (again.json["id"], again.json["title"]) == (first.json["id"], "Late lunch")
    assert (Event.objects.count(), Delivery.objects.count()) == (1, 1)


def test_the_document_tells_of_it(as_alice: Program):
    paths = as_alice.get("/openapi.json").json["paths"]
    (told,) = paths["/api/v1/events"]["post"]["parameters"]
    assert (told["in"], told["name"]) == ("header", "Idempotency-Key")


def test_without_a_key_each_request_makes_one(as_alice: Program, sender: Sender):
    assert as_alice.post("/events", LUNCH).json["id"] != as_alice.post("/events", LUNCH).json["id"]
    assert not OnceKey.objects.exists()


def test_a_key_is_for_one_request(as_alice: Program, sender: Sender):
    as_alice.post("/events", LUNCH, **KEY)
    other = as_alice.post("/events", LUNCH | {"title": "Dinner"}, **KEY)
    assert (other.status, other.fields) == (422, ["Idempotency-Key"])
    assert Event.objects.count() == 1


@pytest.mark.parametrize("key", ["", "x" * 201, "clé"])
def test_what_is_no_key_is_refused(as_alice: Program, sender: Sender, key: str):
    answer = as_alice.post("/events", LUNCH, **{"Idempotency-Key": key})
    assert (answer.status, Event.objects.count()) == (422, 0)


def test_a_refused_request_leaves_its_key_free(as_alice: Program, sender: Sender):
    refused = as_alice.post("/events", LUNCH | {"end": "2096-11-26T12:00"}, **KEY)
    assert (refused.status, OnceKey.objects.count()) == (422, 0)
    assert as_alice.post("/events", LUNCH, **KEY).status == 201


def test_keys_are_forgotten_after_a_day(as_alice: Program, sender: Sender):
    first = as_alice.post("/events", LUNCH, **KEY)
    OnceKey.objects.update(made_at=timezone.now() - dt.timedelta(hours=25))
    assert as_alice.post("/events", LUNCH, **KEY).json["id"] != first.json["id"]


def test_mallorys_key_is_her_own(as_alice: Program, as_mallory: Program, sender: Sender):
    mine = as_alice.post("/events", LUNCH, **KEY).json["id"]
    theirs = as_mallory.post("/events", LUNCH | {"attendees": []}, **KEY)
    assert theirs.status == 201
    assert theirs.json["id"] != mine


def test_what_its_member_sees_no_more_is_not_shown(
    as_alice: Program, bob: Membership, mallory: Membership, sender: Sender
):
    made = as_alice.post("/events", LUNCH, **KEY).json["id"]
    Event.objects.filter(public_id=made).update(host=mallory, team=mallory.team)
    assert as_alice.post("/events", LUNCH, **KEY).status == 404


@pytest.mark.django_db(transaction=True)
def test_two_at_once_make_one(as_alice: Program, sender: Sender):
    answers = []

    def ask() -> None:
        try:
            answers.append(Program(as_alice.token).post("/events", LUNCH, **KEY).status)
        finally:
            connection.close()

    threads = [threading.Thread(target=ask) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (answers, Event.objects.count()) == ([201] * 3, 1)
