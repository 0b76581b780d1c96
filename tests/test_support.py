"""The mail server of the tests misbehaves as told, and the browser starts and sees faults."""

import smtplib
import ssl
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page

from tests.support.patience import PATIENCE
from tests.support.smtp import SmtpServer, Stage

MAIL = b"Subject: Hello\r\n\r\nIt is on.\r\n"


def send(server: SmtpServer, to: str = "gwen@guest.example") -> None:
    with smtplib.SMTP(server.host, server.port, timeout=PATIENCE) as client:
        client.sendmail("alice@acme.example", [to], MAIL)


def test_mail_is_kept_with_its_envelope(smtp: SmtpServer):
    send(smtp)
    (mail,) = smtp.wait_for(1)
    assert (mail.sender, mail.recipients) == ("alice@acme.example", ("gwen@guest.example",))
    assert (mail.subject, mail.text) == ("Hello", "It is on.\r\n")
    assert smtp.to("gwen@guest.example") == [mail]
    assert smtp.to("gus@guest.example") == []


def test_settings_point_at_the_server(smtp: SmtpServer, settings):
    assert f"smtp://127.0.0.1:{smtp.port}" == settings.SMTP_URL


@pytest.mark.parametrize("stage", ["MAIL", "DATA", "BODY"])
def test_refusal_comes_as_often_as_told(smtp: SmtpServer, stage: Stage):
    smtp.refuse(stage, "451 4.3.0 Later", times=1)
    with pytest.raises(smtplib.SMTPResponseException) as refusal:
        send(smtp)
    assert refusal.value.smtp_code == 451
    assert smtp.mails == []
    send(smtp)
    assert len(smtp.mails) == 1


def test_refusal_of_one_recipient_spares_the_others(smtp: SmtpServer):
    smtp.refuse("RCPT", "550 5.1.1 No such user", containing="gus@")
    with pytest.raises(smtplib.SMTPRecipientsRefused):
        send(smtp, "gus@guest.example")
    send(smtp, "gwen@guest.example")
    assert len(smtp.mails) == 1


def test_refusal_at_the_greeting(smtp: SmtpServer):
    smtp.refuse("CONNECT", "421 4.3.2 Closing")
    with pytest.raises(smtplib.SMTPConnectError):
        send(smtp)


def test_dropped_reply_keeps_the_mail(smtp: SmtpServer):
    smtp.drop("REPLY", times=1)
    with pytest.raises(smtplib.SMTPServerDisconnected):
        send(smtp)
    assert len(smtp.mails) == 1


def test_stall_outlasts_the_client(smtp: SmtpServer):
    smtp.stall("EHLO", PATIENCE)
    client = smtplib.SMTP(smtp.host, smtp.port)
    assert client.sock
    client.sock.settimeout(0.2)
    with pytest.raises(smtplib.SMTPServerDisconnected, match="timed out"):
        client.ehlo()


def test_shut_port_refuses_until_healed(smtp: SmtpServer):
    smtp.shut()
    with pytest.raises(ConnectionRefusedError):
        send(smtp)
    smtp.heal()
    send(smtp)
    assert len(smtp.mails) == 1


def test_login_is_asked_for_and_checked():
    server = SmtpServer(username="alice", password="right")
    with server.running():
        with pytest.raises(smtplib.SMTPResponseException) as refusal:
            send(server)
        assert refusal.value.smtp_code == 530
        with smtplib.SMTP(server.host, server.port) as client:
            with pytest.raises(smtplib.SMTPAuthenticationError):
                client.login("alice", "wrong")
            client.login("alice", "right")
            client.sendmail("alice@acme.example", ["gwen@guest.example"], MAIL)
    assert server.mails[0].login == "alice"


def test_starttls_is_offered_and_asked_for(tmp_path: Path):
    server = SmtpServer(security="starttls", certificates=tmp_path)
    trust = ssl.create_default_context()
    with server.running(), smtplib.SMTP(server.host, server.port) as client:
        trust.load_verify_locations(tmp_path / "certificate.pem")
        client.starttls(context=trust)
        client.sendmail("alice@acme.example", ["gwen@guest.example"], MAIL)
    assert server.mails[0].is_encrypted


def test_tls_from_the_first_byte(tmp_path: Path):
    server = SmtpServer(security="tls", certificates=tmp_path)
    with server.running():
        trust = ssl.create_default_context(cafile=str(tmp_path / "certificate.pem"))
        with smtplib.SMTP_SSL(server.host, server.port, context=trust) as client:
            client.sendmail("alice@acme.example", ["gwen@guest.example"], MAIL)
    assert server.mails[0].is_encrypted


def test_browser_starts_and_axe_sees_a_fault(page: Page, axe: Callable[[Page], None]):
    page.set_content("<html lang=en><title>Fine</title><main><h1>Fine</h1></main></html>")
    axe(page)
    page.set_content("<html lang=en><title>Bad</title><main><h1>Bad</h1><input></main></html>")
    with pytest.raises(AssertionError, match="label"):
        axe(page)
