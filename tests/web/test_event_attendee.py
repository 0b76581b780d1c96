"""One attendee's page: how the mails fared, in the servers' words, and what mends it."""

from __future__ import annotations

import pytest
from bs4 import BeautifulSoup
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from convoca.accounts.models import Membership
from convoca.calendars.models import Attendee, Event, Room
from convoca.guests.models import Guest
from convoca.invitations import links
from convoca.invitations.models import Invitation
from convoca.invitations.saving import scheduling
from convoca.mail.models import Delivery, DeliveryAttempt, Sender
from tests.builders import draft, wall
from tests.invitations.saving import change_date

DOORS = ("event-attendee", "event-resend", "event-correct")


@pytest.fixture
def event(alice: Membership, bob: Membership, gwen: Guest, sender: Sender) -> Event:
    """Alice's meeting with Bob and Gwen."""
    typed = draft(start="2099-11-24 10:00", attendees=[bob, gwen], sender=sender)
    return scheduling.save_event(alice, typed)


def gwens(event: Event, door: str = "event-attendee") -> str:
    """Return the address of a door that is about Gwen."""
    attendee = event.attendees.get(guest__isnull=False)
    return reverse(door, args=[event.public_id, attendee.public_id])


def said(client: Client, where: str, **headers: str) -> str:
    response = client.get(where, headers=headers)
    assert response.status_code == 200
    soup = BeautifulSoup(response.content, "html.parser")
    return " ".join((soup.find("main") or soup).get_text(" ").split())


def fail(status: str = "FAILED", reason: str = "FULL") -> Delivery:
    """Let the mail to Gwen fail."""
    delivery = Delivery.objects.get(email="gwen@guest.example")
    words = "5.2.2 Over quota"
    Delivery.objects.filter(pk=delivery.pk).update(
        status=status, reason=reason, last_error=words, due_at=None, sent_at=timezone.now()
    )
    DeliveryAttempt.objects.create(
        delivery=delivery,
        at=timezone.now(),
        version=1,
        outcome=status,
        code=552,
        reason=reason,
        response=words,
    )
    return delivery


@pytest.mark.parametrize(
    ("status", "words"), [("FAILED", "not delivered"), ("BOUNCED", "came back")]
)
def test_it_says_why_and_what_to_do(as_alice: Client, event: Event, status: str, words: str):
    fail(status)
    shown = said(as_alice, gwens(event))
    for told in (
        f"{words} : The mailbox is full."
        " Tell them another way, and send again when there is room. 5.2.2 Over quota",
        f"{words} : The mailbox is full. 552 5.2.2 Over quota",  # the try itself
        "put on the event",
    ):
        assert told.replace(" :", ":") in shown


def test_a_delay_says_when_it_is_tried_again(as_alice: Client, event: Event):
    fail("DELAYED", "LATER")
    Delivery.objects.filter(status="DELAYED").update(due_at=timezone.now())
    shown = said(as_alice, gwens(event))
    assert "delayed, tried again" in shown
    assert "We go on trying by ourselves" in shown
    assert "Try now" in shown


def test_acceptance_is_told_in_the_servers_words(as_alice: Client, event: Event):
    fail("SENT", "")
    DeliveryAttempt.objects.update(code=250, response="2.0.0 Ok: queued as 4F2A")
    assert "delivered to their mail server 250 2.0.0 Ok: queued as 4F2A" in said(
        as_alice, gwens(event)
    )


def test_it_comes_without_its_frame_for_the_dialog(as_alice: Client, event: Event):
    response = as_alice.get(gwens(event), headers={"HX-Request": "true"})
    assert "<html" not in response.content.decode()
    assert "Gwen López" in response.content.decode()


def test_resend_queues_the_mail_again(as_alice: Client, event: Event):
    delivery = fail()
    answer = as_alice.post(gwens(event, "event-resend"), {"show": "unreached"})
    assert answer.url == f"/events/{event.public_id}/?show=unreached"
    delivery.refresh_from_db()
    assert delivery.status == Delivery.Status.QUEUED


def test_resend_says_why_not(as_alice: Client, event: Event, gwen: Guest):
    Guest.objects.filter(pk=gwen.pk).update(opted_out_at=event.created_at)
    told = as_alice.post(gwens(event, "event-resend"), follow=True).content.decode()
    assert "Gwen López wishes for no e-mail." in told
    assert "Only they can change that" in said(as_alice, gwens(event))


@pytest.mark.parametrize("status", ["FAILED", "BOUNCED", "SENT"])
def test_an_address_is_corrected_whatever_became_of_the_mail(
    as_alice: Client, client: Client, event: Event, status: str
):
    fail(status)
    old = links.token(Invitation.objects.get(event=event, guest__isnull=False))
    where = gwens(event, "event-correct")
    wrong = as_alice.post(where, {"email": "gwen@"}, follow=True).content.decode()
    assert "gwen@: This is not an e-mail address." in wrong
    as_alice.post(where, {"email": "gwen@right.example"})
    assert Delivery.objects.get(email="gwen@right.example").status == Delivery.Status.QUEUED
    shown = said(as_alice, gwens(event))
    assert "address corrected; before it was gwen@guest.example (Alice Álvarez)" in shown
    dead = client.get(reverse("rsvp", args=[old]))
    assert (dead.status_code, "replaced by a newer one" in dead.content.decode()) == (404, True)


def test_a_date_of_a_series_has_its_page(
    as_alice: Client, alice: Membership, gwen: Guest, sender: Sender
):
    typed = draft(start="2099-11-24 10:00", sender=sender, attendees=[gwen], rrule="FREQ=DAILY")
    event = scheduling.save_event(alice, typed)
    shown = said(as_alice, gwens(event) + "?recurrence_id=2099-11-26T10:00")
    assert "26 November 2099" in shown
    assert as_alice.get(gwens(event) + "?recurrence_id=2099-11-26T11:00").status_code == 404


def test_who_is_on_one_date_only_has_a_page_too(
    as_alice: Client, alice: Membership, bob: Membership, gwen: Guest, sender: Sender
):
    typed = draft(start="2099-11-24 10:00", sender=sender, attendees=[bob], rrule="FREQ=DAILY")
    event = scheduling.save_event(alice, typed)
    change_date(alice, event, wall("2099-11-26 10:00"), attendees=[bob, gwen])
    attendee = Attendee.objects.get(event__series=event, guest=gwen)
    where = reverse("event-attendee", args=[event.public_id, attendee.public_id])
    shown = said(as_alice, where)
    assert "Only on these dates: 26 Nov" in shown.replace(" 2099", "")
    assert "Correct the address" in shown


def test_rooms_have_no_page(as_alice: Client, alice: Membership):
    room = Room.objects.create(team=alice.team, name="Sala Goya")
    event = scheduling.save_event(alice, draft(start="2099-11-24 10:00", attendees=[room]))
    where = reverse("event-attendee", args=[event.public_id, event.attendees.get().public_id])
    assert as_alice.get(where).status_code == 404


def test_colleagues_read_and_change_nothing(as_bob: Client, event: Event):
    fail()
    shown = said(as_bob, gwens(event))
    assert ("Over quota" in shown, "Correct" in shown, "Send again" in shown) == (
        True,
        False,
        False,
    )
    for door in ("event-resend", "event-correct"):
        assert as_bob.post(gwens(event, door), {"email": "b@x.example"}).status_code == 403


def test_mallory_finds_no_door(as_mallory: Client, event: Event):
    codes = {door: as_mallory.post(gwens(event, door)).status_code for door in DOORS[1:]}
    codes |= {DOORS[0]: as_mallory.get(gwens(event)).status_code}
    assert codes == dict.fromkeys(DOORS, 404)


def test_nobody_of_another_event_is_found(as_alice: Client, alice: Membership, event: Event):
    other = scheduling.save_event(alice, draft(start="2099-11-25 10:00"))
    attendee = event.attendees.get(guest__isnull=False)
    for door in DOORS:
        where = reverse(door, args=[other.public_id, attendee.public_id])
        method = as_alice.get if door == "event-attendee" else as_alice.post
        assert method(where).status_code == 404
