"""Axe on every page of the calendar, in light, dark and on a phone."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from convoca.accounts.models import Membership
from convoca.calendars.models import Event
from convoca.guests.models import Guest
from convoca.invitations import scheduling
from convoca.mail.models import Sender
from tests.builders import draft

Visit = Callable[..., Page]
Axe = Callable[[Page], None]
DAY = "date=2099-11-24"


@pytest.fixture
def event(alice: Membership, bob: Membership, gwen: Guest, sender: Sender) -> Event:
    """A meeting with everything on it."""
    full = draft(
        start="2099-11-24 10:00",
        location="https://meet.example/abc",
        description="<p>Bring the <b>draft</b>.</p>",
        rrule="FREQ=WEEKLY;COUNT=3",
        attendees=[bob, gwen],
        sender=sender,
    )
    return scheduling.save_event(alice, full)


def pages(event: Event) -> list[str]:
    own = f"/events/{event.public_id}/"
    views = [f"/?view={view}&{DAY}" for view in ("month", "week", "day")]
    return [*views, "/agenda/?from=2099-11-20", "/events/new/", own, f"{own}edit/", f"{own}cancel/"]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_pages_are_accessible(visit: Visit, axe: Axe, alice: Membership, event: Event, scheme: str):
    page = visit(alice, "/agenda/", color_scheme=scheme)
    check(page, axe, event)


def test_pages_are_accessible_on_a_phone(phone: Visit, axe: Axe, alice: Membership, event: Event):
    check(phone(alice, "/agenda/"), axe, event)


def check(page: Page, axe: Axe, event: Event) -> None:
    base = page.url.partition("/agenda/")[0]
    for path in pages(event):
        page.goto(base + path)
        page.wait_for_load_state("networkidle")
        axe(page)


def test_what_opens_is_accessible(visit: Visit, axe: Axe, alice: Membership, event: Event):
    page = visit(alice, f"/?view=week&{DAY}")
    page.get_by_role("link", name="Contract review").first.click()
    expect(page.get_by_role("dialog", name="Contract review")).to_be_visible()
    axe(page)
    page.goto(page.url.partition("/?")[0] + "/events/new/")
    box = page.get_by_role("combobox", name="Add colleagues")
    box.fill("g")
    expect(page.locator(".picker [role=option]").first).to_be_visible()
    axe(page)
    box.fill("nobody@x.example")
    expect(page.locator(".picker [role=option]")).to_have_count(1)
    box.press("Enter")
    expect(page.get_by_role("dialog", name="Invite a guest")).to_be_visible()
    axe(page)


def test_pages_fit_a_phone_without_sideways_scrolling(
    phone: Visit, alice: Membership, event: Event
):
    page = phone(alice, "/agenda/")
    base = page.url.partition("/agenda/")[0]
    for path in pages(event):
        page.goto(base + path)
        width = page.evaluate("document.documentElement.scrollWidth")
        assert (path, width) == (path, 390)
