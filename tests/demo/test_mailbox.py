"""The demo mailbox shows each mail as its recipient reads it; nothing gets out of the frame."""

from __future__ import annotations

import pytest
from bs4 import BeautifulSoup
from django.test import Client
from django.urls import NoReverseMatch, reverse

from convoca.web.mailbox import Letter, find

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.demo.urls")]


def soup(response) -> BeautifulSoup:
    assert response.status_code == 200
    return BeautifulSoup(response.content, "html.parser")


def subjects(page: BeautifulSoup) -> list[str]:
    return [item.get_text(strip=True) for item in page.select(".mailbox__subject")]


def test_letter_knows_its_parts(letter: Letter):
    assert letter.recipient == "gwen@guest.example"
    assert letter.sender.display_name == "Alice Álvarez"
    assert letter.addressee.display_name == "Gwen López"
    assert letter.text.strip() == "Hello in plain text"
    assert "SUMMARY:A long line" in letter.calendar.splitlines()
    assert '<a target="_top" href="http://testserver/r/x/"' in letter.html


def test_mailbox_lists_the_newest_first(client: Client, post):
    post(subject="First")
    post(subject="Second", to="gus@guest.example")
    page = soup(client.get(reverse("demo-mailbox")))
    assert subjects(page) == ["Second", "First"]


def test_mailbox_of_one_recipient(client: Client, post):
    post(subject="First")
    post(subject="Second", to="gus@guest.example")
    page = soup(client.get(reverse("demo-mailbox"), {"to": "Gwen@guest.example"}))
    assert subjects(page) == ["First"]


def test_live_refresh_gets_the_list_alone(client: Client, post):
    post()
    page = soup(client.get(reverse("demo-mailbox"), headers={"HX-Request": "true"}))
    assert page.html is None
    assert subjects(page) == ["Invitation: Lunch"]


def test_empty_mailbox_says_what_to_do(client: Client, folder):
    page = soup(client.get(reverse("demo-mailbox"), headers={"accept-language": "es"}))
    assert page.select_one(".empty h2").get_text() == "Aún no hay correo"


@pytest.mark.parametrize(
    ("part", "expected"),
    [("text", "Hello in plain text"), ("calendar", "METHOD:REQUEST"), ("headers", "Delivered-To")],
)
def test_letter_shows_each_part(client: Client, post, part: str, expected: str):
    page = soup(client.get(reverse("demo-letter", args=[post()]), {"part": part}))
    assert expected in page.select_one(".mailbox__source").get_text()
    assert not page.select("iframe")


def test_letter_is_read_in_a_sandbox(client: Client, post):
    key = post()
    page = client.get(reverse("demo-letter", args=[key]))
    frame = soup(page).select_one("iframe")
    assert frame["src"] == reverse("demo-letter-html", args=[key])
    assert frame["sandbox"] == ["allow-top-navigation-by-user-activation"]
    assert "frame-src 'self'" in page.headers["Content-Security-Policy"]

    inside = client.get(frame["src"])
    assert inside.headers["X-Frame-Options"] == "SAMEORIGIN"
    assert inside.headers["Content-Security-Policy"] == (
        "default-src 'none'; style-src 'unsafe-inline'; img-src 'self' data:; base-uri 'none'; "
        "form-action 'none'; frame-ancestors 'self'; "
        "sandbox allow-top-navigation-by-user-activation"
    )


def test_letter_is_downloaded_as_it_came(client: Client, post, folder):
    key = post()
    response = client.get(reverse("demo-letter-source", args=[key]))
    assert response.content == (folder / f"{key}.eml").read_bytes()
    assert response.headers["Content-Type"] == "message/rfc822"
    assert response.headers["Content-Disposition"] == f'attachment; filename="{key}.eml"'


@pytest.mark.parametrize("key", ["..", "../secret-key", "1-00000000", "secret-key", "x" * 300])
def test_key_that_is_none_finds_nothing(folder, key: str):
    (folder.parent / "secret-key").write_text("s")
    (folder / "secret-key.eml").write_text("s")
    assert find(key) is None


@pytest.mark.urls("convoca.urls")
def test_mailbox_exists_only_in_the_demo():
    with pytest.raises(NoReverseMatch):
        reverse("demo-mailbox")
