"""Me, my settings, guests, senders, colleagues and rooms, through the API."""

from __future__ import annotations

import re

import pytest

from convoca.accounts.models import Membership
from convoca.calendars.models import Room
from convoca.guests.models import Guest
from convoca.mail import senders
from convoca.mail.models import Sender
from convoca.notifications import notify
from convoca.notifications.models import Notification
from convoca.notifications.words import event_facts
from tests.api.conftest import Program
from tests.builders import an_event
from tests.invitations.post import notices, part


def the_code() -> str:
    """Return the code in the one mail that waits."""
    (mail,) = notices()
    found = re.search(r"\b\d{6}\b", part(mail, "plain"))
    assert found
    return found[0]


def test_me(alice: Membership, as_alice: Program):
    assert as_alice.get("/me").json == {
        "id": str(alice.public_id),
        "name": "Alice Álvarez",
        "email": "alice@acme.example",
        "role": "owner",
        "team": {"id": str(alice.team.public_id), "name": "Acme"},
        "language": "en",
        "timezone": "Europe/Madrid",
        "notify_by_email": True,
        "default_sender": None,
    }


def test_settings_change_one_by_one(alice: Membership, as_alice: Program, sender: Sender):
    answer = as_alice.patch("/settings", {"default_sender": str(sender.public_id)})
    assert (answer.status, answer.json["default_sender"]) == (200, str(sender.public_id))
    assert senders.chosen(alice) == sender
    answer = as_alice.patch("/settings", {"language": "es", "notify_by_email": False})
    assert answer.json == {
        "default_sender": str(sender.public_id),
        "language": "es",
        "timezone": "Europe/Madrid",
        "notify_by_email": False,
    }


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"language": "xx"}, "language"),
        ({"timezone": "Mars/Base"}, "timezone"),
        ({"default_sender": "00000000-0000-0000-0000-000000000000"}, "default_sender"),
        ({"default_sender": "x"}, "default_sender"),
        ({"notify_by_email": "perhaps"}, "notify_by_email"),
        ({"role": "owner"}, "role"),
    ],
)
def test_wrong_settings_are_refused_whole(
    alice: Membership, as_alice: Program, change: dict[str, object], field: str
):
    answer = as_alice.patch("/settings", {"notify_by_email": False} | change)
    assert (answer.status, answer.fields) == (422, [field])
    alice.refresh_from_db()
    assert alice.notify_by_email


def test_an_unconfirmed_sender_cannot_be_the_default(as_alice: Program, alice: Membership):
    added = as_alice.post("/senders", {"name": "Office", "email": "office@acme.example"})
    answer = as_alice.patch("/settings", {"default_sender": added.json["id"]})
    assert (answer.status, answer.fields) == (422, ["sender"])


def test_a_sender_is_added_confirmed_and_removed(as_alice: Program, alice: Membership):
    typed = {"name": "Office", "email": "office@acme.example", "available_to_everyone": True}
    added = as_alice.post("/senders", typed)
    assert (added.status, added.json["confirmed"]) == (201, False)
    place = f"/senders/{added.json['id']}"
    code = the_code()
    wrong = as_alice.post(f"{place}/confirm", {"code": f"{(int(code) + 1) % 1_000_000:06}"})
    assert (wrong.status, wrong.fields) == (422, ["code"])
    right = as_alice.post(f"{place}/confirm", {"code": f" {code[:3]} {code[3:]} "})
    assert (right.status, right.json["confirmed"]) == (200, True)
    assert [one["email"] for one in as_alice.get("/senders").json] == [
        "alice@acme.example",
        "office@acme.example",
    ]
    assert as_alice.delete(place).status == 204
    assert [one["email"] for one in as_alice.get("/senders").json] == ["alice@acme.example"]
    assert as_alice.delete(place).status == 404


def test_a_second_code_within_a_minute_is_too_soon(as_alice: Program, alice: Membership):
    added = as_alice.post("/senders", {"email": "office@acme.example"})
    answer = as_alice.post(f"/senders/{added.json['id']}/code")
    assert (answer.status, answer.kind) == (429, "too-many-requests")
    assert 0 < int(answer.headers["Retry-After"]) <= 60
    assert answer.fields == ["code"]


def test_a_colleague_neither_confirms_nor_removes_ones_sender(as_alice: Program, as_bob: Program):
    place = f"/senders/{as_alice.post('/senders', {'email': 'o@acme.example'}).json['id']}"
    assert as_bob.post(f"{place}/confirm", {"code": the_code()}).status == 404
    assert as_bob.post(f"{place}/code").status == 404
    assert as_bob.delete(place).status == 403


@pytest.mark.parametrize(
    ("typed", "fields"),
    [
        ({}, ["email"]),
        ({"email": "x"}, ["email"]),
        ({"email": "o@acme.example\r\nBcc: x@acme.example"}, ["email"]),
        ({"email": "o@acme.example", "name": "x" * 121}, ["name"]),
        ({"email": "o@acme.example", "smtp": {"host": "h"}}, ["smtp.username", "smtp.password"]),
    ],
)
def test_wrong_senders_are_refused(as_alice: Program, typed: object, fields: list[str]):
    answer = as_alice.post("/senders", typed)
    assert (answer.status, answer.fields) == (422, fields)


def test_guests_are_saved_found_changed_and_deleted(as_alice: Program, as_bob: Program):
    typed = {"email": "Ana@guest.example", "first_name": "Ana", "last_name": "Ruiz"}
    saved = as_alice.post("/guests", typed)
    assert saved.status == 201
    assert saved.json == {
        "id": saved.json["id"],
        "kind": "guest",
        "email": "Ana@guest.example",
        "name": "Ana Ruiz",
        "first_name": "Ana",
        "last_name": "Ruiz",
        "language": "en",
        "timezone": "Europe/Madrid",
        "aliases": [],
    }
    assert as_bob.post("/guests", {"email": "ana@GUEST.example"}).json == saved.json
    assert as_bob.get("/guests?q=RUIZ").json == [saved.json]
    assert as_bob.get("/guests?q=nobody").json == []
    place = f"/guests/{saved.json['id']}"
    changed = as_bob.patch(place, {"last_name": "Rubio", "language": "es"})
    assert (changed.status, changed.json["name"]) == (200, "Ana Rubio")
    assert as_alice.get(place).json == changed.json
    assert (as_alice.delete(place).status, as_alice.get(place).status) == (204, 404)


def test_a_colleagues_address_answers_with_the_colleague(as_alice: Program, bob: Membership):
    answer = as_alice.post("/guests", {"email": "BOB@acme.example"})
    assert (answer.status, answer.json["kind"]) == (200, "member")
    assert answer.json["id"] == str(bob.public_id)


def test_lists_come_in_pages_with_a_link_to_the_next(as_alice: Program, alice: Membership):
    for number in range(5):
        Guest.objects.create(team=alice.team, email=f"g{number}@guest.example")
    first = as_alice.get("/guests?q=guest&limit=2")
    assert [one["email"][:2] for one in first.json] == ["g0", "g1"]
    link = '<http://testserver/api/v1/guests?q=guest&limit=2&offset=2>; rel="next"'
    assert first.headers["Link"] == link
    last = as_alice.get("/guests?q=guest&limit=2&offset=4")
    assert [one["email"][:2] for one in last.json] == ["g4"]
    assert "Link" not in last.headers
    assert as_alice.get("/guests?limit=5").headers.get("Link") is None


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("limit=0", "limit"),
        ("limit=5001", "limit"),
        ("limit=x", "limit"),
        ("offset=-1", "offset"),
        ("offset=99999999999999999999", "offset"),
    ],
)
def test_wrong_pages_are_refused(as_alice: Program, query: str, field: str):
    answer = as_alice.get(f"/guests?{query}")
    assert (answer.status, answer.fields) == (422, [field])


def test_colleagues_and_rooms_can_be_listed(as_bob: Program, alice: Membership):
    room = Room.objects.create(team=alice.team, name="Sala Goya", capacity=8)
    assert [one["name"] for one in as_bob.get("/members").json] == ["Alice Álvarez", "Bob Baker"]
    assert as_bob.get("/rooms").json == [
        {"id": str(room.public_id), "name": "Sala Goya", "capacity": 8}
    ]


def test_notifications_are_in_words_and_can_be_read(alice: Membership, as_alice: Program):
    event = an_event(alice)
    facts = event_facts(event) | {
        "name": "Gwen López",
        "partstat": "ACCEPTED",
        "note": "With pleasure",
        "is_applied": True,
    }
    notify.tell(alice, Notification.Kind.ANSWER, event, facts, "a1")
    (one,) = as_alice.get("/notifications").json
    assert one["detail"] == "With pleasure"
    assert (one["kind"], one["event"], one["read_at"]) == ("ANSWER", str(event.public_id), None)
    assert "Gwen López" in one["text"]
    assert as_alice.post("/notifications/read").status == 204
    assert as_alice.get("/notifications").json[0]["read_at"] is not None


def test_usage(as_alice: Program):
    assert as_alice.get("/usage").json == {"plan": "free", "events_with_guests": 0, "limit": 10}
