"""Stopping mails in a real browser: after a save by the keyboard, after a drag from the toast."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from convoca.accounts.models import Membership
from convoca.calendars.models import Event
from convoca.guests.models import Guest
from convoca.mail.models import Delivery, Sender
from tests.builders import an_event

Visit = Callable[..., Page]


@pytest.fixture
def event(alice: Membership, gwen: Guest, sender: Sender) -> Event:
    """A meeting with Gwen, in a team that leaves itself a minute to stop mails."""
    alice.team.grace_seconds = 60
    alice.team.save()
    return an_event(alice, start="2099-11-24 10:00", attendees=[gwen], sender=sender)


def test_the_message_after_a_save_has_the_button(
    visit: Visit, alice: Membership, event: Event, axe: Callable[[Page], None]
):
    page = visit(alice, f"/events/{event.public_id}/edit/")
    page.get_by_label("Place").fill("Room 5")
    page.get_by_role("button", name="Save and tell 1 person").click()
    message = page.get_by_role("status").filter(has_text="1 mail leaves in")
    expect(message).to_be_visible()
    axe(page)
    page.emulate_media(color_scheme="dark")
    axe(page)
    message.get_by_role("button", name="Do not send").press("Enter")
    expect(page.locator(".messages")).to_contain_text("1 mail is stopped.")
    axe(page)
    assert not Delivery.objects.exists()


def test_the_toast_after_a_drag_has_the_button(
    visit: Visit, alice: Membership, event: Event, axe: Callable[[Page], None]
):
    page = visit(alice, "/?view=week&date=2099-11-24")
    page.get_by_role("link", name="Contract review").first.focus()
    page.keyboard.press("Alt+ArrowRight")
    page.get_by_role("button", name="Move and tell 1 person").click()
    toast = page.locator("#toast")
    expect(toast).to_contain_text("“Contract review” is moved. 1 mail leaves in")
    axe(page)
    toast.get_by_role("button", name="Do not send").press("Enter")
    expect(toast).to_have_text("1 mail is stopped.")
    assert not Delivery.objects.exists()
