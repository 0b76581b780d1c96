"""A colleague joins by the link in the mail, once, and as nobody else."""

import datetime as dt

import pytest
import time_machine
from django.core.exceptions import ValidationError
from django.utils.timezone import now

from convoca.accounts import addresses, joining, membership
from convoca.accounts.models import Membership, Role, TeamInvitation, User
from convoca.accounts.refusals import (
    AddressTaken,
    AlreadyColleague,
    InvitationEnded,
    NotAllowed,
    OtherAddress,
    TooManyInvitations,
)

CAROL = "carol@acme.example"


def enter(token: str) -> Membership:
    return joining.accept_as_new(
        joining.find(token), name="Carol", password="w0rds-here", language="es", timezone="UTC"
    )


def test_a_new_person_joins_with_a_proved_address(alice: Membership):
    _, token = joining.invite(alice, email="Carol@Acme.example", role=Role.ADMIN)
    carol = enter(token)
    assert (carol.team, carol.role, carol.email, carol.name) == (
        alice.team,
        Role.ADMIN,
        CAROL,
        "Carol",
    )
    assert addresses.is_confirmed(carol.user)


def test_a_link_lets_in_once(alice: Membership):
    _, token = joining.invite(alice, email=CAROL, role=Role.MEMBER)
    invitation = joining.find(token)
    carol = enter(token)
    with pytest.raises(InvitationEnded):
        joining.find(token)
    with pytest.raises(InvitationEnded):
        joining.accept(invitation, carol.user)


def test_a_user_of_another_team_joins_as_themselves(alice: Membership, mallory: Membership):
    _, token = joining.invite(alice, email=mallory.email, role=Role.MEMBER)
    with pytest.raises(AddressTaken):
        enter(token)
    second = joining.accept(joining.find(token), mallory.user)
    assert (second.team, second.role) == (alice.team, Role.MEMBER)


def test_nobody_joins_with_anothers_link(alice: Membership, mallory: Membership):
    _, token = joining.invite(alice, email=CAROL, role=Role.MEMBER)
    with pytest.raises(OtherAddress):
        joining.accept(joining.find(token), mallory.user)
    assert joining.find(token)  # and it still waits for Carol


def test_who_left_comes_back_as_the_same_member(alice: Membership, bob: Membership):
    membership.remove(alice, bob)
    _, token = joining.invite(alice, email=bob.email, role=Role.ADMIN)
    again = joining.accept(joining.find(token), bob.user)
    assert (again.pk, again.role, again.left_at) == (bob.pk, Role.ADMIN, None)


def test_a_newer_invitation_ends_the_older(alice: Membership):
    _, older = joining.invite(alice, email=CAROL, role=Role.MEMBER)
    _, newer = joining.invite(alice, email=CAROL, role=Role.MEMBER)
    with pytest.raises(InvitationEnded):
        joining.find(older)
    assert [entry.email for entry in joining.open_invitations(alice.team)] == [CAROL]
    assert joining.find(newer)


def test_a_withdrawn_or_old_invitation_has_ended(alice: Membership, mallory: Membership):
    invitation, token = joining.invite(alice, email=CAROL, role=Role.MEMBER)
    with pytest.raises(NotAllowed):
        joining.withdraw(mallory, invitation)
    with (
        time_machine.travel(now() + joining.VALID + dt.timedelta(hours=1)),
        pytest.raises(InvitationEnded),
    ):
        joining.find(token)
    joining.withdraw(alice, invitation)
    with pytest.raises(InvitationEnded):
        joining.find(token)


def test_only_what_ones_role_may_give_is_offered(alice: Membership, bob: Membership):
    with pytest.raises(NotAllowed):
        joining.invite(bob, email=CAROL, role=Role.MEMBER)
    membership.change_role(alice, bob, Role.ADMIN)
    bob.refresh_from_db()
    with pytest.raises(NotAllowed):
        joining.invite(bob, email=CAROL, role=Role.OWNER)
    assert joining.invite(bob, email=CAROL, role=Role.MEMBER)


def test_colleagues_and_nonsense_are_not_invited(alice: Membership, bob: Membership):
    with pytest.raises(AlreadyColleague):
        joining.invite(alice, email="BOB@acme.example", role=Role.MEMBER)
    with pytest.raises(ValidationError):
        joining.invite(alice, email="carol@", role=Role.MEMBER)


def test_a_team_cannot_flood_the_world(alice: Membership, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(joining, "INVITATIONS_A_DAY", 2)
    for name in ("one", "two"):
        joining.invite(alice, email=f"{name}@acme.example", role=Role.MEMBER)
    with pytest.raises(TooManyInvitations):
        joining.invite(alice, email="three@acme.example", role=Role.MEMBER)


def test_the_token_is_not_stored(alice: Membership):
    _, token = joining.invite(alice, email=CAROL, role=Role.MEMBER)
    assert token not in str(TeamInvitation.objects.values().get())
    assert not User.objects.filter(email=CAROL).exists()
