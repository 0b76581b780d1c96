"""Calling off dates of a series: which, who is told, and what the pages say afterwards."""

from __future__ import annotations

import pytest
from bs4 import BeautifulSoup
from django.test import Client
from django.urls import reverse

from convoca.accounts.models import Membership
from convoca.calendars.models import Event
from convoca.guests.models import Guest
from convoca.invitations.saving import scheduling
from convoca.mail.models import Delivery, Sender
from tests.builders import draft

SECOND = "2099-12-01T10:00"


@pytest.fixture
def event(alice: Membership, gwen: Guest, sender: Sender) -> Event:
    """Alice's weekly meeting with Gwen on four Tuesdays; she holds the invitation."""
    rule = "FREQ=WEEKLY;COUNT=4;BYDAY=TU"
    saved = scheduling.save_event(
        alice, draft(start="2099-11-24 10:00", rrule=rule, attendees=[gwen], sender=sender)
    )
    Delivery.objects.update(status=Delivery.Status.SENT, sent=1, due_at=None)
    return saved


def address(event: Event, date: str = SECOND) -> str:
    return f"{reverse('event-cancel', args=[event.public_id])}?recurrence_id={date}"


def choices(client: Client, event: Event) -> dict[str, str]:
    page = BeautifulSoup(client.get(address(event)).content, "html.parser")
    boxes = page.find_all("input", attrs={"name": "scope"})
    return {box["value"]: " ".join(box.parent.get_text(" ").split()) for box in boxes}


def test_page_asks_which_dates_and_says_who_is_told(as_alice: Client, event: Event):
    found = choices(as_alice, event)
    assert list(found) == ["this", "following", "all"]
    assert found["following"] == "This and all following dates Gwen López will be told."
    assert found["this"] == "Only this date: Tuesday, 1 December 2099 Gwen López will be told."


def test_this_calls_off_one_date_with_a_message(as_alice: Client, event: Event):
    fields = {"scope": "this", "message": "The room is taken."}
    response = as_alice.post(address(event), fields, follow=True)
    assert (
        "“Contract review” on Tuesday, 1 December 2099 is cancelled." in response.content.decode()
    )
    event.refresh_from_db()
    assert (event.is_cancelled, event.exdates) == (False, ["2099-12-01T10:00:00"])
    assert event.versions.last().message == "The room is taken."
    assert Delivery.objects.get().due_at is not None


def test_following_lets_the_series_end(as_alice: Client, event: Event):
    response = as_alice.post(address(event), {"scope": "following"}, follow=True)
    said = "“Contract review” is cancelled from Tuesday, 1 December 2099 on."
    assert said in response.content.decode()
    event.refresh_from_db()
    assert (event.is_cancelled, event.rrule) == (
        False,
        "FREQ=WEEKLY;UNTIL=20991124T225959Z;BYDAY=TU",
    )


def test_all_calls_off_the_series(as_alice: Client, event: Event):
    response = as_alice.post(address(event), {"scope": "all"}, follow=True)
    assert "“Contract review” is cancelled." in response.content.decode()
    event.refresh_from_db()
    assert event.is_cancelled


def test_a_date_called_off_twice_is_said(as_alice: Client, event: Event):
    as_alice.post(address(event), {"scope": "this"})
    response = as_alice.post(address(event), {"scope": "this"}, follow=True)
    assert "The series has no such date any more." in response.content.decode()
    assert as_alice.get(address(event)).status_code == 404


@pytest.mark.parametrize("fields", [{}, {"scope": "some"}])
def test_a_scope_is_wanted(as_alice: Client, event: Event, fields: dict[str, str]):
    assert as_alice.post(address(event), fields).status_code == 400
    event.refresh_from_db()
    assert (event.is_cancelled, event.exdates) == (False, [])


def test_dialogs_get_the_question_without_a_page_around_it(as_alice: Client, event: Event):
    page = as_alice.get(address(event), headers={"HX-Request": "true"}).content.decode()
    assert "<html" not in page
    assert 'name="scope"' in page
