"""The pages about people in a real browser: accessible, and helpful where scripts run."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from playwright.sync_api import Browser, BrowserContext, Page, expect

from convoca.accounts.models import Membership
from convoca.guests.models import Guest
from convoca.mail.models import Sender
from tests.browser.test_pages import MEMBERS_PAGES, STRANGERS_PAGES
from tests.support.letters import Letters
from tests.web.people import ENTRANCE, furnish

STILL: dict[str, Any] = {"reduced_motion": "reduce"}
DESKTOP = {"width": 1280, "height": 800}
PHONE = {"width": 390, "height": 844}

pytestmark = pytest.mark.django_db(transaction=True)


def open_as(browser: Browser, url: str, member: Membership, **look: Any) -> BrowserContext:
    """Return a browser in which the member has signed in."""
    client = Client()
    client.force_login(member.user)
    cookie = client.cookies[settings.SESSION_COOKIE_NAME].value
    context = browser.new_context(base_url=url, **look)
    context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": cookie, "url": url}])
    return context


def test_pages_are_accessible(
    live_server: Any,
    browser: Browser,
    axe: Callable[[Page], None],
    alice: Membership,
    bob: Membership,
    gwen: Guest,
):
    """In light, in dark and on a phone, where nothing is wider than the screen either.

    `tests/browser` reads the pages that the demo has, too; these are the others.
    """
    pages = [path for path in furnish(alice, bob, gwen) if path not in MEMBERS_PAGES.values()]
    pages = [path for path in pages if "/remove/" not in path]  # as /delete/
    entrance = [path for path in ENTRANCE if path not in STRANGERS_PAGES.values()]
    stranger = browser.new_context(
        base_url=live_server.url, viewport=DESKTOP, reduced_motion="reduce"
    )
    signed_in = open_as(browser, live_server.url, alice, **STILL)
    found: list[str] = []
    for context, paths in ((stranger, entrance), (signed_in, pages)):
        page = context.new_page()
        for path in paths:
            found += _problems(axe, page, path)
        context.close()
    assert found == []


def test_the_time_zone_of_the_browser_is_guessed(live_server: Any, browser: Browser, db: None):
    context = browser.new_context(base_url=live_server.url, timezone_id="America/Bogota")
    page = context.new_page()
    page.goto("/accounts/signup/")
    expect(page.get_by_label("Time zone")).to_have_value("America/Bogota")
    context.close()


def test_the_first_wrong_field_is_focused(live_server: Any, browser: Browser, alice: Membership):
    context = open_as(browser, live_server.url, alice)
    page = context.new_page()
    page.goto("/guests/new/")
    page.get_by_label("First name").fill("Gwen")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_label("E-mail address")).to_be_focused()
    expect(page.get_by_label("First name")).to_have_value("Gwen")
    context.close()


def test_a_sender_is_confirmed_with_a_pasted_code(
    live_server: Any, browser: Browser, alice: Membership, letters: Letters
):
    context = open_as(browser, live_server.url, alice)
    page = context.new_page()
    page.goto("/settings/")
    page.get_by_role("link", name="Add an address").click()
    page.get_by_label("E-mail address").fill("events@acme.example")
    page.get_by_label("Available to everyone").check()
    page.get_by_role("button", name="Add").click()
    expect(page.get_by_label("Code")).to_be_focused()
    [letter] = letters("events@acme.example")
    page.keyboard.insert_text(f"{letter.code[:3]} {letter.code[3:]}")
    page.keyboard.press("Enter")
    expect(page.get_by_role("region", name="Messages")).to_contain_text("events@acme.example")
    assert Sender.objects.get(email="events@acme.example").confirmed_at is not None
    context.close()


def _problems(axe: Callable[[Page], None], page: Page, path: str) -> list[str]:
    found = []
    page.goto(path)
    for scheme, size in (("light", DESKTOP), ("dark", DESKTOP), ("light", PHONE)):
        page.emulate_media(color_scheme=scheme)
        page.set_viewport_size(size)
        page.evaluate("document.getAnimations().forEach((animation) => animation.finish())")
        try:
            axe(page)
        except AssertionError as broken:
            found.append(f"{scheme} {size['width']}: {broken}")
        if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
            found.append(f"{path} is wider than {size['width']}")
    page.emulate_media(color_scheme="light")
    page.set_viewport_size(DESKTOP)
    return found
