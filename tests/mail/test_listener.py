"""The mail server beside us hands over replies: one answer for each recipient, only ours."""

from __future__ import annotations

import smtplib
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.db import OperationalError

from convoca.mail.inbound import inbox, listener
from convoca.mail.models import InboundMessage
from tests.support.installation import free_port

MAIL = "From: gwen@guest.example\r\n\r\n.Hi\r\n"
ONE, TWO = "rsvp+1@reply.example", "rsvp+2@REPLY.example"

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def port() -> Iterator[int]:
    number = free_port()
    door = listener.start(f"127.0.0.1:{number}", "reply.example")
    yield number
    door.stop()


def lmtp(port: int) -> smtplib.LMTP:
    client = smtplib.LMTP("127.0.0.1", port)
    client.ehlo_or_helo_if_needed()
    return client


def hand_over(client: smtplib.SMTP, *recipients: str, sender: str = "g@x.example") -> list[bytes]:
    """Speak as a mail server does; return the lines that answer the message."""
    client.mail(sender)
    for one in recipients:
        client.rcpt(one)
    client.putcmd("data")
    assert client.getreply()[0] == 354
    client.send(b"Subject: x\r\n\r\nHi\r\n.\r\n")
    count = len(recipients) if isinstance(client, smtplib.LMTP) else 1
    return [client.file.readline().strip() for _ in range(count)]


@pytest.fixture(autouse=True)
def files(monkeypatch):
    """Keep the reading side of a client's socket at hand from the start."""
    original = smtplib.SMTP._get_socket

    def connect(self, *args):
        connected = original(self, *args)
        self.file = connected.makefile("rb")
        return connected

    monkeypatch.setattr(smtplib.SMTP, "_get_socket", connect)


def test_lmtp_answers_once_for_each_recipient(port: int):
    client = lmtp(port)
    assert hand_over(client, ONE, TWO) == [b"250 2.0.0 Kept", b"250 2.0.0 Kept"]
    assert client.noop()[0] == 250
    rows = InboundMessage.objects.order_by("recipient")
    assert [row.recipient for row in rows] == [ONE, TWO.lower()]
    assert {row.envelope_from for row in rows} == {"g@x.example"}
    client.quit()


def test_lmtp_tells_each_recipient_apart(port: int, monkeypatch):
    kept = inbox.keep

    def flaky(content, *, recipient, envelope_from):
        if recipient == ONE:
            raise OperationalError("away")
        return kept(content, recipient=recipient, envelope_from=envelope_from)

    monkeypatch.setattr(inbox, "keep", flaky)
    first, second = hand_over(lmtp(port), ONE, TWO)
    assert (first[:9], second[:9]) == (b"451 4.3.0", b"250 2.0.0")


def test_smtp_answers_once_and_with_the_worst(port: int, monkeypatch):
    with smtplib.SMTP("127.0.0.1", port) as client:
        client.sendmail("", [ONE, TWO], MAIL)
    assert InboundMessage.objects.filter(envelope_from="").count() == 2
    stored = bytes(InboundMessage.objects.all()[0].content)
    assert stored == MAIL.encode()

    def away(*args, **kwargs):
        raise OperationalError("away")

    monkeypatch.setattr(inbox, "keep", away)
    with smtplib.SMTP("127.0.0.1", port) as client, pytest.raises(smtplib.SMTPDataError) as error:
        client.sendmail("", [ONE, TWO], MAIL + "!")
    assert error.value.smtp_code == 451


@pytest.mark.parametrize(
    ("address", "code"),
    [
        ("rsvp+1@other.example", 550),
        ("somebody@reply.example", 550),
        ("rsvp+1", 550),
        ("postmaster@reply.example", 550),
    ],
)
def test_only_our_mailboxes_are_there(port: int, address: str, code: int):
    client = lmtp(port)
    client.mail("g@x.example")
    assert client.rcpt(address)[0] == code


def test_recipients_and_sizes_are_bounded(port: int, monkeypatch):
    monkeypatch.setattr(listener, "MOST_RECIPIENTS", 1)
    client = lmtp(port)
    client.mail("g@x.example")
    assert [client.rcpt(one)[0] for one in (ONE, TWO)] == [250, 452]
    client.rset()
    assert client.mail("g@x.example", [f"size={inbox.LARGEST + 1}"])[0] == 552


def test_a_connection_that_breaks_off_leaves_nothing(port: int):
    with socket.create_connection(("127.0.0.1", port)) as line:
        line.sendall(
            b"LHLO x\r\nMAIL FROM:<g@x.example>\r\nRCPT TO:<" + ONE.encode() + b">\r\nDATA\r\nHalf"
        )
    assert lmtp(port).noop()[0] == 250
    assert not InboundMessage.objects.exists()


def test_hostile_bytes_are_answered_and_the_next_mail_is_taken(port: int):
    with socket.create_connection(("127.0.0.1", port)) as line:
        line.sendall(b"\xff\xfe\x00\r\nRCPT\r\nLHLO\r\nDATA\r\nMAIL FROM:<\xff>\r\nQUIT\r\n")
        while line.recv(4096):
            pass
    assert hand_over(lmtp(port), ONE) == [b"250 2.0.0 Kept"]


def test_a_socket_in_the_file_system(tmp_path: Path):
    path = tmp_path / "lmtp"
    door = listener.start(str(path), "reply.example")
    try:
        client = smtplib.LMTP(str(path))
        client.sendmail("g@x.example", [ONE], MAIL)
    finally:
        door.stop()
    assert InboundMessage.objects.get().recipient == ONE
