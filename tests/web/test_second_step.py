"""The second step of signing in: an authenticator app, and codes for the day the phone is gone."""

from __future__ import annotations

from typing import Any

import pytest
from allauth.mfa.adapter import get_adapter
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal import auth as totp
from django.core.cache import cache
from django.test import Client

from convoca.accounts.models import Membership
from tests.support.letters import Letters

PASSWORD = "correct horse battery"


@pytest.fixture(autouse=True)
def no_earlier_tries() -> None:
    cache.clear()


def sign_in(client: Client, member: Membership) -> Any:
    return client.post("/accounts/login/", {"login": member.email, "password": PASSWORD})


def code_now(secret: str) -> str:
    """Return what an authenticator app that scanned the secret shows now."""
    counter = next(iter(totp.yield_hotp_counters_from_time()))
    return totp.format_hotp_value(totp.hotp_value(secret, counter))


def prove(client: Client, path: str) -> Any:
    """Type the password once more on the way to a page."""
    return client.post("/accounts/reauthenticate/", {"password": PASSWORD, "next": path})


def set_up(client: Client, member: Membership) -> str:
    """Switch the second step on; return the app's secret."""
    sign_in(client, member)
    prove(client, "/accounts/2fa/totp/activate/")
    secret = client.get("/accounts/2fa/totp/activate/").context["form"].secret
    answer = client.post("/accounts/2fa/totp/activate/", {"code": code_now(secret)})
    assert answer.status_code == 302
    return str(secret)


@pytest.mark.django_db(transaction=True)  # the mail waits for the commit
def test_the_app_is_set_up_and_asked_for(client: Client, alice: Membership, letters: Letters):
    secret = set_up(client, alice)
    assert letters(alice.email)[-1].subject == "Second step switched on"
    cache.clear()  # a code counts once; the next sign-in is later

    other = Client()
    assert sign_in(other, alice).url == "/accounts/2fa/authenticate/"
    assert other.get("/settings/").status_code == 302
    shown = other.post("/accounts/2fa/authenticate/", {"code": "000000"}).content.decode()
    assert "This code is not right" in shown
    assert other.post("/accounts/2fa/authenticate/", {"code": code_now(secret)}).url == "/"
    assert other.get("/settings/").status_code == 200


def test_a_recovery_code_opens_once(client: Client, alice: Membership):
    set_up(client, alice)
    codes = Authenticator.objects.get(type="recovery_codes").wrap().get_unused_codes()
    assert len(codes) == 10
    assert all(
        code in client.get("/accounts/2fa/recovery-codes/").content.decode() for code in codes
    )
    for attempt, expected in ((Client(), 302), (Client(), 200)):
        sign_in(attempt, alice)
        answer = attempt.post("/accounts/2fa/authenticate/", {"code": codes[0]})
        assert answer.status_code == expected


def test_guessing_codes_is_throttled(client: Client, alice: Membership):
    secret = set_up(client, alice)
    cache.clear()
    other = Client()
    sign_in(other, alice)
    for guess in range(20):
        answer = other.post("/accounts/2fa/authenticate/", {"code": f"{guess:06}"})
    answer = other.post("/accounts/2fa/authenticate/", {"code": code_now(secret)})
    assert answer.status_code in {200, 429}
    assert "_auth_user_id" not in other.session


def test_setting_up_asks_for_the_password_again(client: Client, alice: Membership):
    sign_in(client, alice)
    path = "/accounts/2fa/totp/activate/"
    assert client.get(path).url.startswith("/accounts/reauthenticate/")
    wrong = client.post("/accounts/reauthenticate/", {"password": "wrong", "next": path})
    assert "This is not your password." in wrong.content.decode()
    assert prove(client, path).url == path
    assert client.get(path).status_code == 200


def test_the_second_step_is_switched_off(client: Client, alice: Membership, letters: Letters):
    set_up(client, alice)
    assert client.post("/accounts/2fa/totp/deactivate/").status_code == 302
    assert letters(alice.email)[0].subject == "Second step switched off"
    assert sign_in(Client(), alice).url == "/"
    assert get_adapter().get_totp_issuer() == "Convoca"


def test_other_devices_are_signed_out(client: Client, alice: Membership):
    other = Client()
    sign_in(other, alice)
    sign_in(client, alice)
    shown = client.get("/accounts/sessions/").content.decode()
    assert shown.count("from 127.0.0.1") == 2
    assert "this device" in shown
    client.post("/accounts/sessions/")
    assert other.get("/settings/").status_code == 302
    assert client.get("/settings/").status_code == 200


def test_the_address_is_changed_with_a_code(client: Client, alice: Membership, letters: Letters):
    sign_in(client, alice)
    answer = client.post("/accounts/email/", {"email": "Ali@acme.example", "action_add": ""})
    assert answer.url.startswith("/accounts/reauthenticate/")
    assert prove(client, "/accounts/email/").url == "/accounts/confirm-email/"
    [letter] = letters("ali@acme.example")
    alice.user.refresh_from_db()
    assert alice.user.email == "alice@acme.example"
    client.post("/accounts/confirm-email/", {"code": letter.code})
    alice.user.refresh_from_db()
    assert alice.user.email == "ali@acme.example"
    assert letters("alice@acme.example")[0].subject == "Your e-mail address was changed"
