"""S6 to S10: from which address invitations go: asked once, kept, changed, added, proved."""

from __future__ import annotations

import re

import pytest
from allauth.account.models import EmailAddress
from django.test import Client
from django.urls import reverse

from convoca.mail import senders
from convoca.mail.models import Sender
from tests.stories.doors import Api, Pages, Refused
from tests.stories.reader import Reader

TUESDAY = {"start": "2026-11-24T10:00", "end": "2026-11-24T11:00"}
CODE = re.compile(r"\b\d{3} ?\d{3}\b")


def code_in(mail) -> str:
    return CODE.search(mail.text).group()


def test_s6_first_guest_asks_for_the_address(alice, pages, gus):
    form = pages.reader.open(reverse("event-new") + f"?invite=guest:{gus.public_id}").page
    panel = form.select_one("[data-sender-panel]")
    assert not panel.has_attr("hidden")
    first = panel.select_one("[data-choices] label")
    assert "alice@acme.example" in first.get_text()
    assert "recommended" in first.get_text().lower()


def test_s6_without_a_confirmed_address_nothing_is_saved(alice, pages, gus, deliver):
    EmailAddress.objects.update(verified=False)
    with pytest.raises(Refused) as refusal:
        pages.create(title="Lunch", who=[gus], **TUESDAY)
    assert refusal.value.status == 422
    assert pages.reader.page.select_one("[name=title]")["value"] == "Lunch"
    assert deliver() == []


def test_s7_choice_is_made_once(alice, pages, gus, gwen, deliver):
    own = senders.choose(alice, None)
    pages.create(title="Lunch", who=[gus], **TUESDAY)
    pages.create(title="Dinner", who=[gwen], **TUESDAY)
    assert senders.chosen(alice) == own
    assert [mail.message["From"].addresses[0].addr_spec for mail in deliver()] == [
        "alice@acme.example",
        "alice@acme.example",
    ]


def test_s7_choosing_in_the_form_is_remembered(alice, pages, gus):
    pages.reader.open(reverse("event-new") + f"?invite=guest:{gus.public_id}")
    pages.reader.fill("Title", "Lunch").tick("alice@acme.example").press("Create")
    assert pages.reader.status == 200
    assert senders.chosen(alice).email == "alice@acme.example"


def test_s8_gear_changes_the_address_of_later_invitations(
    chosen_sender, alice, pages, gus, deliver
):
    office = Sender.objects.create(
        team=alice.team,
        owner=alice,
        name="Acme office",
        email="office@acme.example",
        email_key="office@acme.example",
        confirmed_at=chosen_sender.confirmed_at,
    )
    pages.reader.open(reverse("settings"))
    assert "Send invitations from" in pages.reader.text
    pages.reader.tick("office@acme.example").press("Save")
    assert senders.chosen(alice) == office
    pages.create(title="Lunch", who=[gus], **TUESDAY)
    assert [mail.message["From"] for mail in deliver()] == ["Acme office <office@acme.example>"]


def test_s8_program_changes_it_too(chosen_sender, alice, api, bob):
    added = api.post("/senders", {"name": "Me", "email": "me@acme.example"})
    with pytest.raises(Refused):
        api.call("patch", "/settings", {"default_sender": added["id"]})
    Sender.objects.filter(public_id=added["id"]).update(confirmed_at=chosen_sender.confirmed_at)
    api.call("patch", "/settings", {"default_sender": added["id"]})
    assert senders.chosen(alice).email == "me@acme.example"


def test_s9_address_available_to_everyone_is_offered_to_all_colleagues(api, bob, mallory, deliver):
    office = {"name": "Acme", "email": "hello@acme.example", "available_to_everyone": True}
    added = api.post("/senders", office)
    [mail] = deliver()
    assert [one["email"] for one in Api(bob).get("/senders")] == ["bob@acme.example"]
    api.post(f"/senders/{added['id']}/confirm", {"code": code_in(mail)})
    offered = [one["email"] for one in Api(bob).get("/senders")]
    assert offered == ["bob@acme.example", "hello@acme.example"]
    assert "hello@acme.example" not in [one["email"] for one in Api(mallory).get("/senders")]


def test_s9_form_asks_for_name_address_and_everyone(pages):
    pages.reader.open(reverse("sender-new"))
    for label in ("Name", "E-mail address", "Available to everyone"):
        assert label in pages.reader.text


def test_s10_code_from_the_mail_makes_the_address_ready(alice, pages, deliver):
    page = pages.reader.open(reverse("sender-new"))
    page.fill("Name", "Acme office").fill("E-mail address", "office@acme.example")
    page.press("Add")
    [mail] = deliver()
    assert mail.recipients == ("office@acme.example",)
    page.fill("Code", code_in(mail)).press("Confirm")
    sender = Sender.objects.get(email="office@acme.example")
    assert sender.confirmed_at is not None
    assert senders.may_use(alice, sender)


def test_s10_wrong_code_says_so_and_confirms_nothing(api, deliver):
    added = api.post("/senders", {"name": "Acme", "email": "office@acme.example"})
    right = code_in(deliver()[0]).replace(" ", "")
    wrong = str((int(right) + 1) % 1_000_000).zfill(6)
    with pytest.raises(Refused) as refusal:
        api.post(f"/senders/{added['id']}/confirm", {"code": wrong})
    assert "4 attempts left" in str(refusal.value.typed)
    assert not Sender.objects.get().confirmed_at
    assert api.post(f"/senders/{added['id']}/confirm", {"code": right})["confirmed"] is True


def test_s10_code_of_another_team_cannot_be_used(api, mallory, deliver):
    added = api.post("/senders", {"name": "Acme", "email": "office@acme.example"})
    code = code_in(deliver()[0])
    with pytest.raises(Refused) as refusal:
        Api(mallory).post(f"/senders/{added['id']}/confirm", {"code": code})
    assert refusal.value.status == 404


def test_s10_pages_of_another_team_are_not_there(pages, mallory):
    page = pages.reader.open(reverse("sender-new"))
    page.fill("Name", "Acme office").fill("E-mail address", "office@acme.example").press("Add")
    sender = Sender.objects.get()
    stranger = Client()
    stranger.force_login(mallory.user)
    reader = Reader(stranger).open(reverse("sender-confirm", args=[sender.public_id]))
    assert reader.status == 404
    assert isinstance(pages, Pages)
