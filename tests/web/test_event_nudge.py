"""The button that reminds who has not answered, at both doors."""

import pytest
from django.test import Client
from django.urls import reverse

from convoca.accounts import tokens
from convoca.accounts.models import Membership
from convoca.calendars.models import Event
from convoca.guests.models import Guest
from convoca.invitations.saving import scheduling
from convoca.mail.models import Delivery, Sender
from tests.builders import draft
from tests.invitations.post import deliver
from tests.stories.reader import Reader


@pytest.fixture
def event(alice: Membership, gwen: Guest, gus: Guest, sender: Sender) -> Event:
    typed = draft(start="2035-11-27 10:00", sender=sender, attendees=[gwen, gus])
    saved = scheduling.save_event(alice, typed)
    deliver()
    return saved


def test_one_press_reminds_all_who_have_not_answered(as_alice: Client, event: Event):
    page = Reader(as_alice).open(reverse("event", args=[event.public_id]))
    page.press("Remind 2 people who have not answered")
    assert "A reminder goes to 2 people." in page.page.select_one(".messages").get_text()
    deliver()
    page.open(reverse("event", args=[event.public_id]))
    assert "Everyone who has not answered was reminded less than a day ago." in page.text
    assert page.text.count("reminded ") == 3  # and once for each of them


def test_too_often_is_said(as_alice: Client, event: Event):
    place = reverse("event-nudge", args=[event.public_id])
    as_alice.post(place, follow=True)
    deliver()
    messages = [str(one) for one in as_alice.post(place, follow=True).context["messages"]]
    assert messages == ["Everyone who has not answered was reminded less than a day ago."]


def test_a_program_reminds_too(client: Client, alice: Membership, event: Event):
    _token, secret = tokens.issue(alice, "tests")
    headers = {"authorization": f"Bearer {secret}"}
    place = f"/api/v1/events/{event.public_id}/nudge"
    assert client.post(place, headers=headers).json() == {
        "nudged": ["gus@guest.example", "gwen@guest.example"],
        "lately": [],
    }
    deliver()
    assert client.post(place, headers=headers).status_code == 422


def test_others_remind_nobody(
    client: Client, as_bob: Client, as_mallory: Client, mallory: Membership, event: Event
):
    place = reverse("event-nudge", args=[event.public_id])
    assert (as_bob.post(place).status_code, as_mallory.post(place).status_code) == (403, 404)
    assert "Remind" not in Reader(as_bob).open(reverse("event", args=[event.public_id])).text
    _token, secret = tokens.issue(mallory, "tests")
    api = client.post(
        f"/api/v1/events/{event.public_id}/nudge", headers={"authorization": f"Bearer {secret}"}
    )
    assert api.status_code == 404
    assert not Delivery.objects.filter(is_reminder=True).exists()
