"""Who may change whom in a team, and that a team is never without an owner."""

import pytest
from django.core.exceptions import ValidationError

from convoca.accounts import addresses, membership
from convoca.accounts.models import Membership, Plan, Role, Team, Usage, User
from convoca.accounts.refusals import AddressTaken, LastOwner, NotAllowed, TeamExists
from tests.conftest import join

pytestmark = pytest.mark.django_db


@pytest.fixture
def ada(team: Team) -> Membership:
    return join(team, "ada@acme.example", "Ada", Role.ADMIN)


def test_a_team_begins_with_its_owner():
    owner = membership.create_team(
        "Acme", email="Olga@Acme.Example", owner_name="Olga", password="s3cret-words", language="es"
    )
    assert (owner.role, owner.team.name, owner.team.plan) == (Role.OWNER, "Acme", Plan.FREE)
    assert owner.user.email == "olga@acme.example"
    assert owner.user.check_password("s3cret-words")
    assert Usage.objects.get(team=owner.team).events_with_guests == 0
    assert not addresses.is_confirmed(owner.user)


def test_the_operator_vouches_for_an_address():
    owner = membership.create_team("Acme", email="olga@acme.example", is_confirmed=True)
    assert addresses.is_confirmed(owner.user)
    assert not owner.user.has_usable_password()


def test_a_known_address_cannot_be_signed_up_again(alice: Membership):
    with pytest.raises(AddressTaken):
        membership.create_team("Other", email="ALICE@acme.example")
    with pytest.raises(AddressTaken):
        membership.create_team("Other", email=alice.email, password="new", is_confirmed=True)
    assert not Team.objects.filter(name="Other").exists()


def test_the_operator_may_give_a_user_a_second_team(alice: Membership):
    second = membership.create_team("Other", email=alice.email, is_confirmed=True)
    assert second.user == alice.user
    with pytest.raises(TeamExists):
        membership.create_team("Other", email=alice.email, is_confirmed=True)


@pytest.mark.parametrize("address", ["olga", "olga@", "olga@acme", "o@a.example\nBcc: x@y.example"])
def test_a_team_needs_an_address_that_is_one(address: str):
    with pytest.raises(ValidationError):
        membership.create_team("Acme", email=address)
    assert not User.objects.exists()


# actor, other, what the other becomes (None: removed), whether that is allowed
MATRIX = [
    ("OWNER", "OWNER", "ADMIN", True),
    ("OWNER", "ADMIN", "OWNER", True),
    ("OWNER", "MEMBER", "OWNER", True),
    ("OWNER", "OWNER", None, True),
    ("OWNER", "MEMBER", None, True),
    ("ADMIN", "MEMBER", "ADMIN", True),
    ("ADMIN", "ADMIN", "MEMBER", True),
    ("ADMIN", "MEMBER", None, True),
    ("ADMIN", "MEMBER", "OWNER", False),
    ("ADMIN", "OWNER", "MEMBER", False),
    ("ADMIN", "OWNER", None, False),
    ("MEMBER", "MEMBER", "ADMIN", False),
    ("MEMBER", "ADMIN", "MEMBER", False),
    ("MEMBER", "MEMBER", None, False),
    ("MEMBER", "OWNER", None, False),
]


@pytest.mark.parametrize(("actor", "other", "wanted", "is_allowed"), MATRIX)
def test_roles_decide_who_changes_whom(
    alice: Membership, actor: str, other: str, wanted: str | None, is_allowed: bool
):
    doer = join(alice.team, "doer@acme.example", "Doer", actor)
    target = join(alice.team, "target@acme.example", "Target", other)

    def act() -> None:
        if wanted is None:
            membership.remove(doer, target)
        else:
            membership.change_role(doer, target, wanted)

    if is_allowed:
        act()
        target.refresh_from_db()
        assert (target.left_at is not None) if wanted is None else (target.role == wanted)
    else:
        with pytest.raises(NotAllowed):
            act()
        target.refresh_from_db()
        assert (target.role, target.left_at) == (other, None)


def test_nobody_changes_another_team(alice: Membership, bob: Membership, mallory: Membership):
    with pytest.raises(NotAllowed):
        membership.change_role(mallory, bob, Role.ADMIN)
    with pytest.raises(NotAllowed):
        membership.remove(mallory, bob)


def test_the_last_owner_stays(alice: Membership, bob: Membership):
    with pytest.raises(LastOwner):
        membership.remove(alice, alice)
    with pytest.raises(LastOwner):
        membership.change_role(alice, alice, Role.MEMBER)
    membership.change_role(alice, bob, Role.OWNER)
    membership.remove(alice, alice)
    assert set(Membership.objects.current()) == {bob}


def test_a_demotion_that_came_between_counts(alice: Membership, ada: Membership, bob: Membership):
    Membership.objects.filter(pk=ada.pk).update(role=Role.MEMBER)
    with pytest.raises(NotAllowed):
        membership.remove(ada, bob)  # `ada` still believes to be an administrator


def test_anyone_may_leave(alice: Membership, bob: Membership):
    membership.remove(bob, bob)
    assert set(Membership.objects.colleagues_of(alice)) == {alice}
