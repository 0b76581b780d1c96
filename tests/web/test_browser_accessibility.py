"""Axe on what opens over the calendar and the form; `tests/browser` reads the pages."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from convoca.accounts.models import Membership
from convoca.calendars.models import Event
from convoca.guests.models import Guest
from convoca.invitations.answers import rsvp
from convoca.invitations.models import GuestMessage, Invitation, Rsvp
from convoca.invitations.saving import scheduling
from convoca.invitations.waiting import proposals
from convoca.mail.models import Sender
from convoca.standards.ical.model import Partstat
from convoca.standards.itip.changes import Span
from tests.builders import a_held_answer, draft

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


def waiting(event: Event, gwen: Guest) -> None:
    """Let everything wait that a host may have to decide."""
    gwens = Invitation.objects.get(event=event, guest=gwen)
    a_held_answer(event, name="Mia", note="May I?", resembles=gwens)
    a_held_answer(event, gwen.email, why="UNPROVEN", resembles=gwens)
    start = event.start.replace(tzinfo=event.zone)
    span = Span(start=start + dt.timedelta(hours=4), end=start + dt.timedelta(hours=5))
    now = timezone.now()
    proposals.propose(gwens, span, source=Rsvp.Source.WEB, now=now, note="Later?")
    rsvp.record(gwens, Partstat.ACCEPTED, source=Rsvp.Source.WEB, now=now)
    GuestMessage.objects.create(invitation=gwens, text="Later, please", received_at=now)


def test_what_opens_is_accessible(
    visit: Visit, axe: Axe, alice: Membership, event: Event, gwen: Guest
):
    waiting(event, gwen)
    page = visit(alice, f"/events/{event.public_id}/")
    page.locator(".attendee__name a").first.click()
    expect(page.get_by_role("dialog", name="Attendee")).to_contain_text("Enter an answer")
    axe(page)
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


@pytest.mark.parametrize("look", ["light desk", "dark phone"])
def test_questions_about_a_series_are_accessible(
    visit: Visit, axe: Axe, alice: Membership, event: Event, look: str
):
    scheme, size = look.split()
    page = visit(alice, "/agenda/", color_scheme=scheme)
    page.set_viewport_size({"width": 390 if size == "phone" else 1280, "height": 844})
    root = page.url.removesuffix("/agenda/")
    page.goto(f"{root}/?view=day&date=2099-12-01")
    link = page.get_by_role("link", name="Contract review").first
    link.focus()
    page.keyboard.press("Alt+ArrowDown")
    expect(page.get_by_role("dialog", name="Move event")).to_contain_text("Bob Baker")
    axe(page)
    page.keyboard.press("Escape")
    link.click()
    page.get_by_role("link", name="Cancel…").click()
    expect(page.get_by_role("dialog", name="Cancel event")).to_contain_text("All dates")
    axe(page)
    for part in ("", "edit/", "cancel/"):
        page.goto(f"{root}/events/{event.public_id}/{part}?recurrence_id=2099-12-01T10:00")
        axe(page)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
