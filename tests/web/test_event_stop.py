"""The message after a save: how many mails leave, the button that stops them, and what it did."""

import datetime as dt

import pytest
from django.test import Client
from django.urls import reverse

from convoca.accounts.models import Membership
from convoca.calendars.models import Event
from convoca.guests.models import Guest
from convoca.invitations.saving import scheduling
from convoca.mail.models import Delivery, Sender
from tests.builders import draft
from tests.stories.reader import Reader

NOW = dt.datetime(2026, 11, 20, 10, tzinfo=dt.UTC)


@pytest.fixture(autouse=True)
def clock(time_machine):
    time_machine.move_to(NOW, tick=False)
    return time_machine


@pytest.fixture
def event(alice: Membership, gwen: Guest, gus: Guest, sender: Sender) -> Event:
    """A meeting that nobody was told of yet; Alice's team has five seconds to stop mails."""
    alice.team.grace_seconds = 5
    alice.team.save()
    typed = draft(start="2026-11-24 10:00", sender=sender, attendees=[gwen, gus])
    return scheduling.save_event(alice, typed, notify="none")


@pytest.fixture
def saved(as_alice: Client, event: Event) -> Reader:
    """The page after Alice has saved the meeting."""
    reader = Reader(as_alice).open(reverse("event-edit", args=[event.public_id]))
    reader.fill("Place", "Room 5")
    return reader.press("Save")


def said(reader: Reader) -> str:
    """Return what the page says just happened."""
    return " ".join(one.get_text(" ", strip=True) for one in reader.page.select(".messages p"))


def test_after_a_save_the_mails_can_be_stopped(saved: Reader):
    assert "2 mails leave in 5 seconds." in said(saved)
    saved.press("Do not send")
    assert said(saved) == "2 mails are stopped."
    assert "2 people have not been told how this event stands now." in saved.text
    assert not Delivery.objects.exists()


def test_who_was_not_told_is_told_at_a_press(saved: Reader):
    saved.press("Do not send")
    saved.press("Tell them")
    assert said(saved) == "2 mails are on their way."
    assert "have not been told" not in saved.text
    assert Delivery.objects.filter(due_at__lte=dt.datetime.now(dt.UTC)).count() == 2


def test_a_cancellation_can_be_stopped_and_told_later(saved: Reader, event: Event, clock):
    Delivery.objects.update(sent=2, claimed=2, due_at=None, status="SENT", sent_at=NOW)
    saved.open(reverse("event-cancel", args=[event.public_id])).press("Cancel event")
    assert "2 mails leave in 5 seconds." in said(saved)
    assert said(saved.press("Do not send")) == "2 mails are stopped."
    assert said(saved.press("Tell them")) == "2 mails are on their way."


def test_too_late_is_said(saved: Reader, clock):
    Delivery.objects.update(claimed=9, lease="worker")
    assert said(saved.press("Do not send")) == "Nothing was stopped: no mail was waiting any more."


def test_a_dragged_event_offers_the_same_to_the_script(as_alice: Client, event: Event):
    span = {"start": "2026-11-25T10:00", "end": "2026-11-25T11:00"}
    moved = as_alice.post(reverse("event-move", args=[event.public_id]), span).json()
    stop = reverse("event-stop", args=[event.public_id])
    assert moved == {
        "detail": "“Contract review” is moved. 2 mails leave in 5 seconds.",
        "stop": {"href": stop, "label": "Do not send"},
    }
    answer = as_alice.post(stop, headers={"accept": "application/json"})
    assert answer.json() == {"detail": "2 mails are stopped."}


def test_without_a_grace_nothing_is_offered(saved: Reader, event: Event, alice: Membership):
    saved.press("Do not send")
    alice.team.grace_seconds = 0
    alice.team.save()
    saved.open(reverse("event-edit", args=[event.public_id])).fill("Place", "Room 6")
    assert said(saved.press("Save")) == "“Contract review” is saved."


@pytest.mark.parametrize("door", ["event-stop", "event-tell"])
def test_only_who_may_change_the_event_may(
    door: str, as_bob: Client, as_mallory: Client, event: Event
):
    place = reverse(door, args=[event.public_id])
    assert (as_bob.post(place).status_code, as_mallory.post(place).status_code) == (403, 404)
    assert as_bob.get(place).status_code == 405
