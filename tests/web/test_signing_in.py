"""Signing in: by address and password, throttled, telling strangers nothing."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.cache import cache
from django.core.management import call_command
from django.test import Client, override_settings
from django.urls import reverse

from convoca.accounts.models import Membership
from tests.support.letters import Letters

LOGIN = "/accounts/login/"
PASSWORD = "correct horse battery"
WRONG = "The address or the password is not right."
DATABASE_CACHE = {
    "default": {
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": "throttles",
    }
}


@pytest.fixture(autouse=True)
def no_earlier_tries() -> None:
    cache.clear()


def sign_in(client: Client, email: str, password: str = PASSWORD, **more: str) -> Any:
    return client.post(LOGIN, {"login": email, "password": password, **more})


def test_strangers_are_sent_to_sign_in_and_back(client: Client, alice: Membership):
    response = client.get("/settings/")
    assert response.url == f"{LOGIN}?next=/settings/"
    assert sign_in(client, "ALICE@acme.example", next="/settings/").url == "/settings/"
    assert client.get("/settings/").status_code == 200


@pytest.mark.parametrize("elsewhere", ["https://evil.example/", "//evil.example", "javascript:x"])
def test_nobody_is_sent_elsewhere(client: Client, alice: Membership, elsewhere: str):
    assert sign_in(client, alice.email, next=elsewhere).url == "/"


def test_a_wrong_address_and_a_wrong_password_look_alike(client: Client, alice: Membership):
    answers = [sign_in(client, alice.email, "wrong"), sign_in(client, "no@acme.example", "wrong")]
    for answer in answers:
        assert answer.status_code == 200
        assert WRONG in answer.content.decode()
    first, second = (str(answer.context["form"].errors) for answer in answers)
    assert first == second


def test_the_sixth_guess_is_not_even_tried(client: Client, alice: Membership):
    for _ in range(5):
        sign_in(client, alice.email, "wrong")
    answer = sign_in(client, alice.email)  # the right one
    assert "That was too many tries." in answer.content.decode()
    assert "_auth_user_id" not in client.session


@pytest.mark.django_db(transaction=True)
@override_settings(CACHES=DATABASE_CACHE)
def test_all_processes_count_guesses_together(alice: Membership):
    """Each client stands for a process: what they share is the database alone."""
    call_command("createcachetable")
    for _ in range(5):
        sign_in(Client(), alice.email, "wrong")
        cache.close()
    answer = sign_in(Client(), alice.email)
    assert "That was too many tries." in answer.content.decode()


def test_signing_out_takes_a_post(client: Client, alice: Membership):
    client.force_login(alice.user)
    assert "Do you want to sign out" in client.get("/accounts/logout/").content.decode()
    assert "_auth_user_id" in client.session
    assert client.post("/accounts/logout/").url == LOGIN
    assert "_auth_user_id" not in client.session


def test_every_form_asks_for_the_csrf_token(alice: Membership):
    strict = Client(enforce_csrf_checks=True)
    assert sign_in(strict, alice.email).status_code == 403
    strict.force_login(alice.user)
    for name in ("account_logout", "token-new", "team-invite", "bell-read", "sender-choose"):
        assert strict.post(reverse(name)).status_code == 403, name


def test_who_left_every_team_is_told_so(client: Client, bob: Membership, alice: Membership):
    client.force_login(bob.user)
    Membership.objects.filter(pk=bob.pk).update(left_at="2026-01-01T00:00Z")
    answer = client.get("/settings/")
    assert answer.status_code == 403
    assert "You are in no team" in answer.content.decode()


def test_a_closed_account_does_not_get_in(client: Client, alice: Membership):
    alice.user.is_active = False
    alice.user.save()
    assert sign_in(client, alice.email).status_code in {200, 302}
    assert "_auth_user_id" not in client.session


def test_strangers_choose_the_language(client: Client, db: None):
    spanish = {"accept-language": "es-ES,es;q=0.9"}
    assert "Contraseña" in client.get(LOGIN, headers=spanish).content.decode()
    answer = client.post("/language/", {"language": "en", "next": LOGIN}, headers=spanish)
    assert answer.url == LOGIN
    assert "Password" in client.get(LOGIN, headers=spanish).content.decode()
    answer = client.post("/language/", {"language": "es", "next": "https://evil.example/"})
    assert answer.url == "/"


def test_members_read_pages_in_their_own_language(client: Client, alice: Membership):
    alice.user.language = "es"
    alice.user.save()
    client.force_login(alice.user)
    answer = client.get("/settings/", headers={"accept-language": "en"})
    assert '<html lang="es"' in answer.content.decode()


def test_a_forgotten_password_is_replaced_by_mail(
    client: Client, alice: Membership, letters: Letters
):
    alice.user.language = "es"
    alice.user.save()
    answer = client.post("/accounts/password/reset/", {"email": "Alice@acme.example"})
    assert answer.url == "/accounts/password/reset/done/"
    [letter] = letters(alice.email)
    assert letter.subject == "Elige una contraseña nueva"  # her language, not the page's
    assert f'href="http://testserver{letter.link}"' in letter.html

    form = client.get(letter.link, follow=True)
    action = form.redirect_chain[-1][0]
    answer = client.post(action, {"password1": "tulips and bicycles"}, follow=True)
    assert "Your password is changed" in answer.content.decode()
    assert letters(alice.email)[0].subject == "Se ha cambiado tu contraseña"
    assert sign_in(Client(), alice.email, "tulips and bicycles").url == "/"
    assert "This link has ended" in Client().get(letter.link, follow=True).content.decode()


def test_asking_for_a_reset_tells_nobody_who_is_known(
    client: Client, alice: Membership, letters: Letters
):
    known = client.post("/accounts/password/reset/", {"email": alice.email}, follow=True)
    unknown = client.post("/accounts/password/reset/", {"email": "no@acme.example"}, follow=True)
    assert known.redirect_chain == unknown.redirect_chain
    shown = [answer.content.decode().split("<main")[1] for answer in (known, unknown)]
    assert shown[0] == shown[1]
    assert [letter.recipient for letter in letters()] == [alice.email]


def test_a_reset_link_names_the_server_whatever_the_request_did(
    client: Client, alice: Membership, letters: Letters
):
    client.post(
        "/accounts/password/reset/", {"email": alice.email}, headers={"host": "evil.example"}
    )
    [letter] = letters(alice.email)
    assert "evil.example" not in letter.text + letter.html
    assert letter.link.startswith("/accounts/password/reset/key/")


def test_resets_are_throttled(client: Client, alice: Membership, letters: Letters):
    answers = [
        client.post("/accounts/password/reset/", {"email": alice.email}).status_code
        for _ in range(6)
    ]
    assert answers == [302] * 5 + [429]
    assert len(letters(alice.email)) == 5


def test_weak_passwords_are_refused(client: Client, alice: Membership):
    client.force_login(alice.user)
    for weak in ("short", "password", "1234567890", "alvarez alice"):
        typed = {"oldpassword": PASSWORD, "password1": weak}
        assert client.post("/accounts/password/change/", typed).status_code == 200, weak
    alice.user.refresh_from_db()
    assert alice.user.check_password(PASSWORD)
