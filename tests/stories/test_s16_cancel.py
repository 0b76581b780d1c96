"""S16: the host cancels, and everyone who was reached is told so."""

from __future__ import annotations

import icalendar
import pytest

LUNCH = {"title": "Lunch", "start": "2026-11-24T14:00", "end": "2026-11-24T15:00"}


@pytest.fixture
def event(door, gus, gwen):
    return door.create(**LUNCH, who=[gus, gwen])


def test_s16_guests_are_told_that_the_meeting_is_cancelled(door, event, deliver):
    deliver()
    door.cancel(event, message="The oven is broken.")
    mails = {mail.recipients[0]: mail for mail in deliver()}
    assert sorted(mails) == ["gus@guest.example", "gwen@guest.example"]
    mail = mails["gus@guest.example"]
    assert mail.subject.startswith("Cancelled: Lunch")
    assert "The oven is broken." in mail.text
    calendar = icalendar.Calendar.from_ical(mail.calendar)
    [vevent] = calendar.walk("VEVENT")
    assert (calendar["METHOD"], vevent["STATUS"], vevent["SEQUENCE"]) == ("CANCEL", "CANCELLED", 1)


def test_s16_page_of_the_guest_says_so_and_asks_nothing(door, event, deliver, guest_opens):
    invitation = next(mail for mail in deliver() if "gus@guest.example" in mail.recipients)
    door.cancel(event)
    page = guest_opens(invitation)
    assert "cancelled" in page.text.lower()
    assert not page.page.select("main button[name=partstat]")


def test_s16_who_was_never_reached_hears_nothing(door, event, deliver):
    """Cancelled before the worker came round: there is no meeting they know of."""
    door.cancel(event)
    assert deliver() == []


def test_s16_event_leaves_the_calendar(door, event, api):
    door.cancel(event)
    assert api.get("/events?from=2026-11-01&to=2026-12-31") == []
