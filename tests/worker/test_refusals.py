"""A refused proposal on its way: from the event's sender, to one guest, as one mail."""

from __future__ import annotations

import datetime as dt

import pytest
from django.utils import timezone

from convoca.accounts.models import Membership
from convoca.guests.models import Guest
from convoca.invitations.models import Invitation, Proposal, Rsvp
from convoca.invitations.saving import scheduling
from convoca.invitations.waiting import proposals
from convoca.mail.models import Delivery, Sender
from convoca.notifications.models import Notification
from convoca.standards.itip.changes import Span
from convoca.worker import post
from tests.builders import draft
from tests.support.due import try_again
from tests.support.smtp import SmtpServer

Status = Delivery.Status


@pytest.fixture
def proposal(
    alice: Membership, sender: Sender, gwen: Guest, gus: Guest, time_machine, settings, tmp_path
) -> Proposal:
    """What Gwen, who has her invitation as Gus has his, proposes."""
    settings.DATA_DIR = tmp_path
    time_machine.move_to("2026-11-20T10:00Z", tick=True)
    event = scheduling.save_event(alice, draft(sender=sender, attendees=[gwen, gus]))
    start = event.start.replace(tzinfo=event.zone) + dt.timedelta(hours=6)
    return proposals.propose(
        Invitation.objects.get(event=event, guest=gwen),
        Span(start=start, end=start + dt.timedelta(hours=1)),
        source=Rsvp.Source.WEB,
        now=timezone.now(),
    )


def refuse(alice: Membership, proposal: Proposal, smtp: SmtpServer) -> Delivery:
    """Send the invitations, then refuse; the mail waits."""
    post.send_due()
    smtp.mails.clear()
    event = proposal.invitation.event
    delivery = proposals.refuse(alice, event, proposal.public_id, message="Sorry").delivery
    assert delivery is not None
    return delivery


def test_a_refusal_leaves_once_from_the_events_sender(alice, proposal, smtp: SmtpServer):
    delivery = refuse(alice, proposal, smtp)
    assert [post.send_due(), post.send_due()] == [1, 0]
    (mail,) = smtp.mails
    assert (mail.sender, mail.recipients) == ("alice@acme.example", ("gwen@guest.example",))
    assert "METHOD:DECLINECOUNTER" in mail.calendar
    assert mail.message["References"]
    delivery.refresh_from_db()
    assert delivery.status == Status.SENT


def test_a_refusal_whose_answer_was_lost_is_the_same_mail_again(alice, proposal, smtp):
    refuse(alice, proposal, smtp)
    smtp.drop("REPLY", containing="gwen", times=1)
    post.send_due()
    try_again()
    post.send_due()
    first, second = (mail.message.as_bytes() for mail in smtp.to("gwen@guest.example"))
    assert first == second


def test_a_refusal_goes_through_the_senders_own_server(alice, proposal, sender, smtp):
    Sender.objects.filter(pk=sender.pk).update(smtp_host="mail.example", smtp_password=b"junk")
    delivery = refuse(alice, proposal, smtp)
    post.send_due()
    delivery.refresh_from_db()
    assert (delivery.status, delivery.reason, smtp.mails) == (Status.DELAYED, "LOGIN", [])


def test_the_host_hears_of_a_refusal_that_never_arrived(alice, proposal, smtp: SmtpServer):
    refuse(alice, proposal, smtp)
    smtp.refuse("RCPT", "550 5.1.1 No such user", containing="gwen")
    post.send_due()
    told = Notification.objects.get(member=alice, kind="FAILED")
    [person] = told.facts["people"]
    assert (person["email"], told.facts["reason"]) == ("gwen@guest.example", "UNKNOWN_ADDRESS")
