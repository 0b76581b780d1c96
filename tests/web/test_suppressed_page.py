"""The address book's troubles: who is not written to, what did not arrive, and how that ends."""

from __future__ import annotations

from typing import Any

import pytest
from bs4 import BeautifulSoup
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from convoca.accounts.models import Membership
from convoca.calendars.models import Event
from convoca.guests.models import Guest
from convoca.invitations.saving import scheduling
from convoca.mail.models import Sender, Suppression
from tests.builders import draft
from tests.invitations.post import deliver


@pytest.fixture
def troubled(alice: Membership, gwen: Guest, gus: Guest, sender: Sender) -> Guest:
    """Gwen, whose address does not exist; Gus wishes for no mail."""
    typed = draft(start="2099-11-24 10:00", attendees=[gwen], sender=sender)
    scheduling.save_event(alice, typed)
    deliver(gwen.email)
    Guest.objects.filter(pk=gus.pk).update(opted_out_at=timezone.now())
    return gwen


def said(client: Client, name: str, *args: object) -> str:
    response = client.get(reverse(name, args=args))
    main = BeautifulSoup(response.content, "html.parser").select_one("main")
    return " ".join(main.get_text(" ").split())


def test_the_book_shows_who_is_not_reached(as_alice: Client, troubled: Guest):
    shown = said(as_alice, "guests")
    for words in (
        "All cards Get no mail 2",
        "Gwen López guest address does not exist",
        "The mail about “Contract review” did not arrive",
        "Gus Gray guest wants no e-mail",
    ):
        assert words in shown


def test_a_card_shows_its_mails(as_alice: Client, troubled: Guest):
    shown = said(as_alice, "guest-edit", troubled.public_id)
    for words in (
        "it does not exist. 550 5.1.1 No such user",
        "Write to it again",
        "Contract review 24 Nov 2099 not delivered: The address does not exist.",
    ):
        assert words in shown


def test_a_card_changed_by_itself_says_which_events_it_leaves(as_alice: Client, troubled: Guest):
    where = reverse("guest-edit", args=[troubled.public_id])
    typed = {"first_name": "Gwen", "language": "es", "timezone": "Europe/Madrid"}
    same = as_alice.post(where, typed | {"email": troubled.email}, follow=True).content.decode()
    assert "former address" not in same
    other = as_alice.post(where, typed | {"email": "g@x.example"}, follow=True).content.decode()
    assert "1 event to come still has the former address" in other
    event = Event.objects.get()
    attendee = event.attendees.get(guest=troubled)
    correct = reverse("event-correct", args=[event.public_id, attendee.public_id])
    as_alice.post(correct, {"email": "g@x.example"})
    assert event.attendees.get(guest=troubled).email == "g@x.example"


def test_the_list_is_lifted_one_by_one(as_alice: Client, alice: Membership, troubled: Guest):
    shown = said(as_alice, "guests-suppressed")
    assert "550 5.1.1 No such user" in shown
    assert shown.count("Write to it again") == 1  # nobody lifts what Gus wishes
    done = as_alice.post(reverse("guests-lift"), {"email": troubled.email}, follow=True)
    assert "Mails go to gwen@guest.example again" in done.content.decode()
    assert not Suppression.objects.exists()
    refused = as_alice.post(reverse("guests-lift"), {"email": "gus@guest.example"}, follow=True)
    assert "Only they can change that, on their page." in refused.content.decode()
    assert Guest.objects.filter(opted_out_at=None).get() == troubled


def test_an_empty_list_says_so(as_alice: Client, gwen: Guest):
    assert "Everyone gets mail" in said(as_alice, "guests-suppressed")
    assert "Not written to" not in said(as_alice, "guests")


def test_an_address_without_a_card_stands_there_too(as_alice: Client, troubled: Guest):
    troubled.delete()
    assert "gwen@guest.example address does not exist" in said(as_alice, "guests-suppressed")


def test_mallory_sees_and_lifts_nothing(as_mallory: Client, troubled: Guest):
    assert "gwen" not in said(as_mallory, "guests-suppressed")
    as_mallory.post(reverse("guests-lift"), {"email": troubled.email})
    assert Suppression.objects.count() == 1


def test_queries_do_not_grow_with_cards(
    as_alice: Client, alice: Membership, django_assert_max_num_queries: Any
):
    Guest.objects.bulk_create(
        Guest(team=alice.team, email=f"g{n}@x.example", email_key=f"g{n}@x.example")
        for n in range(40)
    )
    with django_assert_max_num_queries(14):
        said(as_alice, "guests")
