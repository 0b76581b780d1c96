"""Axe reads every page people use: light and dark, at a desk and on a phone, in both languages."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page

from tests.browser.demo import DESKTOP, PHONE, Demo

MEMBERS_PAGES = {
    "calendar, month": "/?view=month",
    "calendar, week": "/?view=week",
    "calendar, day": "/?view=day",
    "agenda": "/agenda/",
    "new event": "/events/new/",
    "address book": "/guests/",
    "new guest": "/guests/new/",
    "senders": "/senders/",
    "new sender": "/senders/new/",
    "settings": "/settings/",
    "team": "/team/",
    "bell": "/bell/",
    "demo mailbox": "/demo/mailbox/",
}
STRANGERS_PAGES = {
    "sign in": "/accounts/login/",
    "sign up": "/accounts/signup/",
    "password reset": "/accounts/password/reset/",
}
EVENT = "Firma del contrato"
GUEST = "ines@valcarcel.example"

Axe = Callable[[Page], None]


@pytest.fixture(params=["light desk es", "dark desk en", "light phone en", "dark phone es"])
def look(request: pytest.FixtureRequest) -> dict[str, object]:
    """How the visitor looks at it."""
    scheme, size, language = request.param.split()
    return {
        "color_scheme": scheme,
        "viewport": DESKTOP if size == "desk" else PHONE,
        "locale": {"es": "es-ES", "en": "en-GB"}[language],
    }


def test_pages_of_members_are_accessible(demo: Demo, axe: Axe, watched, look):
    key = "lucia" if look["locale"] == "es-ES" else "emily"
    page = demo.sign_in(key, **look)
    complaints = watched(page.context)
    for path in MEMBERS_PAGES.values():
        page.goto(path)
        settle(page)
        axe(page)
        assert fits(page), f"{path} is wider than the screen"
    assert complaints == []


def test_pages_of_strangers_are_accessible(demo: Demo, axe: Axe, watched, look):
    page = demo.visit("/accounts/login/", **look)
    complaints = watched(page.context)
    for path in STRANGERS_PAGES.values():
        page.goto(path)
        axe(page)
        assert fits(page), f"{path} is wider than the screen"
    assert complaints == []


def test_pages_of_an_event_are_accessible(demo: Demo, axe: Axe, look):
    page = demo.sign_in("lucia", **look)
    page.goto(f"/agenda/?q={EVENT}")
    page.get_by_role("link", name=EVENT).first.click()
    page.wait_for_url("**/events/*/")
    event = page.url
    for part in ("", "edit/", "cancel/"):
        page.goto(event + part)
        axe(page)
        assert fits(page), f"{event}{part} is wider than the screen"


def test_open_picker_and_dialogs_are_accessible(demo: Demo, axe: Axe, look):
    page = demo.sign_in("nerea", **look)
    page.goto("/events/new/")
    page.get_by_role("combobox").last.press_sequentially("ma")
    options = page.locator(".picker__list [role=option]")
    options.first.wait_for()
    axe(page)
    options.last.click()
    page.locator("#guest-dialog").wait_for()
    axe(page)


def test_mails_and_the_guests_page_are_accessible(demo: Demo, axe: Axe, watched, look):
    for recipient in (GUEST, "maya.chen@tileandstone.example"):
        page = demo.visit(demo.letters(recipient)[-1], **look)
        complaints = watched(page.context)
        axe(page)
        page.goto(page.url.partition("?")[0] + "html/")
        links = page.locator("a").evaluate_all("links => links.map(link => link.href)")
        page.goto(next(link for link in links if "/r/" in link))
        axe(page)
        assert fits(page), f"{page.url} is wider than the screen"
        assert complaints == []


def settle(page: Page) -> None:
    """Wait until the calendar has drawn its events."""
    if page.locator("[data-calendar]").count():
        page.locator("[data-grid] [data-date]").first.wait_for(state="attached")


def fits(page: Page) -> bool:
    """Tell whether nothing sticks out to the side."""
    return bool(
        page.evaluate(
            "document.documentElement.scrollWidth <= document.documentElement.clientWidth"
        )
    )
