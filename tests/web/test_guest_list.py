"""The attendees on the event's page: filtered, searched, in pages, and small however many."""

from __future__ import annotations

import re
from typing import Any

import pytest
from bs4 import BeautifulSoup
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from convoca.accounts.models import Membership
from convoca.calendars.models import Attendee, Event
from convoca.guests.models import Guest
from convoca.invitations.models import GuestMessage, Invitation
from convoca.invitations.saving import scheduling
from convoca.mail.models import Delivery, Sender
from convoca.mail.traffic import pausing
from tests.builders import draft

BYTES_A_ROW = 2_000


@pytest.fixture
def crowded(alice: Membership, sender: Sender) -> Event:
    """A meeting with more guests than a page holds; g007 cannot be reached, g008 will come."""
    names = [f"g{number:03}" for number in range(130)]
    guests = Guest.objects.bulk_create(
        Guest(
            team=alice.team, email=f"{one}@x.example", email_key=f"{one}@x.example", first_name=one
        )
        for one in names
    )
    typed = draft(start="2099-11-24 10:00", sender=sender, attendees=guests)
    event = scheduling.save_event(alice, typed)
    lost = Delivery.objects.filter(email="g007@x.example")
    lost.update(status="FAILED", reason="UNKNOWN_ADDRESS", due_at=None)
    Attendee.objects.filter(email="g008@x.example").update(partstat="ACCEPTED")
    return event


def names(client: Client, event: Event, query: str = "") -> list[str]:
    response = client.get(reverse("event", args=[event.public_id]) + query)
    soup = BeautifulSoup(response.content, "html.parser")
    return [one.get_text() for one in soup.select(".attendee__name a")]


def test_a_page_holds_a_hundred(as_alice: Client, crowded: Event):
    assert len(names(as_alice, crowded)) == 100
    assert names(as_alice, crowded, "?page=2")[0] == "g100"
    assert len(names(as_alice, crowded, "?page=nonsense&show=x")) == 100


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("?show=unreached", ["g007"]),
        ("?show=accepted", ["g008"]),
        ("?show=declined", []),
        ("?q=G12+example", [f"g12{number}" for number in range(10)]),
        ("?q=nobody", []),
        ("?show=unreached&q=g008", []),
    ],
)
def test_some_are_picked(as_alice: Client, crowded: Event, query: str, found: list[str]):
    assert names(as_alice, crowded, query) == found


def test_what_the_operator_holds_up_is_not_reached(as_alice: Client, crowded: Event):
    pausing.pause(timezone.now())
    assert len(names(as_alice, crowded, "?show=unreached")) == 100


def test_who_wrote_is_found_from_the_bell(as_alice: Client, crowded: Event):
    invitation = Invitation.objects.get(email="g111@x.example")
    GuestMessage.objects.create(invitation=invitation, text="Perhaps", received_at=timezone.now())
    assert names(as_alice, crowded, "?show=wrote") == ["g111"]


def test_filters_tell_how_many(as_alice: Client, crowded: Event):
    page = as_alice.get(reverse("event", args=[crowded.public_id])).content
    nav = BeautifulSoup(page, "html.parser").select_one(".segments--wrap")
    said = " ".join(nav.get_text(" ").split())
    assert said == "Everyone Not reached 1 Yes 1 No answer 129"


def test_few_attendees_need_no_filters(as_alice: Client, alice: Membership, bob: Membership):
    event = scheduling.save_event(alice, draft(start="2099-11-24 10:00", attendees=[bob]))
    page = as_alice.get(reverse("event", args=[event.public_id])).content.decode()
    assert "segments--wrap" not in page


def test_a_row_is_small_and_holds_no_form(as_alice: Client, crowded: Event):
    page = as_alice.get(reverse("event", args=[crowded.public_id])).content.decode()
    rows = re.findall(r'<li class="attendee .*?</li>', page, re.DOTALL)
    assert len(rows) == 100
    assert max(len(row.encode()) for row in rows if "g007" not in row) < BYTES_A_ROW
    assert not any("<form" in row for row in rows)


def test_the_number_of_queries_does_not_grow(
    as_alice: Client, crowded: Event, django_assert_max_num_queries: Any
):
    with django_assert_max_num_queries(26):
        names(as_alice, crowded)


def test_all_whose_mail_failed_are_tried_again_at_one_press(
    as_alice: Client, as_bob: Client, as_mallory: Client, crowded: Event
):
    some = Delivery.objects.filter(email__in=["g010@x.example", "g011@x.example"])
    some.update(status="FAILED", reason="LOGIN", due_at=None)
    page = as_alice.get(reverse("event", args=[crowded.public_id]), {"show": "unreached"})
    assert "Send again to 2 people" in page.content.decode()
    where = reverse("event-resend-all", args=[crowded.public_id])
    assert [one.post(where).status_code for one in (as_bob, as_mallory)] == [403, 404]
    assert "sent again to 2 people" in as_alice.post(where, follow=True).content.decode()
    assert set(some.all().values_list("status", flat=True)) == {"QUEUED"}
    assert Delivery.objects.get(email="g007@x.example").status == "FAILED"
    assert "nobody to whom" in as_alice.post(where, follow=True).content.decode()
