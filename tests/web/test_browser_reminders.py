"""The deadline in a real browser: asked for by the keyboard, seen, and its reminders stopped."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Browser, Page, expect
from pytest_django.live_server_helper import LiveServer

from convoca.accounts.models import Membership
from convoca.calendars.models import Event
from convoca.guests.models import Guest
from convoca.invitations import links
from convoca.invitations.models import Invitation
from convoca.mail.models import Sender
from tests.builders import an_event, wall
from tests.invitations.post import deliver
from tests.invitations.saving import change

pytestmark = pytest.mark.django_db(transaction=True)

Axe = Callable[[Page], None]


@pytest.fixture
def event(alice: Membership, gwen: Guest, sender: Sender) -> Event:
    return an_event(alice, start="2099-11-24 10:00", attendees=[gwen], sender=sender)


def test_a_deadline_is_set_shown_and_its_reminders_stopped(
    visit: Callable[..., Page],
    browser: Browser,
    live_server: LiveServer,
    alice: Membership,
    event: Event,
    axe: Axe,
):
    page = visit(alice, f"/events/{event.public_id}/edit/")
    page.get_by_text("Ask for answers by a date").press("Enter")
    page.get_by_label("Answer by").fill("2099-11-20")
    page.get_by_label("Until what time").fill("18:00")
    axe(page)
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_label("Details")).to_contain_text("Answers by Friday, 20 November 2099")
    event.refresh_from_db()
    assert event.answer_by == wall("2099-11-20 18:00")
    change(alice, event, location="Room 5")
    deliver()
    page.reload()
    axe(page)
    page.get_by_role("link", name="Gwen López").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("button", name="Do not remind").press("Enter")
    expect(page.locator(".messages")).to_contain_text("Gwen López is reminded no more.")
    page.emulate_media(color_scheme="dark")
    axe(page)
    _guest_stops_reminders(browser, live_server, axe)


def _guest_stops_reminders(browser: Browser, live_server: LiveServer, axe: Axe) -> None:
    """On a phone without JavaScript; only the check of the page itself needs some."""
    invitation = Invitation.objects.get()
    Invitation.objects.update(nudges_stopped_at=None, nudges_stopped_by=None)
    address = f"{live_server.url}/r/{links.token(invitation)}/"
    phone = {"width": 375, "height": 800}
    page = browser.new_context(java_script_enabled=False, viewport=phone).new_page()
    page.goto(f"{address}#reminders")
    expect(page.locator(".rsvp__by")).to_contain_text("20 de noviembre de 2099, 18:00")
    assert page.evaluate("document.documentElement.scrollWidth") <= phone["width"]
    page.get_by_role("button", name="No me recuerdes más esta reunión").click()
    expect(page.locator("#reminders")).to_contain_text("No recibirás recordatorios")
    page.context.close()
    page = browser.new_context(viewport=phone).new_page()
    page.goto(address)
    axe(page)
    page.context.close()
