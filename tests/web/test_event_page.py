"""One event: its page, its quick card, one's own answer, and calling it off."""

from __future__ import annotations

import pytest
from bs4 import BeautifulSoup
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from convoca.accounts.models import Membership
from convoca.calendars.models import Event, Room
from convoca.guests.models import Guest
from convoca.invitations.models import Rsvp
from convoca.invitations.saving import scheduling
from convoca.mail.models import Delivery, Sender
from tests.builders import draft


def told(member: Membership, **fields: object) -> Event:
    """Return an event whose attendees have been written to."""
    return scheduling.save_event(member, draft(start="2099-11-24 10:00", **fields))


def page_of(client: Client, event: Event, name: str = "event") -> str:
    response = client.get(reverse(name, args=[event.public_id]))
    assert response.status_code == 200
    soup = BeautifulSoup(response.content, "html.parser")
    return " ".join((soup.find("main") or soup).get_text(" ").split())


@pytest.fixture
def event(alice: Membership, bob: Membership, gwen: Guest, sender: Sender) -> Event:
    """Alice's meeting with Bob and Gwen."""
    return told(
        alice,
        attendees=[bob, gwen],
        sender=sender,
        location="Sala Goya",
        description="<p>Bring the <b>draft</b>.</p>",
    )


def test_page_tells_everything(as_alice: Client, event: Event):
    said = page_of(as_alice, event)
    for words in (
        "Tuesday, 24 November 2099, 10:00–11:00",
        "Sala Goya",
        "Bring the draft",
        "Gwen López guest",
        "gwen@guest.example",
        "waiting to be sent",
        "no answer yet",
        "Bob Baker",
        "2 have not answered",
        "Alice Álvarez (you)",
        "alice@acme.example",
    ):
        assert words in said


def test_page_marks_guests_by_word_and_colour(as_alice: Client, event: Event):
    response = as_alice.get(reverse("event", args=[event.public_id]))
    (row,) = BeautifulSoup(response.content, "html.parser").select(".attendee--guest")
    assert row.select_one(".badge--guest").get_text() == "guest"


def test_page_shows_the_time_where_the_event_is(as_bob: Client, alice: Membership):
    event = told(alice, timezone="America/New_York")
    said = page_of(as_bob, event)
    assert "16:00–17:00" in said
    assert "10:00–11:00" in said


def test_page_says_why_a_mail_failed(as_alice: Client, event: Event):
    Delivery.objects.filter(email="gwen@guest.example").update(
        status=Delivery.Status.FAILED, due_at=None, last_error="550 no such user"
    )
    assert "not delivered 550 no such user" in page_of(as_alice, event)


def test_page_shows_the_answer_that_counts(as_bob: Client, as_alice: Client, event: Event):
    answer(as_bob, event, "DECLINED", note="On holiday")
    answer(as_bob, event, "ACCEPTED", note="Back early")
    said = page_of(as_alice, event)
    assert ("Back early" in said, "On holiday" in said, "1 yes" in said) == (True, False, True)


@pytest.mark.parametrize("name", ["event", "event-card", "event-edit", "event-cancel"])
def test_pages_do_not_exist_for_another_team(as_mallory: Client, event: Event, name: str):
    assert as_mallory.get(reverse(name, args=[event.public_id])).status_code == 404


@pytest.mark.parametrize(
    "name",
    [
        "event-edit",
        "event-cancel",
        "event-move",
        "event-move-audience",
        "event-answer",
        "event-audience",
    ],
)
def test_posts_do_not_exist_for_another_team(as_mallory: Client, event: Event, name: str):
    assert as_mallory.post(reverse(name, args=[event.public_id])).status_code == 404
    event.refresh_from_db()
    assert (event.revision, event.is_cancelled) == (1, False)


@pytest.mark.parametrize("name", ["event-edit", "event-cancel"])
def test_colleagues_look_but_do_not_change(as_bob: Client, event: Event, name: str):
    assert as_bob.get(reverse(name, args=[event.public_id])).status_code == 403
    assert as_bob.post(reverse(name, args=[event.public_id])).status_code == 403
    said = page_of(as_bob, event)
    assert ("Edit" in said, "Cancel event" in said, "Send again" in said) == (False, False, False)


def test_page_costs_the_same_for_one_attendee_and_for_many(
    as_alice: Client,
    alice: Membership,
    sender: Sender,
    django_assert_max_num_queries: DjangoAssertNumQueries,
):
    guests = [
        Guest.objects.create(team=alice.team, email=f"g{n}@x.example", email_key=f"g{n}@x.example")
        for n in range(20)
    ]
    crowd = told(alice, attendees=guests, sender=sender)
    with django_assert_max_num_queries(20):
        page_of(as_alice, crowd)
    with django_assert_max_num_queries(8):
        page_of(as_alice, crowd, "event-card")


def test_card_is_a_fragment_with_what_matters(as_alice: Client, event: Event):
    response = as_alice.get(reverse("event-card", args=[event.public_id]))
    assert b"<html" not in response.content
    said = page_of(as_alice, event, "event-card")
    for words in (
        "Contract review",
        "Sala Goya",
        "Gwen López guest",
        "2 have not answered",
        "Edit",
    ):
        assert words in said


def test_card_asks_the_invited(as_bob: Client, as_alice: Client, event: Event):
    answers = [
        BeautifulSoup(
            client.get(reverse("event-card", args=[event.public_id])).content, "html.parser"
        ).find_all("button", attrs={"name": "partstat"})
        for client in (as_bob, as_alice)
    ]
    assert [[button["value"] for button in each] for each in answers] == [
        ["ACCEPTED", "TENTATIVE", "DECLINED"],
        [],
    ]


def test_card_offers_to_join_a_video_call(as_alice: Client, alice: Membership):
    call = told(alice, location="https://meet.example/abc")
    response = as_alice.get(reverse("event-card", args=[call.public_id]))
    join = BeautifulSoup(response.content, "html.parser").find("a", href="https://meet.example/abc")
    assert (join["rel"], join["target"]) == (["noreferrer", "noopener"], "_blank")


@pytest.mark.parametrize("place", ["javascript:alert(1)", "http://meet.example"])
def test_no_other_place_becomes_a_link(as_alice: Client, alice: Membership, place: str):
    event = told(alice, location=place)
    for name in ("event", "event-card"):
        response = as_alice.get(reverse(name, args=[event.public_id]))
        assert BeautifulSoup(response.content, "html.parser").find("a", href=place) is None


def answer(client: Client, event: Event, partstat: str, **fields: str) -> int:
    where = reverse("event-answer", args=[event.public_id])
    return client.post(where, {"partstat": partstat} | fields).status_code


def test_a_colleague_answers_in_the_app(as_bob: Client, bob: Membership, event: Event):
    assert answer(as_bob, event, "ACCEPTED", note="See you") == 302
    rsvp = Rsvp.objects.get()
    assert (rsvp.source, rsvp.partstat, rsvp.note, rsvp.recorded_by) == (
        Rsvp.Source.APP,
        "ACCEPTED",
        "See you",
        bob,
    )
    said = page_of(as_bob, event)
    assert "Will you come?" in said
    assert "accepted" in said


def test_only_the_invited_answer(as_alice: Client, event: Event):
    assert answer(as_alice, event, "ACCEPTED") == 404
    assert not Rsvp.objects.exists()


def test_only_known_answers_are_taken(as_bob: Client, event: Event):
    assert answer(as_bob, event, "PERHAPS") == 400


def test_nobody_answers_a_cancelled_event(as_bob: Client, alice: Membership, event: Event):
    scheduling.cancel_event(alice, event)
    assert answer(as_bob, event, "ACCEPTED") == 302
    assert not Rsvp.objects.exists()


def test_cancelling_asks_first(as_alice: Client, event: Event):
    Delivery.objects.update(status=Delivery.Status.SENT, sent=1, due_at=None)
    said = page_of(as_alice, event, "event-cancel")
    assert "Bob Baker and Gwen López" in said
    event.refresh_from_db()
    assert not event.is_cancelled


def test_cancelling_tells_with_a_message(as_alice: Client, event: Event):
    where = reverse("event-cancel", args=[event.public_id])
    response = as_alice.post(where, {"message": "Sorry, all."}, follow=True)
    event.refresh_from_db()
    assert event.is_cancelled
    assert event.versions.last().message == "Sorry, all."
    assert "“Contract review” is cancelled." in response.content.decode()


def test_a_cancelled_event_cannot_be_edited(as_alice: Client, alice: Membership, event: Event):
    scheduling.cancel_event(alice, event)
    assert as_alice.get(reverse("event-edit", args=[event.public_id])).status_code == 403
    assert "cancelled" in page_of(as_alice, event)


def test_rooms_are_shown_but_never_asked(as_alice: Client, alice: Membership):
    room = Room.objects.create(team=alice.team, name="Sala Goya")
    said = page_of(as_alice, told(alice, attendees=[room]))
    assert "Sala Goya room" in said
    assert "not answered" not in said
