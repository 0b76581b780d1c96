"""The address book in the browser, and the picker's *Invite a guest* dialog."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from convoca.accounts.models import Membership
from convoca.guests.models import Guest


@pytest.fixture
def visitor(client: Client, alice: Membership) -> Client:
    client.force_login(alice.user)
    return client


def invite(visitor: Client, **fields: str) -> Any:
    return visitor.post("/guests/new/", fields, headers={"accept": "application/json"})


def test_the_dialog_saves_a_guest_for_the_whole_team(visitor: Client, bob: Membership):
    answer = invite(visitor, email="Gwen@Guest.example", first_name=" Gwen ", last_name="López")
    guest = Guest.objects.get()
    assert answer.status_code == 201
    assert answer.json() == {
        "key": f"guest:{guest.public_id}",
        "kind": "GUEST",
        "id": str(guest.public_id),
        "name": "Gwen López",
        "email": "Gwen@Guest.example",
    }
    assert Guest.objects.visible_to(bob).get() == guest


def test_a_known_guest_is_found_and_not_doubled(visitor: Client, gwen: Guest):
    answer = invite(visitor, email="GWEN@guest.example", first_name="Wendy")
    assert (answer.status_code, answer.json()["id"]) == (200, str(gwen.public_id))
    assert Guest.objects.get().first_name == "Gwen"


def test_the_address_of_a_colleague_yields_the_colleague(visitor: Client, bob: Membership):
    answer = invite(visitor, email="bob@acme.example")
    assert (answer.status_code, answer.json()["key"]) == (200, f"member:{bob.public_id}")
    assert not Guest.objects.exists()


@pytest.mark.parametrize("email", ["", "gwen", "gwen@", "a@b.example\r\nBcc: c@d.example"])
def test_nonsense_is_explained_at_its_field(visitor: Client, email: str):
    answer = invite(visitor, email=email)
    assert answer.status_code == 422
    assert [error["field"] for error in answer.json()["errors"]] == ["email"]
    assert answer.json()["detail"]
    assert not Guest.objects.exists()


def test_the_book_is_searched_by_any_word(visitor: Client, gwen: Guest, gus: Guest):
    shown = visitor.get("/guests/?q=lopez").content.decode()
    assert "Gwen López" in shown
    assert "Gus" not in shown
    assert "Nobody found" in visitor.get("/guests/?q=zzz").content.decode()


def test_a_guest_is_yellow_with_the_word(visitor: Client, gwen: Guest):
    assert (
        '<span class="badge badge--guest">guest</span>' in visitor.get("/guests/").content.decode()
    )


def test_an_opted_out_guest_is_marked(visitor: Client, gwen: Guest):
    Guest.objects.update(opted_out_at=timezone.now())
    assert "wants no e-mail" in visitor.get("/guests/").content.decode()
    assert "wants no more mails" in visitor.get(f"/guests/{gwen.public_id}/edit/").content.decode()


def test_a_card_is_changed(visitor: Client, gwen: Guest):
    typed = {"email": "gwen@new.example", "first_name": "Gwendolyn", "last_name": "López"}
    typed |= {"language": "en", "timezone": "America/New_York"}
    assert visitor.post(f"/guests/{gwen.public_id}/edit/", typed).url == "/guests/"
    gwen.refresh_from_db()
    assert (gwen.name, gwen.email_key) == ("Gwendolyn López", "gwen@new.example")
    assert (gwen.language, gwen.timezone) == ("en", "America/New_York")


def test_a_taken_address_keeps_what_was_typed(visitor: Client, gwen: Guest, gus: Guest):
    typed = {"email": "gus@guest.example", "first_name": "Wendy"}
    answer = visitor.post(f"/guests/{gwen.public_id}/edit/", typed)
    assert list(answer.context["form"].errors) == ["email"]
    assert 'value="Wendy"' in answer.content.decode()


def test_deleting_asks_first(visitor: Client, gwen: Guest):
    address = f"/guests/{gwen.public_id}/delete/"
    assert "Delete Gwen López?" in visitor.get(address).content.decode()
    assert Guest.objects.exists()
    visitor.post(address)
    assert not Guest.objects.exists()


def test_names_are_shown_as_text(visitor: Client, gwen: Guest):
    Guest.objects.update(first_name="<script>alert(1)</script>", last_name='"><img src=x>')
    for address in ("/guests/", f"/guests/{gwen.public_id}/edit/"):
        shown = visitor.get(address).content.decode()
        assert "<script>alert" not in shown
        assert "<img src=x" not in shown


def test_an_empty_book_says_what_to_do(visitor: Client):
    shown = visitor.get("/guests/").content.decode()
    assert "No guests yet" in shown
    assert 'href="/guests/new/"' in shown


def test_mallory_finds_nobody(client: Client, mallory: Membership, gwen: Guest):
    client.force_login(mallory.user)
    assert "Gwen" not in client.get("/guests/?q=gwen").content.decode()
    for action in ("edit", "delete"):
        address = f"/guests/{gwen.public_id}/{action}/"
        assert client.get(address).status_code == 404
        assert client.post(address, {"email": "m@evil.example"}).status_code == 404
    assert Guest.objects.get().email == "gwen@guest.example"


def test_one_can_go_back(visitor: Client, gwen: Guest):
    shown = visitor.get(f"/guests/{gwen.public_id}/edit/").content.decode().split("<main")[1]
    assert shown.count('href="/guests/"') == 2
    assert 'href=""' not in shown
