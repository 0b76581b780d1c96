"""A server that lies, never ends or never begins costs little, and breaks nothing."""

from __future__ import annotations

import re
import socketserver
import threading
import time
from collections.abc import Iterator

import pytest

from convoca.mail.imap import session as imap
from convoca.mail.imap.session import Session, Unreadable
from convoca.mail.models import Mailbox
from convoca.mail.transport.servers import Server
from tests.support.patience import PATIENCE

Reason = Mailbox.Reason
FETCH = b"* 1 FETCH (UID 7 %s)\r\nTAG OK done\r\n"
FOLDER = b"* 1 EXISTS\r\n* 0 RECENT\r\n* FLAGS ()\r\n%sTAG OK done\r\n"


class Liar(socketserver.ThreadingTCPServer):
    """Says OK to everything, except to the commands it has an answer for."""

    allow_reuse_address = daemon_threads = True
    greeting = b"* OK [CAPABILITY IMAP4rev1 IDLE] ready\r\n"

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.heard: list[bytes] = []
        self.answers: dict[bytes, bytes | Iterator[bytes]] = {
            b"CAPABILITY": b"* CAPABILITY IMAP4rev1 IDLE\r\nTAG OK done\r\n",
            b"EXAMINE": FOLDER % b"* OK [UIDVALIDITY 3] x\r\n* OK [UIDNEXT 8] x\r\n",
        }


class Handler(socketserver.StreamRequestHandler):
    server: Liar

    def handle(self) -> None:
        self.wfile.write(self.server.greeting)
        for line in self.rfile:
            self.server.heard.append(line)
            tag, _space, command = line.strip().partition(b" ")
            name = re.sub(rb"^UID ", b"", command.upper()).split(b" ")[0]
            answer = self.server.answers.get(name, b"TAG OK done\r\n")
            for piece in [answer] if isinstance(answer, bytes) else answer:
                self.wfile.write(piece.replace(b"TAG", tag))


@pytest.fixture
def liar(settings) -> Iterator[Liar]:
    settings.ALLOW_PRIVATE_SMTP = True
    settings.SMTP_TIMEOUT = settings.SMTP_CONNECT_TIMEOUT = 5
    with Liar() as server:
        threading.Thread(target=server.serve_forever, args=[0.01], daemon=True).start()
        yield server
        server.shutdown()


def opened(liar: Liar, seconds: float = PATIENCE, username: str = "u") -> Session:
    host, port = liar.server_address[:2]
    server = Server(host=str(host), port=port, security="none", username=username, password="p")
    session = Session.open(server, seconds=seconds)
    session.examine("INBOX")
    return session


def slowly(text: bytes, seconds: float = 0.05) -> Iterator[bytes]:
    for number in range(len(text)):
        time.sleep(seconds)
        yield text[number : number + 1]


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        (b"TAG NO [AUTHENTICATIONFAILED] no\r\n", Reason.LOGIN),
        (b"TAG NO Login failed\r\n", Reason.LOGIN),
        (b"TAG NO [PRIVACYREQUIRED] TLS first\r\n", Reason.LOGIN),
        (b"TAG BAD what?\r\n", Reason.TROUBLE),
        (b"TAG NO [UNAVAILABLE] later\r\n", Reason.UNREACHABLE),
        (b"TAG NO [ALERT] Too many simultaneous connections\r\n", Reason.UNREACHABLE),
        (b"* BYE going down\r\n", Reason.UNREACHABLE),
    ],
)
def test_only_a_refusal_for_good_counts_as_a_wrong_login(liar: Liar, said: bytes, reason: Reason):
    liar.answers[b"LOGIN"] = said
    with pytest.raises(Unreadable) as failure:
        opened(liar)
    assert failure.value.reason == reason


def test_no_name_adds_a_command(liar: Liar):
    opened(liar, username="u\r\nx DELETE INBOX")
    assert not any(b"DELETE" in line for line in liar.heard)
    assert any(b"AUTHENTICATE PLAIN" in line for line in liar.heard)


def test_a_greeting_that_never_comes_is_cut_off(liar: Liar, settings, monkeypatch):
    settings.SMTP_TIMEOUT = settings.SMTP_CONNECT_TIMEOUT = 60
    monkeypatch.setattr(Liar, "greeting", b"")
    began = time.monotonic()
    with pytest.raises(Unreadable):
        opened(liar, seconds=0.3)
    assert time.monotonic() - began < 20


def test_an_answer_that_trickles_is_cut_off(liar: Liar, monkeypatch):
    session = opened(liar)
    monkeypatch.setattr(imap, "LONGEST_STEP", 0.3)
    liar.answers[b"SEARCH"] = slowly(b"* SEARCH" + b" 1" * 400)
    began = time.monotonic()
    with pytest.raises(Unreadable):
        session.uids_after(1)
    assert time.monotonic() - began < 20


@pytest.mark.parametrize(
    "said",
    [
        b"* 1 FETCH (UID 7 BODY[] {999999999999}\r\n",
        b"* SEARCH 1\r\n" * 50_000,
        b"x" * 600_000,
    ],
)
def test_an_answer_without_end_is_not_listened_to(liar: Liar, monkeypatch, said: bytes):
    monkeypatch.setattr(imap, "MOST_BYTES", 500_000)
    session = opened(liar)
    liar.answers[b"FETCH"] = said
    with pytest.raises(Unreadable):
        session.fetch(7)


@pytest.mark.parametrize(
    "structure",
    [b"(" * 5000 + b")" * 5000, b"(((", b'("TEXT" {5}', b'(("TEXT") "MIXED")', b"NIL", b"()"],
)
def test_a_structure_nobody_understands_hides_only_its_message(liar: Liar, structure: bytes):
    session = opened(liar)
    liar.answers[b"FETCH"] = FETCH % (b"RFC822.SIZE 5 BODYSTRUCTURE " + structure)
    assert [peek.parts for peek in session.peek([7])] in ([], [()])


def test_a_message_that_is_gone_is_none(liar: Liar):
    session = opened(liar)
    assert session.fetch(7) is None
    assert session.peek([7]) == []
    assert session.verdicts(7) == b""
    liar.answers[b"FETCH"] = FETCH % b"BODY[] NIL"
    assert session.fetch(7) is None


def test_a_folder_without_numbers_is_refused(liar: Liar):
    session = opened(liar)
    liar.answers[b"EXAMINE"] = FOLDER % b""
    with pytest.raises(Unreadable, match="UIDVALIDITY") as failure:
        session.examine("INBOX")
    assert failure.value.reason == Reason.FOLDER


def test_a_folder_that_does_not_tell_its_next_number_is_counted(liar: Liar):
    session = opened(liar)
    liar.answers[b"EXAMINE"] = FOLDER % b"* OK [UIDVALIDITY 3] x\r\n"
    liar.answers[b"SEARCH"] = b"* SEARCH 4 9\r\nTAG OK done\r\n"
    assert session.examine("INBOX") == imap.Folder(uidvalidity=3, uidnext=10)


def test_the_last_message_is_not_taken_for_a_new_one(liar: Liar):
    """`10:*` names the last message even when its number is 9 (RFC 9051, 6.4.8)."""
    liar.answers[b"SEARCH"] = b"* SEARCH 9\r\nTAG OK done\r\n"
    assert opened(liar).uids_after(9) == []


def test_news_that_comes_with_the_first_answer_is_heard(liar: Liar):
    session = opened(liar)
    liar.answers[b"IDLE"] = b"+ idling\r\n* 5 EXISTS\r\n"
    assert session.idle()
