"""Answers on the event's page: entered by the host, taken from words, and all that were before."""

from __future__ import annotations

import pytest
from bs4 import BeautifulSoup
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from convoca.accounts.models import Membership
from convoca.calendars.models import Attendee, Event, Room
from convoca.guests.models import Guest
from convoca.invitations.answers import rsvp
from convoca.invitations.models import GuestMessage, Invitation, Rsvp
from convoca.invitations.saving import scheduling
from convoca.mail.models import Sender
from convoca.standards.ical.model import Partstat
from tests.builders import draft


@pytest.fixture
def event(alice: Membership, gwen: Guest, sender: Sender) -> Event:
    """Alice's meeting with Gwen."""
    return scheduling.save_event(
        alice, draft(start="2099-11-24 10:00", attendees=[gwen], sender=sender)
    )


@pytest.fixture
def message(event: Event) -> GuestMessage:
    """What Gwen wrote instead of pressing a button."""
    return GuestMessage.objects.create(
        invitation=Invitation.objects.get(event=event),
        written_from="gwen@icloud.example",
        text="sí, pero media hora más tarde",
        received_at=timezone.now(),
    )


def row(client: Client, event: Event) -> str:
    response = client.get(reverse("event", args=[event.public_id]))
    found = BeautifulSoup(response.content, "html.parser").select_one(".attendee")
    return " ".join(found.get_text(" ").split())


def page(client: Client, event: Event) -> str:
    """Return what the page of the only attendee says."""
    where = reverse("event-attendee", args=[event.public_id, event.attendees.get().public_id])
    found = BeautifulSoup(client.get(where).content, "html.parser").select_one("main")
    return " ".join(found.get_text(" ").split())


def enter(client: Client, event: Event, **fields: str):
    where = reverse("event-enter", args=[event.public_id, event.attendees.get().public_id])
    return client.post(where, {"partstat": "ACCEPTED"} | fields, follow=True)


def test_the_host_enters_what_she_said(as_alice: Client, event: Event):
    said = enter(as_alice, event, note="she phoned").content.decode()
    assert "The answer of Gwen López is recorded: accepted." in said
    assert Rsvp.objects.get().source == "HOST"
    shown = page(as_alice, event)
    for words in ("1 answer", "entered by Alice Álvarez", "counts", "she phoned"):
        assert words in shown


def test_every_answer_is_there_with_its_fate(as_alice: Client, event: Event):
    invitation = Invitation.objects.select_related("event").get(event=event)
    for partstat in (Partstat.DECLINED, Partstat.ACCEPTED):
        rsvp.record(invitation, partstat, source=Rsvp.Source.WEB, now=timezone.now())
    shown = page(as_alice, event)
    assert shown.index("on the guest's page counts") < shown.index("replaced by a newer one")


def test_words_are_threaded_under_the_guest_and_recorded_by_a_press(as_alice, event, message):
    shown = row(as_alice, event)
    for words in ("Written from gwen@icloud.example,", "media hora más tarde", "Record as:"):
        assert words in shown
    where = reverse("event-message", args=[event.public_id, message.public_id])
    as_alice.post(where, {"partstat": "TENTATIVE"})
    assert Attendee.objects.get(event=event).partstat == "TENTATIVE"
    shown = row(as_alice, event)
    assert ("Recorded as: maybe" in shown, "Record as:" in shown) == (True, False)


def test_words_can_be_no_answer(as_alice, event, message):
    where = reverse("event-message", args=[event.public_id, message.public_id])
    as_alice.post(where, {"partstat": ""})
    assert "Record as:" not in row(as_alice, event)
    assert not Rsvp.objects.exists()


def test_what_is_no_answer_is_refused(as_alice: Client, event: Event):
    assert enter(as_alice, event, partstat="PERHAPS").status_code == 400
    assert enter(as_alice, event, recurrence_id="nonsense").status_code == 404


def test_nobody_answers_for_a_room_or_a_cancelled_event(as_alice, alice, event):
    room = Room.objects.create(team=alice.team, name="Sala Goya")
    other = scheduling.save_event(alice, draft(start="2099-11-24 10:00", attendees=[room]))
    assert "Nobody is asked here." in enter(as_alice, other).content.decode()
    scheduling.cancel_event(alice, event)
    assert enter(as_alice, event).status_code == 403


def test_colleagues_read_and_mallory_sees_nothing(as_bob, as_mallory, event, message):
    assert "Record" not in row(as_bob, event) + page(as_bob, event)
    where = reverse("event-message", args=[event.public_id, message.public_id])
    codes = [one.post(where, {"partstat": "ACCEPTED"}).status_code for one in (as_bob, as_mallory)]
    assert codes == [403, 404]
    assert [enter(one, event).status_code for one in (as_bob, as_mallory)] == [403, 404]
    assert not Rsvp.objects.exists()
