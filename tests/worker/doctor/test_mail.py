"""What the doctor finds about mails that leave and answers that come in."""

from __future__ import annotations

import pathlib
import socket
import threading

import pytest
from django.utils import timezone

from convoca.mail.inbound import inbox
from convoca.mail.models import InboundMessage, Mailbox, Preflight, Sender
from convoca.worker.doctor import receiving, sending, work
from tests.support.smtp import SmtpServer
from tests.worker.doctor.conftest import DOMAIN, text_of, troubles

MINUTE = timezone.timedelta(minutes=1)


def test_a_mail_server_that_is_away_is_an_error(smtp: SmtpServer):
    smtp.shut()
    assert troubles(sending.check_mail_server) == [("ERROR", "CONVOCA_SMTP_URL")]
    assert "Connection refused. Check host and port" in text_of(sending.check_mail_server)


def test_a_mail_server_that_refuses_our_address_is_an_error(smtp: SmtpServer):
    smtp.refuse("MAIL", "553 5.7.1 Not you")
    assert troubles(sending.check_mail_server) == [("ERROR", "CONVOCA_MAIL_FROM")]


def test_a_mail_server_that_refuses_the_login_is_an_error(settings):
    with SmtpServer(username="convoca", password="right").running() as server:
        settings.SMTP_URL = server.url.replace("right", "wr0ng")
        assert troubles(sending.check_mail_server) == [("ERROR", "CONVOCA_SMTP_URL")]
        assert "refused the login" in text_of(sending.check_mail_server)
        assert "wr0ng" not in text_of(sending.check_mail_server)


def test_a_mail_server_that_proves_no_name_is_an_error(settings, tmp_path: pathlib.Path):
    with SmtpServer(security="starttls", certificates=tmp_path).running() as server:
        settings.SMTP_URL = server.url
        assert "CONVOCA_CA_FILE" in text_of(sending.check_mail_server)


def test_a_mail_server_without_starttls_is_an_error(settings, smtp: SmtpServer):
    settings.SMTP_URL = smtp.url.replace("smtp:", "smtp+starttls:")
    assert "does not offer STARTTLS" in text_of(sending.check_mail_server)


@pytest.mark.parametrize(
    ("spf", "level", "words"),
    [
        ("", "ERROR", 'Publish the TXT record "v=spf1 ip4:192.0.2.10 ~all"'),
        ("v=spf1 ip4:192.0.2.99 -all", "ERROR", "Add ip4:192.0.2.10 to"),
        ("v=spf1 nonsense", "ERROR", "has a mistake"),
    ],
)
def test_codes_and_notices_that_will_be_refused_are_an_error(db, dns, spf, level, words):
    dns[DOMAIN, "TXT"] = spf
    assert troubles(sending.check_system_address) == [(level, "CONVOCA_MAIL_FROM")]
    assert words in text_of(sending.check_system_address)
    dns[f"_dmarc.{DOMAIN}", "TXT"] = ""
    assert "may land in spam" in text_of(sending.check_system_address)


def test_silence_of_dns_is_no_trouble(db, dns):
    dns[DOMAIN, "TXT"] = dns[f"_dmarc.{DOMAIN}", "TXT"] = None
    assert troubles(sending.check_system_address) == []


def test_a_test_mail_is_sent_on_request_and_only_then(db: None, smtp: SmtpServer):
    (finding,) = sending.send_test("ops@acme.example")
    assert (finding.level, finding.about) == ("OK", "Test mail")
    assert "250 2.0.0 Kept" in finding.text
    (mail,) = smtp.to("ops@acme.example")
    assert mail.sender == f"convoca@{DOMAIN}"
    smtp.refuse("RCPT", "550 5.1.1 No such user")
    assert "550 5.1.1 No such user" in text_of(lambda: sending.send_test("ops@acme.example"))
    assert troubles(lambda: sending.send_test("no address")) == [("ERROR", "Test mail")]


def test_senders_that_will_be_refused_are_named(sender: Sender, monkeypatch):
    Preflight.objects.create(sender=sender, spf="MISSING", dmarc="REFUSED", address="192.0.2.10")
    assert troubles(sending.check_senders) == [("WARNING", "Senders")]
    assert text_of(sending.check_senders).startswith("alice@acme.example: its mails will be")
    monkeypatch.setattr(sending, "MOST_NAMED", 0)
    assert text_of(sending.check_senders) == "1 more will be refused."


@pytest.mark.parametrize(
    ("records", "level"),
    [
        ({"MX": "10 mx.example."}, None),
        ({"A": "192.0.2.1"}, None),
        ({"AAAA": "2001:db8::1"}, None),
        ({"MX": "0 .", "A": "192.0.2.1"}, "ERROR"),
        ({}, "ERROR"),
        ({"MX": None}, "WARNING"),
    ],
)
def test_a_reply_domain_needs_a_mail_server(settings, dns, records, level):
    settings.REPLY_DOMAIN = "reply.example"
    del dns["reply.example", "MX"]
    dns |= {("reply.example", kind): said for kind, said in records.items()}
    expected = [(level, "CONVOCA_REPLY_DOMAIN")] if level else []
    assert troubles(receiving.check_reply_domain) == expected


@pytest.mark.parametrize("kind", ["port", "path"])
@pytest.mark.parametrize(
    ("greeting", "expected"), [(b"220 here\r\n", []), (b"HTTP/1.1 400\r\n", ["ERROR"])]
)
def test_who_listens_for_answers_is_asked(settings, tmp_path, kind, greeting, expected):
    settings.REPLY_DOMAIN = "reply.example"
    path = tmp_path / "lmtp"
    listener = socket.socket(socket.AF_INET if kind == "port" else socket.AF_UNIX)
    listener.bind(("127.0.0.1", 0) if kind == "port" else str(path))
    listener.listen()
    settings.LMTP_LISTEN = str(path)
    if kind == "port":
        settings.LMTP_LISTEN = f"127.0.0.1:{listener.getsockname()[1]}"
    with listener:
        thread = threading.Thread(target=lambda: listener.accept()[0].sendall(greeting))
        thread.start()
        assert [level for level, _about in troubles(receiving.check_listener)] == expected
        thread.join(10)
    assert troubles(receiving.check_listener) == [("WARNING", "CONVOCA_LMTP_LISTEN")]


def test_half_a_reply_domain_is_warned_of(settings):
    settings.LMTP_LISTEN = "127.0.0.1:2424"
    assert troubles(receiving.check_listener) == [("WARNING", "CONVOCA_LMTP_LISTEN")]


def test_mailboxes_that_cannot_be_read_are_named(mailbox: Mailbox):
    assert troubles(work.check_mailboxes) == []
    now = timezone.now()
    Mailbox.objects.update(
        reason="LOGIN", last_error="[AUTH] no", failing_since=now, stopped_at=now
    )
    assert troubles(work.check_mailboxes) == [("WARNING", "Mailboxes")]
    text = text_of(work.check_mailboxes)
    assert text.startswith("alice@acme.example: The mailbox's server refused the user name")
    assert text.endswith("given up, its owner has been told) [AUTH] no")


def test_mailboxes_nobody_looks_into_are_warned_of(mailbox: Mailbox, monkeypatch):
    Mailbox.objects.update(due_at=timezone.now() - 16 * MINUTE, failing_since=timezone.now())
    monkeypatch.setattr(work, "MOST_NAMED", 0)
    assert text_of(work.check_mailboxes) == (
        "1 more cannot be read. "
        "1 should have been looked at 15 minutes ago: run `convoca worker`, or more."
    )


def test_replies_nobody_understands_are_warned_of(db):
    inbox.keep(b"x")
    assert troubles(work.check_inbox) == []
    InboundMessage.objects.update(attempts=3)
    assert troubles(work.check_inbox) == [("WARNING", "Incoming mail")]
