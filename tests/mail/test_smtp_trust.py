"""Whom a mail is given to: a server that proves its name, over a line nobody else can read."""

from __future__ import annotations

import socket
import ssl
import threading
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from convoca.mail.models import Delivery
from convoca.mail.transport import reach
from convoca.mail.transport.line import own_name
from convoca.mail.transport.servers import Server
from tests.mail.conftest import outgoing, sent_through, server_at
from tests.support.smtp import SmtpServer
from tests.support.tls import make_certificate

SENT, DELAYED, FAILED = Delivery.Status.SENT, Delivery.Status.DELAYED, Delivery.Status.FAILED
ENCRYPTED = ["starttls", "tls"]


@pytest.fixture(autouse=True)
def patient(settings):
    settings.SMTP_CONNECT_TIMEOUT = settings.SMTP_TIMEOUT = 10


def send_through(folder: Path, security: str):
    """Send one mail through a server with the certificate in `folder`; return what arrived, too."""
    options = {"username": "convoca", "password": "s3cret"}
    with SmtpServer(security=security, certificates=folder, **options).running() as server:
        (outcome,) = sent_through(server_at(server), [outgoing(1)])
        return outcome, server.mails


@pytest.mark.parametrize("security", ENCRYPTED)
def test_an_authority_of_ones_own_is_trusted_by_its_file(tmp_path, settings, security):
    make_certificate(tmp_path)
    before = reach.trust().cert_store_stats()["x509"]
    settings.CA_FILE = str(tmp_path / "certificate.pem")
    assert reach.trust().cert_store_stats()["x509"] == before + 1  # besides the others
    outcome, mails = send_through(tmp_path, security)
    assert outcome.status == SENT
    assert [(mail.is_encrypted, mail.login) for mail in mails] == [(True, "convoca")]


@pytest.mark.parametrize("security", ENCRYPTED)
@pytest.mark.parametrize(
    ("certificate", "is_known", "words"),
    [
        ({}, False, "self-signed"),
        ({"ends_in_hours": -1}, True, "expired"),
        ({"address": "192.0.2.1"}, True, "mismatch"),
    ],
)
def test_a_server_that_proves_no_name_gets_neither_login_nor_mail(
    tmp_path, settings, security, certificate, is_known, words
):
    make_certificate(tmp_path, **certificate)
    if is_known:
        settings.CA_FILE = str(tmp_path / "certificate.pem")
    outcome, mails = send_through(tmp_path, security)
    assert (outcome.status, outcome.reason) == (DELAYED, "NO_TRUST")
    assert "the certificate is not valid" in outcome.response
    assert words in outcome.response
    assert mails == []


def test_a_server_that_hides_starttls_gets_nothing(smtp: SmtpServer):
    (outcome,) = sent_through(server_at(smtp, security="starttls"), [outgoing(1)])
    assert (outcome.status, outcome.reason) == (DELAYED, "NO_TRUST")
    assert "does not offer STARTTLS" in outcome.response
    assert smtp.mails == []


def test_a_server_that_takes_starttls_back_gets_nothing(tmp_path):
    with SmtpServer(security="starttls", certificates=tmp_path).running() as server:
        server.refuse("STARTTLS", "454 4.7.0 Not now")
        (outcome,) = sent_through(server_at(server), [outgoing(1)])
        assert (outcome.status, outcome.reason) == (DELAYED, "UNREACHABLE")
        assert outcome.response == "4.7.0 Not now"
        assert server.mails == []


@pytest.mark.parametrize(
    ("host", "greeting"),
    [
        ("calendar.example", "calendar.example"),
        ("192.0.2.10", "[192.0.2.10]"),
        ("2001:db8::10", "[IPv6:2001:db8::10]"),
        ("localhost", "[127.0.0.1]"),
        ("", "[127.0.0.1]"),
    ],
)
def test_we_greet_with_a_full_name_or_an_address(host: str, greeting: str):
    assert own_name(host) == greeting


UTF8 = "From: gwén@acme.example\r\n\r\nx\r\n".encode()


@pytest.mark.parametrize(
    ("mail", "offered", "options"),
    [
        (outgoing(1, recipient="g@müller.example"), "", ""),
        (outgoing(1, recipient="gwén@guest.example"), "SMTPUTF8", " SMTPUTF8"),
        (outgoing(1, content=UTF8), "SMTPUTF8 8BITMIME", " SMTPUTF8 BODY=8BITMIME"),
        (outgoing(1, content="Subject: x\r\n\r\nañ\r\n".encode()), "8BITMIME", " BODY=8BITMIME"),
        (outgoing(1, recipient="gwén@guest.example"), "8BITMIME", None),
        (outgoing(1, content=UTF8), "8BITMIME", None),
        (outgoing(1, content=UTF8), "SMTPUTF8", None),
    ],
)
def test_a_mail_asks_for_what_it_needs_and_no_more(mail, offered: str, options: str | None):
    with scripted(offered) as (server, heard):
        (outcome,) = sent_through(server, [mail])
    if options is None:
        assert (outcome.status, outcome.reason) == (FAILED, "UNMAILABLE")
    else:
        assert (outcome.status, outcome.response) == (SENT, "ok")
        assert f"MAIL FROM:<alice@acme.example>{options}" in heard
        assert all("müller" not in line for line in heard)


def test_an_empty_envelope_sender_is_refused_here_not_there(smtp: SmtpServer):
    (outcome,) = sent_through(server_at(smtp), [outgoing(1)._replace(envelope_from="")])
    assert (outcome.status, outcome.reason) == (FAILED, "UNMAILABLE")


def test_what_was_said_before_the_encryption_counts_no_more(tmp_path, settings):
    """Somebody in between can add replies to the one that goes over to TLS (CVE-2011-0411)."""
    make_certificate(tmp_path)
    settings.CA_FILE = str(tmp_path / "certificate.pem")
    with scripted("PIPELINING", tmp_path) as (server, heard):
        (outcome,) = sent_through(replace(server, security="starttls"), [outgoing(1)])
    assert (outcome.status, outcome.response) == (SENT, "ok")
    assert [line.partition(" ")[0].upper() for line in heard[:3]] == ["EHLO", "STARTTLS", "EHLO"]


@contextmanager
def scripted(offered: str, certificates: Path | None = None):
    """Run a server that offers these extensions and takes everything; yield it and what it hears.

    Those of aiosmtpd cannot be switched off one by one. With certificates it offers STARTTLS, and
    sends a reply too many in the clear.
    """
    heard: list[str] = []
    script = Script(offered.split(), heard, certificates)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=script.serve, args=[listener], daemon=True)
        thread.start()
        port = listener.getsockname()[1]
        yield Server(host="127.0.0.1", port=port, security="none", is_system=True), heard
        thread.join(10)


class Script:
    """One conversation with a client, from the server's side."""

    def __init__(self, offered: list[str], heard: list[str], certificates: Path | None):
        self._offered, self._heard, self._certificates = offered, heard, certificates

    def serve(self, listener: socket.socket) -> None:
        connection, _address = listener.accept()
        connection.settimeout(10)
        connection.sendall(b"220 here\r\n")
        if self._certificates is not None:
            names = [*self._offered, "STARTTLS"]
            self._talk(connection, names, until="STARTTLS")
            connection.sendall(b"220 go\r\n250 injected\r\n")
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(
                *(self._certificates / f"{n}.pem" for n in ("certificate", "key"))
            )
            connection = context.wrap_socket(connection, server_side=True)
        self._talk(connection, self._offered, until="QUIT")
        connection.close()

    def _talk(self, connection: socket.socket, offered: list[str], *, until: str) -> None:
        is_body = False
        for data in connection.makefile("rb"):
            text = data.decode().rstrip("\r\n")
            self._heard.append(text)
            if text == until:
                return
            if is_body and text != ".":
                continue
            is_body = text == "DATA"
            answer = ["354 go"] if is_body else ["250 ok"]
            if text.upper().startswith("EHLO"):
                names = ["here", *offered]
                answer = [f"250{'-' if name != names[-1] else ' '}{name}" for name in names]
            connection.sendall("".join(f"{one}\r\n" for one in answer).encode())
