"""Asks to join on the event's page: shown to who may decide, and decided by a press."""

from __future__ import annotations

import pytest
from bs4 import BeautifulSoup
from django.test import Client
from django.urls import reverse

from convoca.accounts.models import Membership, Plan
from convoca.accounts.plans import TERMS, Terms
from convoca.calendars.models import Attendee, Event
from convoca.guests import aliases
from convoca.guests.models import Alias, Guest
from convoca.invitations import notices
from convoca.invitations.models import HeldAnswer, Invitation
from convoca.invitations.saving import scheduling
from convoca.mail.models import Sender
from convoca.notifications.models import Notification
from tests.builders import a_held_answer, draft

MIA = "mia@crash.example"


@pytest.fixture
def event(alice: Membership, gwen: Guest, sender: Sender) -> Event:
    """Alice's meeting with Gwen."""
    return scheduling.save_event(
        alice, draft(start="2099-11-24 10:00", attendees=[gwen], sender=sender)
    )


@pytest.fixture
def held(event: Event) -> HeldAnswer:
    """What Mia, whom nobody invited, answered to Gwen's invitation."""
    return a_held_answer(
        event, MIA, name="Mia", note="May I?", resembles=Invitation.objects.get(event=event)
    )


def press(client: Client, held: HeldAnswer, decision: str, **fields: object) -> str:
    where = reverse("event-ask", args=[held.event.public_id, held.public_id])
    response = client.post(where, {"decision": decision} | fields, follow=True)
    held.refresh_from_db()
    soup = BeautifulSoup(response.content, "html.parser")
    return " ".join(soup.get_text(" ").split())


def section(client: Client, event: Event) -> str:
    response = client.get(reverse("event", args=[event.public_id]))
    found = BeautifulSoup(response.content, "html.parser").find(id="asks")
    return " ".join(found.get_text(" ").split()) if found else ""


def test_the_page_tells_who_asks_and_why(as_alice: Client, held: HeldAnswer):
    said = section(as_alice, held.event)
    for words in (
        "Mia mia@crash.example accepted",
        "answered the invitation of Gwen López",
        "May I?",
        "Admit",
        "Ignore",
        "Same person",
    ):
        assert words in said


def test_an_unproven_answer_can_be_let_count(as_alice: Client, event: Event):
    a_held_answer(event, "gwen@guest.example", why="UNPROVEN")
    said = section(as_alice, event)
    assert "Nothing proves that this answer is theirs." in said
    assert ("Let it count" in said, "Same person" in said) == (True, False)


def test_admitting_invites(as_alice: Client, held: HeldAnswer):
    assert "Mia is invited now." in press(as_alice, held, "admit")
    assert Attendee.objects.get(event=held.event, email_key=MIA).partstat == "ACCEPTED"
    assert section(as_alice, held.event) == ""


def test_merging_notes_the_other_address(as_alice: Client, held: HeldAnswer, gwen: Guest):
    attendee = Attendee.objects.get(event=held.event)
    said = press(as_alice, held, "merge", attendee=attendee.public_id)
    assert "mia@crash.example is known as an address of this guest from now on." in said
    assert Alias.objects.get().guest == gwen


def test_ignoring_ends_it(as_alice: Client, held: HeldAnswer):
    assert "Mia is ignored for this event" in press(as_alice, held, "ignore")
    assert section(as_alice, held.event) == ""


def test_the_limit_is_told_and_the_answer_still_waits(
    as_alice: Client, alice: Membership, bob: Membership, sender: Sender, monkeypatch
):
    event = scheduling.save_event(
        alice, draft(start="2099-11-24 10:00", attendees=[bob], sender=sender)
    )
    monkeypatch.setitem(TERMS, Plan.FREE, Terms(events_with_guests=0))
    held = a_held_answer(event)
    assert "Free" in press(as_alice, held, "admit")
    assert "Admit" in section(as_alice, event)


@pytest.mark.parametrize("attendee", ["nonsense", "00000000-0000-4000-8000-000000000000"])
def test_nobody_can_be_merged_with_nobody(as_alice: Client, held: HeldAnswer, attendee: str):
    press(as_alice, held, "merge", attendee=attendee)
    assert held.decision == ""


def test_colleagues_do_not_decide_and_mallory_sees_nothing(
    as_bob: Client, as_mallory: Client, held: HeldAnswer
):
    assert section(as_bob, held.event) == ""
    where = reverse("event-ask", args=[held.event.public_id, held.public_id])
    answers = [one.post(where, {"decision": "admit"}).status_code for one in (as_bob, as_mallory)]
    assert answers == [403, 404]
    held.refresh_from_db()
    assert held.decision == ""


def test_an_answer_of_another_event_is_not_there(
    as_alice: Client, alice: Membership, held: HeldAnswer
):
    other = scheduling.save_event(alice, draft(start="2099-11-24 10:00"))
    where = reverse("event-ask", args=[other.public_id, held.public_id])
    assert as_alice.post(where, {"decision": "ignore"}).status_code == 404


def test_the_bell_leads_to_the_ask(as_alice: Client, held: HeldAnswer):
    notices.held(held)
    told = Notification.objects.get()
    response = as_alice.get(reverse("bell-follow", args=[told.public_id]))
    assert response.url == reverse("event", args=[held.event.public_id]) + "#asks"


def test_an_alias_is_shown_on_the_card_and_forgotten(
    as_alice: Client, as_mallory: Client, alice: Membership, gwen: Guest
):
    alias = aliases.add(alice, gwen, "gwen@icloud.example")
    card = reverse("guest-edit", args=[gwen.public_id])
    assert "gwen@icloud.example" in as_alice.get(card).content.decode()
    forget = reverse("guest-alias-forget", args=[gwen.public_id, alias.public_id])
    assert (as_mallory.post(forget).status_code, Alias.objects.count()) == (404, 1)
    assert (as_alice.post(forget).status_code, Alias.objects.count()) == (302, 0)
