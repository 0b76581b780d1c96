"""A team signs up; colleagues join it."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client

from convoca.accounts import addresses
from convoca.accounts.models import Membership, Plan, Role, Team, User
from tests.support.letters import Letters

SIGN_UP = "/accounts/signup/"
CONFIRM = "/accounts/confirm-email/"
OLGA = {
    "team_name": "Bodegas  Ruiz\n",
    "name": "Olga Ruiz",
    "email": "Olga@Ruiz.example",
    "password1": "tulips and bicycles",
    "language": "es",
    "timezone": "Atlantic/Canary",
}


@pytest.fixture(autouse=True)
def no_earlier_tries() -> None:
    cache.clear()


def sign_up(client: Client, **changes: str) -> Any:
    return client.post(SIGN_UP, OLGA | changes)


def test_a_team_signs_up_and_its_owner_confirms_the_address(
    client: Client, db: None, letters: Letters
):
    assert sign_up(client).url == CONFIRM
    assert "_auth_user_id" not in client.session
    [letter] = letters("olga@ruiz.example")
    assert letter.subject == "Tu código para Convoca"
    assert letter.code in letter.html
    pasted = f" {letter.code[:3]} {letter.code[3:]} "
    assert client.post(CONFIRM, {"code": pasted}).url == "/"

    owner = Membership.objects.get()
    assert client.session["_auth_user_id"] == str(owner.user_id)
    assert (owner.role, owner.team.name, owner.team.plan) == (
        Role.OWNER,
        "Bodegas Ruiz",
        Plan.FREE,
    )
    assert (owner.name, owner.email) == ("Olga Ruiz", "olga@ruiz.example")
    assert (owner.user.language, owner.user.timezone) == ("es", "Atlantic/Canary")
    assert (owner.team.language, owner.team.timezone) == ("es", "Atlantic/Canary")
    assert addresses.is_confirmed(owner.user)


def test_five_wrong_codes_end_the_attempt(client: Client, db: None, letters: Letters):
    sign_up(client)
    [letter] = letters()
    for _ in range(5):
        client.post(CONFIRM, {"code": "000000" if letter.code != "000000" else "111111"})
    client.post(CONFIRM, {"code": letter.code})
    assert "_auth_user_id" not in client.session
    assert not addresses.is_confirmed(User.objects.get())


def test_a_known_address_learns_it_by_mail_and_the_stranger_nothing(
    client: Client, alice: Membership, letters: Letters
):
    known = sign_up(client, email=alice.email)
    fresh = sign_up(Client(), email="new@ruiz.example")
    assert (known.status_code, known.url) == (fresh.status_code, fresh.url)
    assert alice.email in client.get(CONFIRM).content.decode()
    assert letters(alice.email)[0].subject == "You already have an account"
    assert not Team.objects.filter(name="Bodegas Ruiz", memberships__user=alice.user).exists()
    assert User.objects.get(email=alice.email).check_password("correct horse battery")


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("team_name", " "),
        ("name", ""),
        ("email", "olga@"),
        ("email", "o@ruiz.example\nBcc: all@acme.example"),
        ("password1", "12345678"),
        ("password1", "olga ruiz"),
        ("timezone", "../../etc/passwd"),
        ("language", "xx"),
    ],
)
def test_what_is_wrong_stands_at_its_field(client: Client, db: None, field: str, value: str):
    answer = sign_up(client, **{field: value})
    assert list(answer.context["form"].errors) == [field]
    assert not Team.objects.exists()
    assert not User.objects.exists()


def test_an_operator_may_close_sign_up(client: Client, db: None, settings: Any):
    settings.SIGNUP_OPEN = False
    assert "Sign-up is closed" in client.get(SIGN_UP).content.decode()
    assert "Sign-up is closed" in sign_up(client).content.decode()
    assert SIGN_UP not in client.get("/accounts/login/").content.decode()
    assert not User.objects.exists()


def invite(client: Client, alice: Membership, address: str = "carol@acme.example") -> Any:
    client.force_login(alice.user)
    return client.post("/team/invite/", {"email": address, "role": "MEMBER"})


NEWCOMER = {
    "name": "Carol",
    "password": "tulips and bicycles",
    "language": "en",
    "timezone": "UTC",
}


def test_a_colleague_joins_by_the_link_in_the_mail(
    client: Client, alice: Membership, letters: Letters
):
    assert invite(client, alice).url == "/team/"
    [letter] = letters("carol@acme.example")
    assert letter.subject == "Alice Álvarez invites you to the team Acme"
    newcomer = Client()
    assert "carol@acme.example" in newcomer.get(letter.link).content.decode()
    assert newcomer.post(letter.link, NEWCOMER).url == "/"
    carol = Membership.objects.get(user__email="carol@acme.example")
    assert (carol.team, carol.role, carol.name) == (alice.team, Role.MEMBER, "Carol")
    assert newcomer.session["_auth_user_id"] == str(carol.user_id)
    assert Client().get(letter.link).status_code == 410


def test_a_newcomer_chooses_a_good_password(client: Client, alice: Membership, letters: Letters):
    invite(client, alice)
    [letter] = letters("carol@acme.example")
    answer = Client().post(letter.link, NEWCOMER | {"password": "carol"})
    assert list(answer.context["form"].errors) == ["password"]
    assert not User.objects.filter(email="carol@acme.example").exists()


def test_a_user_joins_by_one_click_and_only_as_themselves(
    client: Client, alice: Membership, bob: Membership, mallory: Membership, letters: Letters
):
    invite(client, alice, mallory.email)
    [letter] = letters(mallory.email)
    assert f"/accounts/login/?next={letter.link}" in Client().get(letter.link).content.decode()
    assert Client().post(letter.link, NEWCOMER).status_code == 200  # no second account

    client.force_login(bob.user)
    client.post(letter.link)
    assert not Membership.objects.filter(user=mallory.user, team=alice.team).exists()

    client.force_login(mallory.user)
    assert client.post(letter.link).url == "/"
    joined = Membership.objects.get(user=mallory.user, team=alice.team)
    assert client.get("/team/").context["member"] == joined


def test_a_name_cannot_smuggle_a_header_or_a_tag(
    client: Client, alice: Membership, letters: Letters
):
    alice.user.name = "Eve\r\nBcc: all@acme.example <script>alert(1)</script>"
    alice.user.save()
    invite(client, alice)
    [letter] = letters()
    assert letter.recipient == "carol@acme.example"
    assert letter.subject.count("\n") == 0
    assert "<script>" not in letter.html
