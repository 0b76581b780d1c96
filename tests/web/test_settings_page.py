"""The gear: preferences, the default sender (rule S8) and API tokens."""

from __future__ import annotations

import pytest
from django.test import Client

from convoca.accounts import tokens
from convoca.accounts.models import ApiToken, Membership
from convoca.mail import senders
from convoca.mail.models import Sender

TYPED = {
    "name": "Alicia",
    "language": "es",
    "timezone": "America/New_York",
    "notify_by_email": "",
}


@pytest.fixture
def visitor(client: Client, alice: Membership) -> Client:
    client.force_login(alice.user)
    return client


def test_preferences_are_saved_and_answered_in_the_new_language(visitor: Client, alice: Membership):
    answer = visitor.post("/settings/", TYPED, follow=True)
    assert "Tus ajustes se han guardado." in answer.content.decode()
    alice = Membership.objects.select_related("user").get(pk=alice.pk)
    assert (alice.name, alice.user.language) == ("Alicia", "es")
    assert (alice.user.timezone, alice.notify_by_email) == ("America/New_York", False)


def test_the_gear_chooses_the_sender(visitor: Client, alice: Membership, sender: Sender):
    other = Sender.objects.create(
        team=alice.team,
        owner=alice,
        name="Events",
        email="events@acme.example",
        email_key="events@acme.example",
        confirmed_at=sender.confirmed_at,
    )
    assert "Send invitations from" in visitor.get("/settings/").content.decode()
    visitor.post("/settings/", TYPED | {"sender": str(other.public_id)})
    assert senders.chosen(alice) == other
    assert f'value="{other.public_id}" checked' in visitor.get("/settings/").content.decode()


def test_what_cannot_be_used_cannot_be_chosen(
    visitor: Client, alice: Membership, bob: Membership, mallory: Membership, sender: Sender
):
    for owner in (bob, mallory):
        Sender.objects.filter(pk=sender.pk).update(owner=owner, team=owner.team)
        answer = visitor.post("/settings/", TYPED | {"sender": str(sender.public_id)})
        assert list(answer.context["form"].errors) == ["sender"]
    mine = {"owner": alice, "team": alice.team, "email_key": "x@y.example", "confirmed_at": None}
    Sender.objects.filter(pk=sender.pk).update(**mine)
    answer = visitor.post("/settings/", TYPED | {"sender": str(sender.public_id)})
    assert list(answer.context["form"].errors) == ["sender"]
    alice.user.refresh_from_db()
    assert alice.name == "Alice Álvarez"  # nothing of it was saved


@pytest.mark.parametrize(
    ("field", "value"), [("name", " "), ("language", "xx"), ("timezone", "Europe/Atlantis")]
)
def test_nonsense_is_explained_at_its_field(visitor: Client, field: str, value: str):
    answer = visitor.post("/settings/", TYPED | {field: value})
    assert list(answer.context["form"].errors) == [field]


def test_a_zone_of_an_older_spelling_stays_chosen(visitor: Client, alice: Membership):
    alice.user.timezone = "Asia/Calcutta"
    alice.user.save()
    assert '<option value="Asia/Calcutta" selected>' in visitor.get("/settings/").content.decode()


def test_a_token_is_shown_once_and_works_until_revoked(visitor: Client, alice: Membership):
    answer = visitor.post("/settings/tokens/", {"name": "CRM"})
    clear = answer.context["clear"]
    assert tokens.find(clear) == alice
    assert "no-store" in answer["Cache-Control"]
    listed = visitor.get("/settings/").content.decode()
    assert "CRM" in listed
    assert clear not in listed
    visitor.post(f"/settings/tokens/{ApiToken.objects.get().public_id}/revoke/")
    assert tokens.find(clear) is None
    assert (
        "CRM" not in visitor.get("/settings/").content.decode().split("<main")[1].split("token_")[0]
    )


def test_a_token_needs_a_purpose(visitor: Client):
    answer = visitor.post("/settings/tokens/", {"name": ""})
    assert answer.context["token_form"].errors
    assert not ApiToken.objects.exists()


def test_nobody_ends_anothers_token(
    client: Client, alice: Membership, bob: Membership, mallory: Membership
):
    token, clear = tokens.issue(bob, "script")
    for stranger in (alice, mallory):
        client.force_login(stranger.user)
        assert client.post(f"/settings/tokens/{token.public_id}/revoke/").status_code == 404
    assert tokens.find(clear) == bob
