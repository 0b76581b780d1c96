"""The team's page: colleagues, roles, rooms and the plan, and who may touch them."""

from __future__ import annotations

import pytest
from django.test import Client

from convoca.accounts import joining
from convoca.accounts.models import Membership, Plan, Role, Team, Usage
from convoca.calendars.models import Room
from tests.conftest import join


@pytest.fixture
def visitor(client: Client, alice: Membership) -> Client:
    client.force_login(alice.user)
    return client


@pytest.fixture
def room(team: Team) -> Room:
    return Room.objects.create(team=team, name="Retiro", capacity=8)


def test_usage_is_shown_with_its_meaning(visitor: Client, alice: Membership):
    Usage.objects.create(team=alice.team, events_with_guests=7)
    shown = visitor.get("/team/").content.decode()
    assert "7 of 10" in shown
    assert "cancelling does not give it back" in shown
    Usage.objects.update(events_with_guests=10)
    assert "All are used." in visitor.get("/team/").content.decode()
    Team.objects.update(plan=Plan.BUSINESS)
    assert "There is no limit." in visitor.get("/team/").content.decode()


def test_an_owner_changes_roles_and_removes(visitor: Client, bob: Membership):
    visitor.post(f"/team/{bob.public_id}/role/", {"role": "ADMIN"})
    bob.refresh_from_db()
    assert bob.role == Role.ADMIN
    assert (
        "Remove Bob Baker from the team?"
        in visitor.get(f"/team/{bob.public_id}/remove/").content.decode()
    )
    visitor.post(f"/team/{bob.public_id}/remove/")
    bob.refresh_from_db()
    assert bob.left_at is not None


def test_the_last_owner_is_told_why_not(visitor: Client, alice: Membership):
    answer = visitor.post(f"/team/{alice.public_id}/remove/", follow=True)
    assert "A team needs at least one owner." in answer.content.decode()
    alice.refresh_from_db()
    assert alice.left_at is None


def test_an_administrator_makes_nobody_owner(client: Client, alice: Membership, bob: Membership):
    ada = join(alice.team, "ada@acme.example", "Ada", Role.ADMIN)
    client.force_login(ada.user)
    assert 'value="OWNER"' not in client.get("/team/").content.decode()
    for target, role in ((bob, "OWNER"), (ada, "OWNER"), (alice, "MEMBER")):
        client.post(f"/team/{target.public_id}/role/", {"role": role})
    assert client.post(f"/team/{alice.public_id}/remove/").status_code == 403
    client.post("/team/invite/", {"email": "x@acme.example", "role": "OWNER"})
    roles = dict(Membership.objects.values_list("user__name", "role"))
    assert roles == {"Alice Álvarez": "OWNER", "Ada": "ADMIN", "Bob Baker": "MEMBER"}
    assert not joining.open_invitations(alice.team).exists()


FOR_ADMINISTRATORS = [
    "/team/settings/",
    "/team/invite/",
    "/team/rooms/new/",
    "/team/rooms/{room}/edit/",
    "/team/rooms/{room}/remove/",
    "/team/{alice}/role/",
    "/team/invitations/{invitation}/end/",
]
TYPED = {"name": "Mine", "role": "MEMBER", "email": "x@acme.example", "language": "en"}
TYPED |= {"timezone": "UTC", "capacity": "3"}


@pytest.mark.parametrize("address", FOR_ADMINISTRATORS)
def test_members_look_but_do_not_touch(
    client: Client, alice: Membership, bob: Membership, room: Room, address: str
):
    invitation, _ = joining.invite(alice, email="carol@acme.example", role=Role.MEMBER)
    client.force_login(bob.user)
    shown = client.get("/team/").content.decode()
    assert "/team/invite/" not in shown
    assert "carol@acme.example" not in shown
    where = address.format(
        room=room.public_id, alice=alice.public_id, invitation=invitation.public_id
    )
    assert client.post(where, TYPED).status_code == 403
    assert client.post(f"/team/{alice.public_id}/remove/").status_code == 403
    assert_untouched(alice, room)


@pytest.mark.parametrize("address", FOR_ADMINISTRATORS[3:])
def test_mallory_finds_nobody(
    client: Client, alice: Membership, mallory: Membership, room: Room, address: str
):
    invitation, _ = joining.invite(alice, email="carol@acme.example", role=Role.MEMBER)
    client.force_login(mallory.user)
    shown = client.get("/team/").content.decode()
    for secret in ("alice@acme.example", "carol@acme.example", "Retiro"):
        assert secret not in shown
    where = address.format(
        room=room.public_id, alice=alice.public_id, invitation=invitation.public_id
    )
    assert client.post(where, TYPED).status_code == 404
    assert client.post(f"/team/{alice.public_id}/remove/").status_code == 404
    assert client.post("/team/switch/", {"team": str(alice.team.public_id)}).status_code == 404
    assert_untouched(alice, room)


def assert_untouched(alice: Membership, room: Room) -> None:
    alice.refresh_from_db()
    room.refresh_from_db()
    assert (alice.role, alice.left_at, alice.team.name) == (Role.OWNER, None, "Acme")
    assert (room.name, room.removed_at) == ("Retiro", None)
    assert [entry.email for entry in joining.open_invitations(alice.team)] == ["carol@acme.example"]


def test_rooms_are_added_renamed_and_removed(visitor: Client, alice: Membership):
    visitor.post("/team/rooms/new/", {"name": "Retiro", "capacity": "8"})
    room = Room.objects.get()
    assert (room.team, room.name, room.capacity) == (alice.team, "Retiro", 8)
    twin = visitor.post("/team/rooms/new/", {"name": "Retiro"})
    assert list(twin.context["form"].errors) == ["name"]
    visitor.post(f"/team/rooms/{room.public_id}/edit/", {"name": "Sol", "capacity": ""})
    room.refresh_from_db()
    assert (room.name, room.capacity) == ("Sol", None)
    visitor.post(f"/team/rooms/{room.public_id}/remove/")
    assert "Sol" not in visitor.get("/team/").content.decode().split("Rooms")[-1]
    assert visitor.get(f"/team/rooms/{room.public_id}/edit/").status_code == 404


def test_the_team_is_renamed(visitor: Client, alice: Membership):
    typed = {
        "name": "Acme & Sons",
        "language": "es",
        "timezone": "Atlantic/Canary",
        "grace_seconds": "10",
    }
    assert visitor.post("/team/settings/", typed).url == "/team/"
    assert "Acme &amp; Sons" in visitor.get("/team/").content.decode()


def test_a_user_of_two_teams_switches(visitor: Client, alice: Membership, bob: Membership):
    other = Team.objects.create(name="Side project")
    second = Membership.objects.create(team=other, user=alice.user, role=Role.MEMBER)
    assert visitor.get("/team/").context["member"] == alice
    visitor.post("/team/switch/", {"team": str(other.public_id)})
    assert visitor.get("/team/").context["member"] == second
    assert "Bob" not in visitor.get("/team/").content.decode()


def test_inviting_a_colleague_again_explains_itself(visitor: Client, bob: Membership):
    answer = visitor.post("/team/invite/", {"email": bob.email, "role": "MEMBER"})
    assert "This person is already in your team." in answer.content.decode()
    answer = visitor.post("/team/invite/", {"email": "carol@", "role": "MEMBER"})
    assert answer.context["invite_form"].errors
