"""Adding, confirming and choosing a sender address: rules S6 to S10 in the browser."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from convoca.accounts.models import Membership, Role
from convoca.mail import senders
from convoca.mail.models import Preflight, Sender
from tests.support.letters import Letters

HTMX = {"HX-Request": "true"}


@pytest.fixture
def visitor(client: Client, alice: Membership) -> Client:
    client.force_login(alice.user)
    return client


def add(visitor: Client, email: str = "events@acme.example", **more: Any) -> Any:
    return visitor.post("/senders/new/", {"name": "Acme Events", "email": email}, **more)


def typo_of(code: str) -> str:
    return "000000" if code != "000000" else "111111"


def test_the_own_address_stands_first_and_recommended(visitor: Client, alice: Membership):
    shown = visitor.get("/senders/").content.decode()
    assert shown.index(alice.email) < shown.index("recommended")
    assert "in use" in shown


def test_an_address_is_added_confirmed_and_chosen(
    visitor: Client, alice: Membership, letters: Letters
):
    answer = visitor.post(
        "/senders/new/",
        {"name": "Acme Events", "email": "events@acme.example", "available_to_everyone": "on"},
    )
    sender = Sender.objects.get(email="events@acme.example")
    assert answer.url == f"/senders/{sender.public_id}/confirm/"
    assert "<strong>events@acme.example</strong>" in visitor.get(answer.url).content.decode()
    [letter] = letters("events@acme.example")
    assert (
        visitor.post(answer.url, {"code": f"{letter.code[:3]} {letter.code[3:]}"}).url
        == f"/senders/{sender.public_id}/test/"
    )
    sender.refresh_from_db()
    assert sender.confirmed_at is not None
    assert sender.available_to_everyone
    visitor.post("/senders/choose/", {"sender": str(sender.public_id)})
    assert senders.chosen(alice) == sender
    visitor.post("/senders/choose/", {"sender": "own"})
    assert senders.default_for(alice).email == alice.email


def test_a_wrong_code_says_how_many_tries_are_left(visitor: Client, letters: Letters):
    address = add(visitor).url
    [letter] = letters("events@acme.example")
    shown = visitor.post(address, {"code": typo_of(letter.code)}).content.decode()
    assert "4 attempts left." in shown
    assert 'autocomplete="one-time-code"' in shown
    assert 'inputmode="numeric"' in shown


def test_a_new_code_too_soon_says_when(visitor: Client, letters: Letters):
    address = add(visitor).url
    sender = Sender.objects.get(email="events@acme.example")
    shown = visitor.post(f"/senders/{sender.public_id}/code/").content.decode()
    assert "A new code can be sent once a minute." in shown
    assert add(visitor).url == address  # the same address once more: its code is still waited for
    assert len(letters("events@acme.example")) == 1


def test_a_new_code_ends_the_older(visitor: Client, letters: Letters):
    add(visitor)
    sender = Sender.objects.get(email="events@acme.example")
    sender.codes.update(created_at=timezone.now() - timezone.timedelta(minutes=2))
    shown = visitor.post(f"/senders/{sender.public_id}/code/").content.decode()
    assert "A new code is on its way" in shown
    newer, older = letters("events@acme.example")
    address = f"/senders/{sender.public_id}/confirm/"
    assert visitor.post(address, {"code": older.code}).status_code == 200
    assert visitor.post(address, {"code": newer.code}).url == address.replace("confirm", "test")


def test_the_dialog_gets_pieces_and_at_last_the_address(visitor: Client, letters: Letters):
    first = visitor.get("/senders/new/", headers=HTMX).content.decode()
    assert "<html" not in first
    assert 'hx-post="/senders/new/"' in first
    second = add(visitor, headers=HTMX)
    assert second.status_code == 200
    sender = Sender.objects.get(email="events@acme.example")
    assert f'hx-post="/senders/{sender.public_id}/confirm/"' in second.content.decode()
    [letter] = letters("events@acme.example")
    last = visitor.post(
        f"/senders/{sender.public_id}/confirm/", {"code": letter.code}, headers=HTMX
    )
    assert json.loads(last["HX-Trigger"]) == {
        "sender-ready": {"id": str(sender.public_id), "label": str(sender)}
    }
    shown = last.content.decode()
    assert f'hx-post="/senders/{sender.public_id}/test/"' in shown
    assert f'hx-get="/senders/{sender.public_id}/preflight/?open"' in shown
    sent = visitor.post(f"/senders/{sender.public_id}/test/", headers=HTMX, follow=True)
    assert f'hx-get="/senders/{sender.public_id}/test/state/"' in sent.content.decode()
    assert "<html" not in sent.content.decode()


@pytest.mark.parametrize(
    ("typed", "field"),
    [
        ({"email": "nonsense"}, "email"),
        ({"email": "a@b.example\nBcc: c@d.example"}, "email"),
        ({"name": "x" * 121}, "name"),
        ({"smtp_username": "alice"}, "smtp_host"),
        ({"smtp_host": "mail.example", "smtp_port": "70000"}, "smtp_port"),
    ],
)
def test_what_is_wrong_stands_at_its_field(visitor: Client, typed: dict[str, str], field: str):
    good = {"name": "Acme Events", "email": "events@acme.example"}
    answer = visitor.post("/senders/new/", good | typed)
    assert list(answer.context["form"].errors) == [field]
    assert not Sender.objects.filter(email__startswith="events").exists()


def test_an_unreachable_own_server_is_explained(visitor: Client):
    typed = {"name": "Acme", "email": "events@acme.example", "smtp_host": "127.0.0.1"}
    typed |= {"smtp_port": "587", "smtp_username": "u", "smtp_password": "s3cret"}
    answer = visitor.post("/senders/new/", typed)
    assert answer.context["form"].errors
    assert "s3cret" not in answer.content.decode()
    assert not Sender.objects.filter(email__startswith="events").exists()


def test_an_address_is_removed_after_a_question(visitor: Client, sender: Sender):
    address = f"/senders/{sender.public_id}/delete/"
    assert "Remove alice@acme.example?" in visitor.get(address).content.decode()
    assert visitor.post(address).url == "/senders/"
    sender.refresh_from_db()
    assert sender.deleted_at is not None


def test_a_colleague_uses_what_is_for_everyone_and_changes_nothing(
    client: Client, alice: Membership, bob: Membership, sender: Sender
):
    client.force_login(bob.user)
    assert client.post("/senders/choose/", {"sender": str(sender.public_id)}).status_code == 404
    Sender.objects.update(available_to_everyone=True)
    assert client.post("/senders/choose/", {"sender": str(sender.public_id)}).status_code == 302
    assert senders.chosen(bob) == sender
    for action in ("confirm", "code", "delete"):
        assert client.post(f"/senders/{sender.public_id}/{action}/").status_code == 404


def test_an_administrator_removes_a_colleagues_address_but_does_not_confirm_it(
    client: Client, bob: Membership, sender: Sender
):
    Membership.objects.filter(pk=bob.pk).update(role=Role.ADMIN)
    Sender.objects.update(confirmed_at=None)
    client.force_login(bob.user)
    assert client.get(f"/senders/{sender.public_id}/confirm/").status_code == 404
    assert client.post(f"/senders/{sender.public_id}/delete/").status_code == 302


def test_mallory_finds_no_sender(client: Client, mallory: Membership, sender: Sender):
    Sender.objects.update(available_to_everyone=True)
    client.force_login(mallory.user)
    assert sender.email not in client.get("/senders/").content.decode()
    assert client.post("/senders/choose/", {"sender": str(sender.public_id)}).status_code == 404
    for action in ("confirm", "code", "delete"):
        assert client.post(f"/senders/{sender.public_id}/{action}/").status_code == 404
    assert client.post("/senders/choose/", {"sender": "nonsense"}).status_code == 404


def test_the_page_says_whether_mails_will_arrive(visitor: Client, sender: Sender):
    where = f"/senders/{sender.public_id}/preflight/"
    assert "is being checked" in visitor.get(where).content.decode()
    Preflight.objects.create(
        sender=sender,
        spf=Preflight.Spf.OTHERS,
        dmarc=Preflight.Dmarc.REFUSED,
        address="192.0.2.10",
        checked_at=timezone.now(),
    )
    for page in (where, "/senders/"):
        shown = visitor.get(page).content.decode()
        assert "mails will be refused" in shown
        assert "<code>ip4:192.0.2.10</code>" in shown


def test_mallory_learns_nothing_of_a_sender(client: Client, mallory: Membership, sender: Sender):
    client.force_login(mallory.user)
    assert client.get(f"/senders/{sender.public_id}/preflight/").status_code == 404


def test_its_owner_gets_to_the_login_of_an_address_without_seeing_the_password(
    visitor: Client, sender: Sender, mallory: Membership
):
    address = "/senders/new/?email=alice%40acme.example"
    assert address not in visitor.get("/senders/").content.decode()
    Sender.objects.update(smtp_host="mail.acme.example", smtp_username="al", smtp_password=b"x")
    assert address in visitor.get("/senders/").content.decode()
    shown = visitor.get(address).content.decode()
    assert "Login of alice@acme.example" in shown
    assert 'value="mail.acme.example"' in shown
    field = shown.partition('name="smtp_password"')[2].partition(">")[0]
    assert "value" not in field
    visitor.force_login(mallory.user)
    assert "mail.acme.example" not in visitor.get(address).content.decode()
