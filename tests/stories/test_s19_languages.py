"""S19: Spanish and English, chosen per user and per guest."""

from __future__ import annotations

import pytest
from django.urls import reverse

LUNCH = {"title": "Lunch", "start": "2026-11-24T14:00", "end": "2026-11-24T15:00"}


@pytest.fixture
def mails(door, gus, gwen, deliver):
    """Gwen reads Spanish, Gus English."""
    door.create(**LUNCH, who=[gus, gwen])
    return {mail.recipients[0].partition("@")[0]: mail for mail in deliver()}


def test_s19_every_guest_reads_their_own_language(mails):
    assert mails["gus"].subject.startswith("Invitation: Lunch")
    assert mails["gwen"].subject.startswith("Invitación: Lunch")
    assert "Accept" in mails["gus"].html
    assert "Aceptar" in mails["gwen"].html
    assert "martes" in mails["gwen"].html
    assert "24 de noviembre de 2026" in mails["gwen"].html
    assert 'lang="es"' in mails["gwen"].html


def test_s19_page_speaks_as_the_mail_did(mails, guest_opens):
    page = guest_opens(mails["gwen"], language="en")
    assert page.page.html["lang"] == "es"
    assert "Aceptar" in page.text


def test_s19_guest_switches_the_language(mails, guest_opens):
    page = guest_opens(mails["gwen"])
    page.press("English")
    assert page.page.html["lang"] == "en"
    assert "Accept" in page.text


def test_s19_user_chooses_a_language(pages, api, alice):
    api.call("patch", "/settings", {"language": "es"})
    alice.user.refresh_from_db()
    page = pages.reader.open(reverse("event-new")).page
    assert page.html["lang"] == "es"
    assert "Título" in page.get_text()


def test_s19_refusals_speak_the_users_language(api, team, chosen_sender, gus):
    from tests.stories.doors import Refused

    api.call("patch", "/settings", {"language": "es"})
    with pytest.raises(Refused) as refusal:
        api.create(title="", start="2026-11-24T10:00", end="2026-11-24T09:00")
    messages = " ".join(error["message"] for error in refusal.value.typed["errors"])
    assert "título" in messages.lower()


def test_s19_bell_speaks_the_users_language(mails, alice, api, pages, guest_opens, deliver):
    api.call("patch", "/settings", {"language": "es"})
    guest_opens(mails["gus"]).press("Accept")
    assert "ha aceptado" in pages.reader.open(reverse("bell")).text
    [mail] = deliver()
    assert "ha aceptado" in mail.text
