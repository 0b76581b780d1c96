"""What a guest will get, before it is sent."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse
from playwright.sync_api import Page, expect

from convoca.accounts.models import Membership
from convoca.calendars.models import Event
from convoca.guests.models import Guest
from convoca.invitations.saving import scheduling
from convoca.mail.models import Delivery, Sender
from tests.builders import draft
from tests.web.forms import typed

PREVIEW = "/events/preview/"


@pytest.fixture
def posted(gwen: Guest, gus: Guest, sender: Sender) -> dict[str, object]:
    """A finished form that invites Gwen, who reads Spanish, and Gus, who reads English."""
    people = [f"guest:{gwen.public_id}", f"guest:{gus.public_id}"]
    return typed(attendees=people, sender=str(sender.public_id), message="See you!")


def test_the_chosen_guests_mail_is_shown_in_their_language(
    as_alice: Client, posted: dict[str, object], gwen: Guest
):
    page = as_alice.post(PREVIEW, posted | {"preview_for": gwen.email})
    assert (page.status_code, page["X-Frame-Options"]) == (200, "SAMEORIGIN")
    html = page.content.decode()
    assert 'lang="es"' in html
    assert "See you!" in html
    assert "sandbox" in page["Content-Security-Policy"]
    about = as_alice.post(PREVIEW, posted, headers={"Accept": "application/json"}).json()
    assert about["recipient"] == "Gwen López <gwen@guest.example>"
    assert about["subject"].startswith("Invitación: Contract review")


def test_nothing_is_saved_or_sent(as_alice: Client, posted: dict[str, object]):
    as_alice.post(PREVIEW, posted)
    assert (Event.objects.count(), Delivery.objects.count()) == (0, 0)


def test_an_unfinished_form_says_what_is_missing(as_alice: Client, posted: dict[str, object]):
    answer = as_alice.post(PREVIEW, posted | {"title": ""}, headers={"Accept": "application/json"})
    assert answer.status_code == 422
    assert "title" in answer.json()["detail"]
    nobody = as_alice.post(PREVIEW, posted | {"preview_for": "x@y.example"})
    assert (nobody.status_code, "Nobody with this address" in nobody.content.decode()) == (
        422,
        True,
    )


def test_another_teams_event_cannot_be_previewed(
    as_mallory: Client, as_bob: Client, alice: Membership, posted: dict[str, object]
):
    event = scheduling.save_event(alice, draft(start="2099-11-24 10:00"))
    where = reverse("event-preview", args=[event.public_id])
    assert as_mallory.post(where, posted).status_code == 404
    assert as_bob.post(where, posted).status_code == 403


def test_the_form_shows_the_mail_in_a_frame(
    visit: Callable[..., Page],
    alice: Membership,
    gwen: Guest,
    sender: Sender,
):
    page = visit(alice, f"/events/new/?start=2099-11-24T10:00&invite=guest:{gwen.public_id}")
    page.get_by_label("Title").fill("Contract review")
    page.get_by_role("button", name="Preview").click()
    dialog = page.get_by_role("dialog", name="Preview")
    expect(dialog.locator("[data-subject]")).to_contain_text("Contract review")
    expect(dialog.get_by_label("What this person gets")).to_have_value(gwen.email)
    mail = page.frame_locator("iframe[name=preview-frame]")
    expect(mail.get_by_text("Contract review").first).to_be_visible()
    expect(page.get_by_role("button", name="Create and send 1 invitation")).to_be_enabled()
    assert not Event.objects.exists()
