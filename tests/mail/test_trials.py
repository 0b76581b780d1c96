"""A test mail from a sender to itself: what the servers say of it, seen by its owner alone."""

from __future__ import annotations

import datetime as dt

import pytest
from django.core.cache import cache
from django.utils import timezone

from convoca.accounts.models import Membership
from convoca.invitations import replies
from convoca.mail.imap import visits
from convoca.mail.imap.session import Session
from convoca.mail.inbound import inbox
from convoca.mail.models import Halt, InboundMessage, Mailbox, Preflight, Sender, Trial
from convoca.mail.proofs import trials
from convoca.mail.refusals import NotYours, SenderNotConfirmed, TooManyTests
from convoca.mail.traffic import lanes
from convoca.mail.transport import signing
from convoca.mail.transport.servers import mailbox_server
from convoca.worker import post
from convoca.worker.inbound import work_off_due
from tests.support.imap import ImapServer
from tests.support.smtp import SmtpServer

MX = "mx.acme.example"


@pytest.fixture(autouse=True)
def no_turns_taken(db: None) -> None:
    cache.clear()


def state_of(sender: Sender) -> tuple[str, str]:
    trial = trials.latest(sender)
    assert trial is not None
    return trial.delivery.status, trial.delivery.reason


def test_it_leaves_as_invitations_do(alice: Membership, sender: Sender, smtp: SmtpServer, settings):
    settings.REPLY_DOMAIN = "reply.acme.example"
    signing.make("acme.example", timezone.now())
    signing.start("acme.example", timezone.now())
    trial = trials.send(alice, sender)
    post.send_due()
    (mail,) = smtp.mails
    assert mail.recipients == (sender.email,)
    assert mail.sender.startswith("bounce+")
    assert mail.message["From"] == "Alice Álvarez <alice@acme.example>"
    assert mail.message["Message-ID"] == trial.message_id
    assert mail.data.count(b"DKIM-Signature:") == 2
    assert state_of(sender) == ("SENT", "")


def test_through_a_server_of_its_own_it_keeps_its_address(alice, sender, smtp, settings):
    settings.REPLY_DOMAIN, settings.ALLOW_PRIVATE_SMTP = "reply.acme.example", True
    Sender.objects.update(smtp_host=smtp.host, smtp_port=smtp.port, smtp_security="none")
    trials.send(alice, sender)
    post.send_due()
    assert [mail.sender for mail in smtp.mails] == [sender.email]


@pytest.mark.parametrize(
    ("reply", "state"),
    [
        ("550 5.7.1 Not from you", ("FAILED", "POLICY")),
        ("451 4.7.1 Later", ("DELAYED", "LATER")),
    ],
)
def test_what_the_server_refuses_is_seen(alice, sender, smtp: SmtpServer, reply, state):
    smtp.refuse("RCPT", reply)
    trials.send(alice, sender)
    post.send_due()
    assert state_of(sender) == state


def test_one_that_comes_back_is_seen(alice, sender, smtp: SmtpServer, settings):
    settings.REPLY_DOMAIN = "reply.acme.example"
    trials.send(alice, sender)
    post.send_due()
    report = (
        "Content-Type: multipart/report; report-type=delivery-status; boundary=b\r\n\r\n"
        "--b\r\nContent-Type: message/delivery-status\r\n\r\n"
        f"Reporting-MTA: dns; mx\r\n\r\nFinal-Recipient: rfc822; {sender.email}\r\n"
        "Action: failed\r\nStatus: 5.7.26\r\n\r\n--b--\r\n"
    )
    inbox.keep(report.encode(), recipient=smtp.mails[0].sender, envelope_from="")
    work_off_due()
    assert InboundMessage.objects.get().outcome == "APPLIED"
    assert state_of(sender) == ("BOUNCED", "POLICY")


def test_only_its_owner_sends_it_to_an_address_that_is_proved(
    alice: Membership, bob: Membership, mallory: Membership, sender: Sender
):
    Sender.objects.update(available_to_everyone=True)
    for stranger in (bob, mallory):
        with pytest.raises(NotYours):
            trials.send(stranger, sender)
    sender.confirmed_at = None
    with pytest.raises(SenderNotConfirmed):
        trials.send(alice, sender)
    assert not Trial.objects.exists()


def test_dns_is_asked_anew(alice: Membership, sender: Sender):
    Preflight.objects.create(sender=sender, checked_at=timezone.now())
    trials.send(alice, sender)
    assert not Preflight.objects.exists()


def test_ten_a_day_are_enough(alice: Membership, sender: Sender):
    for _turn in range(trials.A_DAY):
        trials.send(alice, sender)
    with pytest.raises(TooManyTests):
        trials.send(alice, sender)
    assert Trial.objects.count() == trials.A_DAY


@pytest.mark.parametrize(
    ("headers", "verdicts"),
    [
        (
            [f"{MX}; spf=pass smtp.mailfrom=acme.example; dkim=fail; dmarc=none"],
            [("SPF", "good"), ("DKIM", "bad"), ("DMARC", "open")],
        ),
        ([f"{MX}; dkim=temperror; spf=invented"], []),
        ([], []),
    ],
)
def test_what_the_mailboxs_server_made_of_it_is_read(
    alice, mailbox: Mailbox, imap: ImapServer, headers, verdicts
):
    trial = trials.send(alice, mailbox.sender)
    head = "".join(f"Authentication-Results: {one}\r\n" for one in headers)
    imap.deliver(f"{head}Message-ID: {trial.message_id}\r\nSubject: x\r\n\r\nx\r\n".encode())
    with Session.open(mailbox_server(mailbox)) as session:
        assert visits.read_new(session, mailbox, replies.is_ours) == 0
    found = trials.latest(mailbox.sender)
    assert found is not None
    assert found.arrived_at is not None
    assert [(name, kind) for name, kind, _sentence in found.verdicts] == verdicts


def test_another_ones_test_mail_is_nobodys_here(bob: Membership, mailbox: Mailbox, imap):
    theirs = Sender.objects.create(
        team=bob.team, owner=bob, name="Bob", email=bob.email, confirmed_at=timezone.now()
    )
    trial = trials.send(bob, theirs)
    imap.deliver(f"Message-ID: {trial.message_id}\r\n\r\nx\r\n".encode())
    with Session.open(mailbox_server(mailbox)) as session:
        visits.read_new(session, mailbox, replies.is_ours)
    trial.refresh_from_db()
    assert trial.arrived_at is None


def test_it_is_settled_when_nothing_more_can_come(alice, sender: Sender, smtp: SmtpServer):
    trials.send(alice, sender)
    now, later = timezone.now(), timezone.now() + trials.PATIENCE + dt.timedelta(minutes=1)

    def is_settled(at: dt.datetime, *, is_read: bool) -> bool:
        trial = trials.latest(sender)
        assert trial is not None
        return trials.is_settled(trial, at, is_read=is_read)

    assert not is_settled(now, is_read=False)
    assert is_settled(later, is_read=False)  # a page need not ask for days
    post.send_due()
    assert is_settled(now, is_read=False)
    assert not is_settled(now, is_read=True)
    assert is_settled(later, is_read=True)


def test_a_test_mail_tries_the_senders_own_server_at_once_but_not_everybodys(
    alice: Membership, sender: Sender
):
    now = timezone.now()
    for lane in (str(sender.pk), lanes.SYSTEM):
        Halt.objects.create(lane=lane, since=now, until=now + dt.timedelta(hours=1))
    trials.send(alice, sender)
    assert Halt.objects.count() == 2
    Sender.objects.update(smtp_host="mail.acme.example")
    sender.refresh_from_db()
    trials.send(alice, sender)
    assert [halt.lane for halt in Halt.objects.all()] == [lanes.SYSTEM]
