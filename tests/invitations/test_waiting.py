"""What a host sees of mails that wait for a server, a domain, a limit, or the operator."""

from __future__ import annotations

import datetime as dt

import pytest
from django.test import Client
from django.utils import timezone

from convoca.accounts.models import Membership
from convoca.calendars.models import Event
from convoca.environment import Rate
from convoca.guests.models import Guest
from convoca.invitations.reaching import ledger
from convoca.invitations.reaching.ledger import Reach
from convoca.invitations.saving import scheduling
from convoca.mail import outbox
from convoca.mail.models import Delivery, Halt, Sender
from convoca.mail.traffic import pausing
from tests.builders import draft
from tests.invitations.conftest import SOON

HOUR = dt.timedelta(hours=1)


@pytest.fixture
def event(alice: Membership, sender: Sender, gwen: Guest) -> Event:
    return scheduling.save_event(alice, draft(start=SOON, sender=sender, attendees=[gwen]))


def reach(event: Event) -> Reach:
    [line] = ledger.attendees(event)
    return line.delivery


def halt(lane: str, now: dt.datetime) -> None:
    Halt.objects.create(
        lane=lane, since=now, until=now + HOUR, reason="UNREACHABLE", words="mail.example: refused"
    )


def page_of(event: Event, member: Membership) -> str:
    client = Client()
    client.force_login(member.user)
    return client.get(f"/events/{event.public_id}/").content.decode()


def test_a_mail_that_waits_for_its_server_says_why_and_until_when(event: Event):
    now = timezone.now()
    halt("", now)
    found = reach(event)
    assert (found.status, found.attempts, found.next_try_at) == ("DELAYED", 0, now + HOUR)
    assert found.reason == "The outgoing mail server cannot be reached."
    assert found.last_error == "mail.example: refused"
    assert found.advice != ""


def test_what_another_server_keeps_waiting_is_not_ours(event: Event):
    halt("17", timezone.now())
    assert (reach(event).status, reach(event).reason) == ("QUEUED", "")


def test_a_domain_that_waits_behind_the_server_is_told_apart(event: Event):
    halt("@guest.example", timezone.now())
    assert reach(event).status == "QUEUED"
    Delivery.objects.update(lane="@guest.example")
    assert reach(event).status == "DELAYED"


def test_paused_mails_have_no_next_try(event: Event):
    pausing.pause(timezone.now(), "moving")
    found = reach(event)
    assert (found.status, found.next_try_at) == ("QUEUED", None)
    assert (found.reason, found.last_error) == ("Mails are paused by the operator.", "moving")


def test_what_waits_for_a_limit_has_its_turn_on_the_page(
    event: Event, alice: Membership, gus: Guest, settings
):
    settings.RATE_PER_DOMAIN = {"guest.example": Rate(1, 3600)}
    outbox.enqueue_post("other", recipient="x@guest.example", content=b"Subject: x\r\n\r\n")
    for _ in range(2):
        outbox.claim(timezone.now())
    found = reach(event)
    assert found.status == "QUEUED"
    assert found.next_try_at > timezone.now() + HOUR
    assert "Only so many mails may leave at a time" in page_of(event, alice)
    assert "Its turn: " in page_of(event, alice)
