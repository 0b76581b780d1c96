"""No page about people says anything in English to somebody who reads Spanish."""

from __future__ import annotations

import re
from collections.abc import Iterator

from bs4 import BeautifulSoup
from django.test import Client
from django.utils.translation import trans_real

from convoca.accounts.models import Membership
from convoca.guests.models import Guest
from tests.web.people import ENTRANCE, furnish

ATTRIBUTES = ("aria-label", "placeholder", "title", "alt", "data-one", "data-many", "data-failed")
ENGLISH = re.compile(r"\b(the|and|your|you|with|this|that|is|are|not|was|from|of|for|has)\b", re.I)
SPANISH_READER = {"accept-language": "es-ES,es;q=0.9,en;q=0.5"}


def test_pages_are_spanish_throughout(
    client: Client, alice: Membership, bob: Membership, gwen: Guest
):
    alice.user.language = "es"
    alice.user.save()
    pages = furnish(alice, bob, gwen)
    stranger = Client(headers=SPANISH_READER)
    client.force_login(alice.user)
    found = [line for path in ENTRANCE for line in complaints(stranger, path)]
    found += [line for path in [*pages, "/", "/agenda/"] for line in complaints(client, path)]
    assert found == []


def test_what_is_refused_is_refused_in_spanish(
    client: Client, alice: Membership, bob: Membership, gwen: Guest
):
    alice.user.language = "es"
    alice.user.save()
    furnish(alice, bob, gwen)
    stranger = Client(headers=SPANISH_READER)
    client.force_login(alice.user)
    found = []
    for path in ("/accounts/login/", "/accounts/signup/", "/accounts/password/reset/"):
        for typed in ({}, {"login": "x", "email": "x", "password": "x", "password1": "1234"}):
            found += complaints(stranger, path, typed)
    for path in (
        "/guests/new/",
        "/senders/new/",
        "/settings/",
        "/settings/tokens/",
        "/team/invite/",
        "/team/settings/",
        "/team/rooms/new/",
        "/accounts/password/change/",
        "/accounts/email/",
    ):
        typed = {
            "email": "x",
            "name": "",
            "password1": "alvarez",
            "capacity": "-1",
            "action_add": "",
        }
        found += complaints(client, path, typed)
    assert found == []


def complaints(client: Client, path: str, typed: dict[str, str] | None = None) -> Iterator[str]:
    """Yield what a page says that Spanish has other words for, or that looks English."""
    response = client.get(path) if typed is None else client.post(path, typed)
    assert response.status_code in {200, 410}, (path, response.status_code)
    page = BeautifulSoup(response.content, "html.parser")
    assert page.html["lang"] == "es"
    catalogue = dict(trans_real.translation("es")._catalog.items())
    for text in sorted(set(_said(page))):
        known = catalogue.get(text)
        if (known and known != text) or ENGLISH.search(text):
            yield f"{path}: {text}"


def _said(page: BeautifulSoup) -> Iterator[str]:
    for hidden in page(["script", "style", "code"]):
        hidden.decompose()
    for element in page(lang="en"):
        element.decompose()
    for names in page.select('select[name="timezone"] option, select[name="language"] option'):
        names.decompose()  # places, and languages each in its own words
    yield from (" ".join(text.split()) for text in page.stripped_strings)
    for element in page(True):
        yield from (str(element[name]) for name in ATTRIBUTES if element.get(name))
