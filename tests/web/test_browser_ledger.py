"""The delivery ledger in a real browser: from the bell to the address corrected in place."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from convoca.accounts.models import Membership
from convoca.calendars.models import Event
from convoca.guests.models import Guest
from convoca.invitations import notices
from convoca.invitations.saving import scheduling
from convoca.mail.models import Delivery, Sender
from tests.builders import draft
from tests.invitations.post import deliver

pytestmark = pytest.mark.django_db(transaction=True)

WORDS = {
    "en": ("Correct the address", "Save and send", "What happened to the mails", "not delivered"),
    "es": ("Corregir la dirección", "Guardar y enviar", "Qué ha pasado", "no entregada"),
}


@pytest.fixture
def event(alice: Membership, gwen: Guest, gus: Guest, sender: Sender) -> Event:
    """Alice's meeting with Gwen, whose address does not exist, and Gus, who has his invitation."""
    typed = draft(start="2099-11-24 10:00", attendees=[gwen, gus], sender=sender)
    event = scheduling.save_event(alice, typed)
    deliver(gwen.email)
    notices.delivery_failed(Delivery.objects.filter(status="FAILED"))
    return event


@pytest.mark.parametrize("look", ["light en desk", "dark es phone"])
def test_the_host_is_led_from_the_bell_to_the_repair(
    visit: Callable[..., Page],
    axe: Callable[[Page], None],
    alice: Membership,
    event: Event,
    look: str,
):
    scheme, language, size = look.split()
    correct, save, happened, failed = WORDS[language]
    type(alice.user).objects.filter(pk=alice.user.pk).update(language=language)
    page = visit(alice, "/bell/", color_scheme=scheme)
    page.set_viewport_size({"width": 390 if size == "phone" else 1280, "height": 844})
    page.locator(".bell a").first.click()
    expect(page.locator(".attendee")).to_have_count(1)  # whoever was reached is left out
    expect(page.locator(".reach--bad")).to_contain_text(failed)
    axe(page)
    page.get_by_role("link", name=correct).click()
    field = page.get_by_role("textbox", name=correct)
    expect(field).to_be_focused()
    axe(page)
    page.get_by_text(happened).click()
    expect(page.locator("dialog .history")).to_contain_text("550 5.1.1 No such user")
    axe(page)
    field.fill("gwen@right.example")
    page.get_by_role("button", name=save).click()
    expect(page.locator(".attendee", has_text="gwen@right.example")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert set(deliver()) == {"gwen@right.example"}


def test_the_page_follows_the_mails(
    visit: Callable[..., Page],
    axe: Callable[[Page], None],
    alice: Membership,
    gwen: Guest,
    gus: Guest,
    sender: Sender,
):
    typed = draft(start="2099-11-24 10:00", attendees=[gwen, gus], sender=sender)
    event = scheduling.save_event(alice, typed)
    page = visit(alice, f"/events/{event.public_id}/")
    total = page.locator("[data-sum]")
    expect(total).to_have_text("0 of 2 mails sent")
    axe(page)
    name = page.get_by_role("link", name="Gus Gray", exact=True)
    name.focus()
    deliver(gwen.email)
    expect(total).to_have_text("1 of 2 mails sent, 1 not delivered", timeout=60_000)
    expect(page.locator("#said")).to_have_text("1 of 2 mails sent, 1 not delivered")
    expect(page.locator(".reach--bad")).to_contain_text("not delivered")
    expect(name).to_be_focused()
    expect(page.locator("#ledger")).not_to_have_attribute("data-again", re.compile(""))
    axe(page)


def test_without_scripts_every_repair_is_a_page(
    visit: Callable[..., Page], axe: Callable[[Page], None], alice: Membership, event: Event
):
    page = visit(alice, "/settings/")
    page.route("**/*.js", lambda route: route.abort())
    page.goto(page.url.replace("/settings/", f"/events/{event.public_id}/"))
    page.get_by_role("link", name="Gwen López", exact=True).click()
    page.wait_for_url("**/attendees/*/")
    axe(page)
    page.get_by_role("button", name="Send again").click()
    expect(page.get_by_text("It will be sent again to Gwen López.")).to_be_visible()
    assert set(deliver()) == {"gwen@guest.example"}
    for path in ("/guests/", "/guests/suppressed/"):
        page.goto(page.url.partition("/events/")[0].partition("/guests/")[0] + path)
        axe(page)
