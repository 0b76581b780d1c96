"""The guest's page in a browser: without a script, without a cookie, and for everybody's eyes."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from convoca.accounts.models import Membership
from convoca.calendars.drafts import draft_of
from convoca.calendars.models import Event
from convoca.guests.models import Guest
from convoca.invitations import links
from convoca.invitations.models import Invitation, Rsvp
from convoca.invitations.saving import scheduling
from convoca.mail.models import Sender
from tests.builders import a_file, draft, wall
from tests.invitations.post import deliver

pytestmark = pytest.mark.django_db(transaction=True)

PHONE = {"width": 375, "height": 800}
DESKTOP = {"width": 1200, "height": 800}


@pytest.fixture
def meeting(alice: Membership, gwen: Guest, gus: Guest, sender: Sender) -> Event:
    event = scheduling.save_event(
        alice,
        draft(
            start="2035-11-27 10:00",
            sender=sender,
            attendees=[gwen, gus],
            files=[a_file(alice)],
            location="https://meet.example/abc",
            description="<p>Bring <b>papers</b></p>",
            rrule="FREQ=WEEKLY;COUNT=3",
        ),
    )
    deliver()
    return event


@pytest.fixture
def address(meeting: Event, live_server: Any) -> str:
    invitation = Invitation.objects.get(event=meeting, name="Gwen López")
    return f"{live_server.url}/r/{links.token(invitation)}/"


def test_a_phone_without_javascript_answers(browser: Browser, address: str):
    context = browser.new_context(java_script_enabled=False, viewport=PHONE)
    page = context.new_page()
    page.goto(f"{address}?answer=accept")
    assert page.locator("button[name=answer]").first.bounding_box()["height"] >= 52
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    page.get_by_label("Nota para Alice Álvarez").fill("Llevo tarta")
    page.get_by_role("button", name="Aceptar").click()
    expect(page.locator(".rsvp__answer")).to_contain_text("Vas a venir")
    assert Rsvp.objects.get().note == "Llevo tarta"
    page.get_by_text("Cambiar mi respuesta").click()
    page.get_by_role("button", name="Rechazar").click()
    expect(page.locator(".rsvp__answer")).to_contain_text("No vas a venir")
    assert context.cookies() == []
    context.close()


def test_a_phone_without_javascript_answers_one_date(browser: Browser, address: str):
    context = browser.new_context(java_script_enabled=False, viewport=PHONE)
    page = context.new_page()
    page.goto(f"{address}?answer=decline&recurrence_id=2035-12-04T10:00")
    expect(page.get_by_label("Solo mar 4 dic 2035, 10:00")).to_be_checked()
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    page.get_by_role("button", name="Rechazar").click()
    expect(page.locator(".rsvp__answer")).to_contain_text("mar 4 dic 2035, 10:00")
    page.get_by_role("link", name="mar 11 dic 2035").click()
    page.get_by_label("Todas las fechas").check()
    page.get_by_role("button", name="Aceptar").click()
    expect(page.locator(".rsvp__answer")).to_contain_text("salvo mar 4 dic 2035")
    assert [one.recurrence_id for one in Rsvp.objects.all()] == [wall("2035-12-04 10:00"), None]
    context.close()


def test_only_a_touch_counts_as_opened(browser: Browser, address: str):
    context = browser.new_context(viewport=PHONE)
    page = context.new_page()
    page.goto(address, wait_until="networkidle")
    assert not Invitation.objects.filter(opened_at__isnull=False).exists()
    with page.expect_response("**/opened/"):
        page.get_by_role("heading", level=1).click()
    assert Invitation.objects.filter(opened_at__isnull=False).count() == 1
    context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [PHONE, DESKTOP], ids=["phone", "desktop"])
def test_every_state_is_accessible(
    browser: Browser,
    address: str,
    alice: Membership,
    meeting: Event,
    axe: Callable[[Page], None],
    scheme: Any,
    size: Any,
):
    context = browser.new_context(color_scheme=scheme, viewport=size)
    page = context.new_page()
    page.goto(f"{address}?answer=maybe&recurrence_id=2035-12-04T10:00")
    axe(page)
    page.get_by_role("button", name="Quizás").click()
    axe(page)
    page.goto(f"{address}propose/")
    axe(page)
    page.get_by_role("link", name="4 de diciembre").click()
    axe(page)
    typed = dataclasses.replace(
        draft_of(meeting), start=wall("2035-11-28 10:00"), end=wall("2035-11-28 11:00")
    )
    scheduling.save_event(alice, typed, meeting)
    page.goto(address)
    axe(page)
    scheduling.cancel_event(alice, Event.objects.get(pk=meeting.pk))
    page.goto(address)
    axe(page)
    page.goto(f"{address[:-3]}/")
    axe(page)
    context.close()
