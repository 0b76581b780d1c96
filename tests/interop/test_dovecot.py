"""Alice's mailbox at a real Dovecot: answers ring her bell, her other mail never notices."""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.error import HTTPError

import pytest

from tests.interop import dovecot
from tests.interop.dovecot import ALICE, Dovecot
from tests.interop.host import GWEN, Host
from tests.support.installation import Installation, installed
from tests.support.patience import wait_until
from tests.support.smtp import SmtpServer

pytestmark = pytest.mark.interop

SIGNED = b"Authentication-Results: mx.acme.example; dmarc=pass header.from=%s\r\n"
PRIVATE = b"From: mum@home.example\r\nSubject: Lunch on Sunday?\r\n\r\nAs always\r\n"
REPLY = """From: Gwen <{who}>
To: alice@acme.example
Subject: {answer}: Review
MIME-Version: 1.0
Content-Type: multipart/alternative; boundary=b

--b
Content-Type: text/plain

Yes
--b
Content-Type: text/calendar; method=REPLY; charset=UTF-8

BEGIN:VCALENDAR
VERSION:2.0
METHOD:REPLY
BEGIN:VEVENT
UID:{uid}
SEQUENCE:0
DTSTAMP:{dtstamp}
ATTENDEE;PARTSTAT={answer}:mailto:{who}
END:VEVENT
END:VCALENDAR
--b--
"""


@dataclass
class Desk:
    """Alice at her Convoca, her mailbox, and the server her mails leave through."""

    host: Host
    there: Installation
    mailbox: Dovecot
    sent: SmtpServer

    def sender(self) -> dict[str, Any]:
        (own,) = self.host.call("GET", "/senders")
        return dict(own)

    def connect(self, password: str) -> Any:
        login = {
            "host": "127.0.0.1",
            "port": self.mailbox.port,
            "username": ALICE,
            "password": password,
        }
        return self.host.call("PATCH", f"/senders/{self.sender()['id']}", {"imap": login})

    def bring_greeting(self) -> None:
        """Deliver the letter that the connected mailbox gets, signed as its server signs."""
        wait_until(lambda: self.sent.to(ALICE))
        greeting = self.sent.to(ALICE)[-1]
        self.mailbox.deliver(SIGNED % b"cal.example" + greeting.data)

    def reply(self, event: str, answer: str, minute: int, who: str = GWEN) -> None:
        """Deliver an answer, signed by the mailbox's server, among other mail."""
        [(uid,)] = self.there.query("SELECT uid FROM calendars_event")
        dtstamp = f"{time.strftime('%Y%m%d', time.gmtime(time.time() - 86400))}T08{minute:02}00Z"
        text = REPLY.format(uid=uid, answer=answer, dtstamp=dtstamp, who=who)
        self.mailbox.deliver(PRIVATE)
        self.mailbox.deliver(SIGNED % b"guest.example" + text.replace("\n", "\r\n").encode())


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    assert shutil.which("dovecot"), "Dovecot is not installed: ./dev interop does that"
    sent = SmtpServer()
    with sent.running(), dovecot.started() as mailbox, installed(tmp_path, sent.url) as there:
        there.environment |= {
            "CONVOCA_ALLOW_PRIVATE_SMTP": "yes",
            "SSL_CERT_FILE": str(mailbox.certificate),
        }
        _, url = there.start_web("serve")
        host = Host(there, url)
        host.call("POST", "/senders", {"email": ALICE})
        yield Desk(host, there, mailbox, sent)


def test_an_answer_rings_the_bell_and_other_mail_stays_as_it_was(desk: Desk):
    desk.mailbox.deliver(PRIVATE)
    shown = desk.connect("s3cret")
    assert (shown["mailbox"]["host"], shown["mailbox"]["problem"]) == ("127.0.0.1", "")
    desk.bring_greeting()
    wait_until(lambda: desk.sender()["mailbox"]["authserv_id"] == "mx.acme.example")
    event = desk.host.invite("Review")
    wait_until(lambda: desk.sent.to(GWEN))

    began = time.monotonic()
    desk.reply(event, "TENTATIVE", 1)
    wait_until(lambda: desk.host.bell()[-1:] and "may come" in desk.host.bell()[-1])
    print(f"\nfrom delivery to the bell: {time.monotonic() - began:.2f} s")
    assert desk.host.answer(event) == "TENTATIVE"
    desk.mailbox.hang_up()
    desk.reply(event, "ACCEPTED", 2)
    wait_until(lambda: desk.host.answer(event) == "ACCEPTED")

    assert desk.mailbox.untouched() == 6
    assert desk.mailbox.flags() == ["\\Recent"] * 6
    kept = desk.there.query("SELECT count(*) FROM mail_inboundmessage")
    assert kept == [(2,)]


def test_mail_numbered_anew_is_neither_missed_nor_taken_twice(desk: Desk):
    desk.connect("s3cret")
    desk.bring_greeting()
    event = desk.host.invite("Review")
    desk.reply(event, "DECLINED", 1)
    wait_until(lambda: desk.host.answer(event) == "DECLINED")
    before = desk.mailbox.uidvalidity()

    time.sleep(1.1)  # Dovecot takes the second for the new number
    desk.mailbox.renumber()
    desk.reply(event, "ACCEPTED", 2)
    wait_until(lambda: desk.host.answer(event) == "ACCEPTED")
    assert desk.mailbox.uidvalidity() != before
    assert desk.there.query("SELECT count(*) FROM invitations_rsvp") == [(2,)]
    assert desk.there.query("SELECT count(*) FROM mail_inboundmessage") == [(2,)]


def test_a_wrong_password_is_refused_and_a_changed_one_told(desk: Desk):
    with pytest.raises(HTTPError) as refusal:
        desk.connect("wrong")
    assert b"imap_password" in refusal.value.read()
    assert desk.sender()["mailbox"] is None

    desk.connect("s3cret")
    desk.bring_greeting()
    wait_until(lambda: desk.sender()["mailbox"]["authserv_id"])
    event = desk.host.invite("Review")
    wait_until(lambda: desk.sent.to(GWEN))
    desk.mailbox.set_password("changed")
    desk.mailbox.hang_up()
    wait_until(lambda: desk.host.bell())
    assert desk.host.bell() == [f"Answers that arrive at {ALICE} are not being read"]
    desk.reply(event, "ACCEPTED", 1)
    assert "refused" in desk.sender()["mailbox"]["problem"]

    assert desk.connect("changed")["mailbox"]["problem"] == ""
    wait_until(lambda: desk.host.answer(event) == "ACCEPTED")
