"""S2 to S5: the picker over employees, inviting a guest in it, and the guest found from then on."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from convoca.guests.models import Guest
from tests.stories.doors import Api, Refused

PAUL = {"email": "Paul@Guest.example", "first_name": "Paul", "last_name": "Prat"}


def found(client: Client, text: str) -> list[dict]:
    return client.get(reverse("attendee-search"), {"q": text}).json()["results"]


def invite_paul(pages) -> dict:
    answer = pages.client.post(reverse("guest-new"), PAUL, headers={"accept": "application/json"})
    return answer.json()


def test_s2_picker_searches_the_employees(pages, bob, mallory):
    people = [(one["kind"], one["name"]) for one in found(pages.client, "b")]
    assert ("MEMBER", "Bob Baker") in people
    assert found(pages.client, "mallory") == []


def test_s3_picker_offers_to_invite_a_guest(pages):
    form = pages.reader.open(reverse("event-new")).page
    picker = form.select_one("attendee-picker")
    dialog = form.select_one("#guest-dialog")
    assert picker["data-invite-someone"] == "Invite a guest"
    assert [field["name"] for field in dialog.select("input:not([type=hidden])")] == [
        "email",
        "first_name",
        "last_name",
    ]
    assert "Invite" in [" ".join(b.get_text().split()) for b in dialog.select("button")]


def test_s4_inviting_sends_nothing_yet(pages, deliver):
    assert invite_paul(pages)["kind"] == "GUEST"
    assert deliver() == []


def test_s5_guest_is_saved_and_found_by_every_colleague(pages, bob, mallory):
    invited = invite_paul(pages)
    colleague, stranger = Client(), Client()
    colleague.force_login(bob.user)
    stranger.force_login(mallory.user)
    assert [one["key"] for one in found(colleague, "prat")] == [invited["key"]]
    assert found(stranger, "prat") == []


def test_s5_guest_is_yellow_and_carries_the_word(pages, gwen):
    form = pages.reader.open(reverse("event-new") + f"?invite=guest:{gwen.public_id}").page
    chip = form.select_one(f"[data-chip-key='guest:{gwen.public_id}']")
    assert "chip--guest" in chip["class"]
    assert chip.select_one(".chip__kind").get_text(strip=True) == "guest"


def test_s5_one_card_per_address(pages, api, bob):
    invite_paul(pages)
    invite_paul(pages)
    assert [guest.email_key for guest in Guest.objects.all()] == ["paul@guest.example"]
    assert [one["email"] for one in api.get("/guests?q=prat")] == [Guest.objects.get().email]


def test_s5_address_of_an_employee_is_the_employee(pages, bob):
    answer = pages.client.post(
        reverse("guest-new"), PAUL | {"email": bob.email}, headers={"accept": "application/json"}
    )
    assert answer.json()["key"] == f"member:{bob.public_id}"
    assert not Guest.objects.exists()


def test_s5_program_keeps_guests_in_the_same_book(api: Api, pages):
    made = api.post("/guests", PAUL)
    assert found(pages.client, "paul")[0]["key"] == f"guest:{made['id']}"
    with pytest.raises(Refused) as refusal:
        api.post("/guests", {"email": "nobody"})
    assert refusal.value.status == 422
    assert [error["field"] for error in refusal.value.typed["errors"]] == ["email"]
