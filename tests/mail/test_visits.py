"""A look into somebody's mailbox: answers are kept once, all other mail stays as it was."""

from __future__ import annotations

import datetime as dt

import pytest
from django.db import OperationalError
from django.utils import timezone

from convoca.mail.imap import visits
from convoca.mail.imap.session import Session, Unreadable
from convoca.mail.imap.visits import LeaseLost
from convoca.mail.inbound import inbox
from convoca.mail.models import Delivery, DeliveryAttempt, InboundMessage, Mailbox
from convoca.mail.transport.servers import mailbox_server
from tests.support.imap import ImapServer

OURS = "<sent@acme.example>"


def plain(subject: str, *headers: str) -> bytes:
    lines = [f"Subject: {subject}", "From: gwen@guest.example", *headers, "", "Hello", ""]
    return "\r\n".join(lines).encode()


def answer(subject: str = "Accepted", *headers: str) -> bytes:
    return plain(subject, *headers, "Content-Type: text/calendar; method=REPLY; charset=UTF-8")


def look(mailbox: Mailbox, is_ours: visits.IsOurs = lambda mailbox, content: True) -> int:
    with Session.open(mailbox_server(mailbox)) as session:
        return visits.read_new(session, mailbox, is_ours)


def kept() -> list[str]:
    rows = InboundMessage.objects.order_by("id")
    return [bytes(row.content).partition(b"\r\n")[0].decode() for row in rows]


@pytest.fixture
def sent(mailbox: Mailbox) -> DeliveryAttempt:
    """A mail of Alice's team."""
    delivery = Delivery.objects.create(
        key="event:1", kind="INVITATION", team=mailbox.sender.team, email="gwen@guest.example"
    )
    return DeliveryAttempt.objects.create(
        delivery=delivery, at=timezone.now(), version=1, outcome="SENT", message_id=OURS
    )


def test_only_what_may_be_an_answer_is_fetched_and_kept(
    mailbox: Mailbox, imap: ImapServer, sent: DeliveryAttempt
):
    fetched: list[bytes] = []

    def is_ours(which: Mailbox, content: bytes) -> bool:
        fetched.append(content)
        return b"elsewhere" not in content

    invitation = plain("Yours", "Content-Type: text/calendar; method=REQUEST")
    imap.deliver(plain("private"), answer("mine"), answer("elsewhere"), invitation)
    imap.deliver(
        plain("Re: Review", f"References: <x@y> {OURS}"), plain("Re: other", "References: <x@y>")
    )
    assert look(mailbox, is_ours) == 2
    assert kept() == ["Subject: mine", "Subject: Re: Review"]
    assert len(fetched) == 3
    row = InboundMessage.objects.order_by("id")[0]
    assert (row.recipient, row.mailbox) == ("alice@acme.example", mailbox)


def test_nothing_in_the_mailbox_is_marked_or_moved(mailbox: Mailbox, imap: ImapServer):
    imap.deliver(answer(), plain("private"))
    before = imap.flags()
    look(mailbox)
    assert imap.flags() == before == {101: (set(), True), 102: (set(), True)}


def test_mails_of_before_it_was_connected_are_not_read(imap: ImapServer, request):
    imap.deliver(answer("old"))
    mailbox = request.getfixturevalue("mailbox")
    assert look(mailbox) == 0
    imap.deliver(answer("new"))
    assert (look(mailbox), kept()) == (1, ["Subject: new"])


def test_a_look_goes_on_where_the_last_one_ended(mailbox: Mailbox, imap: ImapServer):
    imap.deliver(answer("1"))
    assert (look(mailbox), look(mailbox)) == (1, 0)
    mailbox.refresh_from_db()
    assert mailbox.last_uid == 101
    imap.deliver(plain("private"), answer("2"))
    assert (look(mailbox), mailbox.last_uid) == (1, 103)


def test_killed_after_keeping_a_message_it_is_not_worked_off_twice(
    mailbox: Mailbox, imap: ImapServer, monkeypatch
):
    imap.deliver(answer("1"), answer("2"))

    def die(*args: object, **changes: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(visits, "remember", die)
        with pytest.raises(KeyboardInterrupt):
            look(mailbox)
    assert kept() == ["Subject: 1", "Subject: 2"]
    again = Mailbox.objects.get(pk=mailbox.pk)
    assert (look(again), again.last_uid) == (0, 102)
    assert kept() == ["Subject: 1", "Subject: 2"]


def test_a_database_that_is_away_loses_nothing(mailbox: Mailbox, imap: ImapServer, monkeypatch):
    imap.deliver(answer())

    def fail(*args: object, **options: object) -> bool:
        raise OperationalError

    with monkeypatch.context() as patch:
        patch.setattr(inbox, "keep", fail)
        with pytest.raises(OperationalError):
            look(mailbox)
    assert look(Mailbox.objects.get(pk=mailbox.pk)) == 1


def test_numbered_anew_nothing_recent_is_missed_and_nothing_done_twice(
    mailbox: Mailbox, imap: ImapServer
):
    imap.deliver(answer("known"))
    look(mailbox)
    imap.deliver(answer("missed"))
    imap.renumber()
    imap.deliver(answer("ancient"), when=timezone.now() - dt.timedelta(days=9))
    assert look(mailbox) == 1
    assert kept() == ["Subject: known", "Subject: missed"]
    mailbox.refresh_from_db()
    assert mailbox.last_uid == 3
    imap.deliver(answer("later"))
    assert look(mailbox) == 1


def test_an_interrupted_look_after_renumbering_begins_again(
    mailbox: Mailbox, imap: ImapServer, monkeypatch
):
    imap.deliver(answer("1"), answer("2"))
    imap.renumber()
    monkeypatch.setattr(visits, "AT_ONCE", 1)
    answers = iter([True, KeyboardInterrupt])

    def is_ours(which: Mailbox, content: bytes) -> bool:
        if (told := next(answers)) is KeyboardInterrupt:
            raise KeyboardInterrupt
        return bool(told)

    with pytest.raises(KeyboardInterrupt):
        look(mailbox, is_ours)
    assert look(Mailbox.objects.get(pk=mailbox.pk)) == 1
    assert kept() == ["Subject: 1", "Subject: 2"]


def test_a_message_that_cannot_be_judged_is_kept(mailbox: Mailbox, imap: ImapServer):
    def is_ours(which: Mailbox, content: bytes) -> bool:
        raise RuntimeError("a bug")

    imap.deliver(answer())
    assert look(mailbox, is_ours) == 1


def test_a_message_too_large_is_passed_over(mailbox: Mailbox, imap: ImapServer, monkeypatch):
    monkeypatch.setattr(inbox, "LARGEST", 300)
    imap.deliver(answer("x" * 300), answer("small"))
    assert (look(mailbox), kept()) == (1, ["Subject: small"])


def test_a_message_that_cannot_be_fetched_is_passed_over_in_the_end(
    mailbox: Mailbox, imap: ImapServer, monkeypatch
):
    def fail(self: Session, uid: int) -> bytes:
        raise Unreadable(Mailbox.Reason.TROUBLE, "[SERVERBUG]")

    imap.deliver(answer())
    monkeypatch.setattr(Session, "fetch", fail)
    with pytest.raises(Unreadable):
        look(mailbox)
    mailbox.attempts = visits.PATIENCE
    assert (look(mailbox), mailbox.last_uid) == (0, 101)


def test_who_lost_the_lease_stops(mailbox: Mailbox, imap: ImapServer):
    imap.deliver(answer())
    Mailbox.objects.update(lease="another")
    with pytest.raises(LeaseLost):
        look(mailbox)
    assert Mailbox.objects.get().last_uid == 100


def test_the_empty_envelope_sender_is_remembered(mailbox: Mailbox, imap: ImapServer):
    imap.deliver(answer("1", "Return-Path: <>"), answer("2", "Return-Path: <Gwen@guest.example>"))
    look(mailbox)
    senders = InboundMessage.objects.order_by("id").values_list("envelope_from", flat=True)
    assert list(senders) == ["", "gwen@guest.example"]


VERDICT = "Authentication-Results: mx.acme.example (our own) 1; dmarc=pass header.from=cal.example"
FORGED = "Authentication-Results: evil.example; dmarc=pass header.from=guest.example"


@pytest.mark.parametrize(
    ("headers", "learned"),
    [
        ([VERDICT, FORGED], "mx.acme.example"),
        (["Authentication-Results: spf=pass smtp.mailfrom=cal.example; dmarc=pass"], ""),
        ([], ""),
    ],
)
def test_how_a_server_signs_is_learned_from_our_own_letter(
    mailbox: Mailbox, imap: ImapServer, headers: list[str], learned: str
):
    Mailbox.objects.update(authserv_id="")
    mailbox.refresh_from_db()
    imap.deliver(
        plain("forged", FORGED), plain("ours", *headers, f"Message-ID: {mailbox.greeting_id}")
    )
    look(mailbox)
    mailbox.refresh_from_db()
    assert (mailbox.authserv_id, mailbox.greeting_id) == (learned, "")
    assert kept() == []
