"""What the operator does from the command line with teams."""

import json
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from convoca.accounts import addresses, tokens
from convoca.accounts.models import Membership, Plan, Role, Team, User

pytestmark = pytest.mark.django_db


def run(*arguments: str) -> str:
    out = StringIO()
    call_command(*arguments, stdout=out)
    return out.getvalue()


def test_create_team_prints_what_a_program_needs():
    options = ["--owner", "olga@acme.example", "--owner-name", "Olga", "--password", "w0rds-here"]
    options += ["--plan", "business", "--language", "es", "--timezone", "Europe/Madrid"]
    printed = json.loads(run("create_team", "Acme", *options))
    assert set(printed) == {"team", "user", "token"}
    owner = tokens.find(printed["token"])
    assert owner is not None
    assert (str(owner.team.public_id), str(owner.public_id)) == (printed["team"], printed["user"])
    assert (owner.role, owner.team.name, owner.team.plan) == (Role.OWNER, "Acme", Plan.BUSINESS)
    assert (owner.name, owner.user.language, owner.user.timezone) == ("Olga", "es", "Europe/Madrid")
    assert owner.user.check_password("w0rds-here")
    assert addresses.is_confirmed(owner.user)


def test_create_team_twice_is_refused_and_changes_nothing():
    run("create_team", "Acme", "--owner", "olga@acme.example")
    with pytest.raises(CommandError, match=r"olga@acme\.example already owns a team named Acme"):
        run("create_team", "Acme", "--owner", "olga@acme.example")
    assert Team.objects.count() == 1


def test_create_team_never_changes_a_users_password(alice: Membership):
    with pytest.raises(CommandError, match="is a user already"):
        run("create_team", "Two", "--owner", alice.email, "--password", "another-w0rd")
    assert not Team.objects.filter(name="Two").exists()
    run("create_team", "Two", "--owner", alice.email)
    assert Membership.objects.get(team__name="Two").user == alice.user


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["Acme", "--owner", "olga"], "valid e-mail address"),
        (["Acme", "--owner", "o@acme.example", "--timezone", "../etc/passwd"], "IANA name"),
        (["  ", "--owner", "o@acme.example"], "at most 120 characters"),
        (["Acme", "--owner", "o@acme.example", "--plan", "gold"], "invalid choice"),
        (["Acme"], "--owner"),
    ],
)
def test_create_team_explains_what_is_wrong(arguments: list[str], complaint: str):
    with pytest.raises(CommandError, match=complaint):
        run("create_team", *arguments)
    assert not Team.objects.exists()
    assert not User.objects.exists()


def test_set_plan_takes_a_name_or_an_id(team: Team):
    assert run("set_plan", "Acme", "business").startswith("Acme is on the plan business")
    team.refresh_from_db()
    assert team.plan == Plan.BUSINESS
    run("set_plan", str(team.public_id), "FREE")
    team.refresh_from_db()
    assert team.plan == Plan.FREE


def test_set_plan_refuses_what_it_cannot_find(team: Team):
    with pytest.raises(CommandError, match="no team named Nobody"):
        run("set_plan", "Nobody", "business")
    with pytest.raises(CommandError, match="invalid choice"):
        run("set_plan", "Acme", "gold")
    Team.objects.create(name="Acme")
    with pytest.raises(CommandError, match=str(team.public_id)):
        run("set_plan", "Acme", "business")
    assert not Team.objects.filter(plan=Plan.BUSINESS).exists()
