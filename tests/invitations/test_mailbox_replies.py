"""Answers from a connected mailbox: for its own events only, proven by its own server."""

from __future__ import annotations

from typing import Any

import pytest
from django.utils import timezone

from convoca.accounts.models import Membership
from convoca.calendars.models import Attendee, Event
from convoca.guests.models import Guest
from convoca.invitations import notices as told
from convoca.invitations import replies
from convoca.invitations.models import GuestMessage, HeldAnswer, Rsvp
from convoca.invitations.saving import scheduling
from convoca.mail.inbound import inbox
from convoca.mail.models import DeliveryAttempt, InboundMessage, Mailbox, Sender
from convoca.notifications.models import Notification
from convoca.notifications.words import words
from tests.builders import draft
from tests.invitations.conftest import SOON
from tests.invitations.mailbox import GWEN, ics, mail, part, plain, reply
from tests.invitations.post import deliver, notices
from tests.invitations.post import part as body
from tests.invitations.test_replies import REPORT

Outcome = InboundMessage.Outcome
PROOF = "Authentication-Results: mx.acme.example; dmarc=pass header.from=guest.example\r\n"


@pytest.fixture(autouse=True)
def clock(time_machine: Any) -> None:
    time_machine.move_to("2026-11-20T10:00Z", tick=True)


def receive(mailbox: Mailbox, content: bytes) -> InboundMessage:
    """Work a message off as if it had been read from the mailbox."""
    inbox.keep(content, recipient=mailbox.sender.email, mailbox=mailbox)
    row = InboundMessage.objects.order_by("-id")[0]
    inbox.work_off(row.pk, replies.process)
    row.refresh_from_db()
    return row


def partstat(event: Event, address: str = GWEN) -> str:
    return Attendee.objects.get(event=event, email_key=address).partstat


def thread(event: Event) -> str:
    sent = DeliveryAttempt.objects.filter(delivery__email=GWEN).exclude(message_id="")
    return f"In-Reply-To: {sent.latest('id').message_id}\r\n"


def another(member: Membership, email: str, imap_mailbox: Mailbox) -> Mailbox:
    """Return a mailbox that somebody else has connected, for whatever address they claim."""
    sender = Sender.objects.create(
        team=member.team,
        owner=member,
        name="M",
        email=email,
        email_key=email,
        confirmed_at=timezone.now(),
    )
    fields = {
        field.attname: getattr(imap_mailbox, field.attname)
        for field in Mailbox._meta.concrete_fields
        if field.attname not in ("id", "sender_id")
    }
    return Mailbox.objects.create(sender=sender, **fields)


def test_without_a_reply_domain_the_mailbox_is_the_organizer(meeting: Event):
    assert meeting.organizer_email == "alice@acme.example"


def test_with_a_reply_domain_answers_still_come_there(
    alice: Membership, gwen: Guest, mailbox: Mailbox, settings: Any
):
    settings.REPLY_DOMAIN = "reply.example"
    event = scheduling.save_event(alice, draft(start=SOON, sender=mailbox.sender, attendees=[gwen]))
    assert event.organizer_email.endswith("@reply.example")


def test_an_answer_proven_by_the_mailboxs_own_server_counts(meeting: Event, mailbox: Mailbox):
    content = reply(ics(meeting), headers=PROOF)
    assert replies.is_ours(mailbox, content)
    row = receive(mailbox, content)
    assert (row.outcome, partstat(meeting)) == (Outcome.APPLIED, "ACCEPTED")
    assert Rsvp.objects.get().source == "MAIL"
    assert Notification.objects.get(kind="ANSWER").member == meeting.host


@pytest.mark.parametrize("learned", ["mx.acme.example", ""])
def test_another_servers_verdict_proves_nothing(
    meeting: Event, mailbox: Mailbox, settings: Any, learned: str
):
    settings.AUTHSERV_ID = "mx.operator.example"
    mailbox.authserv_id = learned
    mailbox.save()
    forged = PROOF.replace("mx.acme.example", "mx.operator.example")
    row = receive(mailbox, reply(ics(meeting), headers=forged))
    assert (row.outcome, partstat(meeting)) == (Outcome.HELD, "NEEDS-ACTION")
    assert HeldAnswer.objects.get().why == "UNPROVEN"


def test_a_stranger_is_heard_there_too(meeting: Event, mailbox: Mailbox):
    text = reply(ics(meeting, who="mia@crash.example"), sender="mia@crash.example")
    assert replies.is_ours(mailbox, text)
    assert receive(mailbox, text).outcome == Outcome.HELD
    assert HeldAnswer.objects.get().why == "STRANGER"


def test_whoever_owns_a_mailbox_speaks_for_its_own_events_only(
    meeting: Event, mailbox: Mailbox, mallory: Membership, bob: Membership
):
    """Their server vouches for whatever they put into it, whoever's address they claim."""
    for member in (mallory, bob):
        theirs = another(member, "alice@acme.example", mailbox)
        for content in (
            reply(ics(meeting), headers=PROOF),
            reply(ics(meeting), headers=PROOF + thread(meeting)),
            plain("sí", headers=PROOF + thread(meeting)),
        ):
            assert not replies.is_ours(theirs, content)
            assert receive(theirs, content).outcome == Outcome.IGNORED
    assert partstat(meeting) == "NEEDS-ACTION"
    assert not HeldAnswer.objects.exists()
    assert not Notification.objects.exists()


def test_a_token_in_the_headers_of_a_mailbox_opens_nothing(
    alice: Membership, gwen: Guest, sender: Sender, mailbox: Mailbox, mallory: Membership, settings
):
    settings.REPLY_DOMAIN = "reply.example"
    event = scheduling.save_event(alice, draft(start=SOON, sender=sender, attendees=[gwen]))
    theirs = another(mallory, "mallory@evil.example", mailbox)
    content = reply(ics(event), headers=PROOF, to=event.organizer_email)
    assert not replies.is_ours(theirs, content)
    assert receive(theirs, content).outcome == Outcome.IGNORED
    assert partstat(event) == "NEEDS-ACTION"


def test_what_is_not_about_its_events_is_nobodys_business(meeting: Event, mailbox: Mailbox):
    for content in (
        reply(ics(meeting, uid="of-another-calendar")),
        plain("private", headers="In-Reply-To: <friend@home.example>\r\n"),
        mail(part("text/calendar; method=REQUEST", ics(meeting, method="REQUEST"))),
        reply(ics(meeting), to=f"rsvp+{'0' * 32}@reply.example"),
        REPORT,
        b"",
    ):
        assert not replies.is_ours(mailbox, content)


def test_a_report_about_our_own_mail_is_ours(meeting: Event, mailbox: Mailbox):
    message_id = thread(meeting).partition(" ")[2].strip()
    original = (
        f"\r\n--b\r\nContent-Type: text/rfc822-headers\r\n\r\nMessage-ID: {message_id}\r\n\r\n--b--"
    )
    assert replies.is_ours(mailbox, REPORT.replace(b"\r\n\r\n--b--", original.encode()))


def test_what_a_guest_writes_there_is_kept_and_not_passed_on(meeting: Event, mailbox: Mailbox):
    content = plain("sí, pero media hora más tarde", headers=thread(meeting))
    assert replies.is_ours(mailbox, content)
    row = receive(mailbox, content)
    assert (row.outcome, row.detail) == (Outcome.IGNORED, "the host has it already")
    assert [one["Subject"] for one in notices() if "connected" not in body(one, "plain")] == []
    assert GuestMessage.objects.get().text == "sí, pero media hora más tarde"


def test_what_must_be_explained_is_passed_on(meeting: Event, mailbox: Mailbox):
    tnef = mail(part('application/ms-tnef; name="winmail.dat"', b"x"), headers=thread(meeting))
    assert replies.is_ours(mailbox, tnef)
    assert receive(mailbox, tnef).outcome == Outcome.FORWARDED
    assert "winmail.dat" in body(notices()[-1], "plain")


def test_the_host_of_an_event_sent_from_a_shared_address_gets_what_is_written_there(
    bob: Membership, gwen: Guest, mailbox: Mailbox
):
    Sender.objects.update(available_to_everyone=True)
    event = scheduling.save_event(bob, draft(start=SOON, sender=mailbox.sender, attendees=[gwen]))
    deliver()
    assert receive(mailbox, plain("Where?", headers=thread(event))).outcome == Outcome.FORWARDED
    assert notices()[-1]["To"].addresses[0].addr_spec == "bob@acme.example"


def test_an_address_added_again_speaks_for_its_older_events(
    meeting: Event, mailbox: Mailbox, alice: Membership
):
    mailbox.sender.deleted_at = timezone.now()
    mailbox.sender.save()
    again = another(alice, "alice@acme.example", mailbox)
    assert receive(again, reply(ics(meeting), headers=PROOF)).outcome == Outcome.APPLIED


def test_the_owner_is_told_of_a_mailbox_that_cannot_be_read(mailbox: Mailbox):
    mailbox.reason, mailbox.stopped_at = "LOGIN", timezone.now()
    for _ in range(2):
        told.mailbox_unread(mailbox)
    news = Notification.objects.get()
    assert words(news).sentence == "Answers that arrive at alice@acme.example are not being read"
    assert "refused the user name or the password" in words(news).detail
    letter = notices()[-1]
    assert letter["To"].addresses[0].addr_spec == "alice@acme.example"
    assert "http://testserver/senders/" in body(letter, "plain")
