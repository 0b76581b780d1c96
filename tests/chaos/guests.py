"""Guests who answer by mail while all breaks down, through a mail server that tries until taken,
or into the host's own mailbox."""

from __future__ import annotations

import datetime as dt
import random
import smtplib
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import httpx

from tests.support.imap_server import ImapServer
from tests.support.installation import Installation

NAMES = [f"answers{number}@guest.example" for number in range(4)]
DIRECT = NAMES[2:]
DOMAIN = "reply.example"
ANSWERS = ["ACCEPTED", "TENTATIVE", "DECLINED"]
CONNECT = """
from convoca.accounts.models import Membership
from convoca.mail import mailboxes, senders
login = mailboxes.ImapLogin(
    host="127.0.0.1", port=int(sys.argv[1]), security="none", username="info", password="s3cret",
    authserv_id="mx.acme.example",
)
host = Membership.objects.get()
mailboxes.connect(host, senders.choose(host, None), login)
"""
REPLY = """Authentication-Results: mx.acme.example; dmarc=pass header.from=guest.example
From: {address}
Message-ID: <{uid}.{number}@guest.example>
Content-Type: text/calendar; method=REPLY; charset=UTF-8

BEGIN:VCALENDAR
METHOD:REPLY
BEGIN:VEVENT
UID:{uid}
SEQUENCE:0
DTSTAMP:{now:%Y%m%dT%H%M%SZ}
ATTENDEE;PARTSTAT={answer}:mailto:{address}
END:VEVENT
END:VCALENDAR
"""
MAILBOXES = """
SELECT invitation.email_key, invitation.reply_token
FROM invitations_invitation AS invitation
JOIN calendars_event AS event ON event.id = invitation.event_id WHERE event.uid = '{uid}'
"""
KEPT = """
SELECT rsvp.partstat, count(*) FROM invitations_rsvp AS rsvp
JOIN invitations_invitation AS invitation ON invitation.id = rsvp.invitation_id
JOIN calendars_event AS event ON event.id = invitation.event_id
WHERE event.uid = '{uid}' AND invitation.email_key = '{address}' GROUP BY rsvp.partstat
"""
COUNTS = """
SELECT attendee.partstat FROM calendars_attendee AS attendee
JOIN calendars_event AS event ON event.id = attendee.event_id
WHERE event.uid = '{uid}' AND attendee.email_key = '{address}'
"""
UNREAD = "SELECT count(*) FROM mail_inboundmessage WHERE due_at IS NOT NULL OR status <> 'DONE'"


@dataclass
class Guests:
    """Answer one event that nobody changes, each of them several times and in order."""

    there: Installation
    uid: str
    ports: list[int]
    mailbox: ImapServer
    dice: random.Random
    sent: dict[str, list[str]] = field(default_factory=lambda: {name: [] for name in NAMES})
    is_clock_right: bool = True  # else an answer may count as older than one before it
    tries: int = 0  # more than answers where one was delivered and not acknowledged
    is_over: bool = False

    def play(self, count: int) -> None:
        """Send so many answers, each until it is taken."""
        mailboxes = {
            address: f"rsvp+{token}@{DOMAIN}"
            for address, token in self.there.query(MAILBOXES.format(uid=self.uid))
        }
        for number in range(count):
            address, answer = NAMES[number % len(NAMES)], self.dice.choice(ANSWERS)
            time.sleep(0.3 + self.dice.random() / 3)  # over a second until the next by the same
            content = REPLY.format(
                uid=self.uid,
                address=address,
                answer=answer,
                number=number,
                now=dt.datetime.now(dt.UTC),
            )
            mail = content.replace("\n", "\r\n").encode()
            if address in DIRECT:  # their programs write to the host, whatever the organizer is
                self.mailbox.deliver(mail)
                self.tries += 1
            else:
                self._deliver(mailboxes[address], mail)
            self.sent[address].append(answer)

    def _deliver(self, mailbox: str, content: bytes) -> None:
        """Try, as a mail server does, until somebody has taken it."""
        end = time.monotonic() + 300
        while time.monotonic() < end:
            self.tries += 1
            try:
                with smtplib.LMTP("127.0.0.1", self.dice.choice(self.ports), timeout=20) as client:
                    client.sendmail("guest@guest.example", [mailbox], content)
                return
            except (OSError, smtplib.SMTPException):
                time.sleep(0.3)
        raise AssertionError("no worker takes an answer")

    def wrong(self) -> list[str]:
        """Return what was lost of the answers, counted twice, or came in the wrong order."""
        found = []
        for address, answers in self.sent.items():
            place = {"uid": self.uid, "address": address}
            kept = Counter(dict(self.there.query(KEPT.format(**place))))
            counts = [answer for (answer,) in self.there.query(COUNTS.format(**place))]
            is_last = counts == (answers or ["NEEDS-ACTION"])[-1:]
            if kept != Counter(answers) or (self.is_clock_right and not is_last):
                found.append(
                    f"{address} of {self.uid} answered {answers}: {kept} are kept, {counts} counts"
                )
        return found


def connect(there: Installation, mailbox: ImapServer) -> None:
    """Let the host's mailbox be read from now on."""
    there.python(CONNECT, str(mailbox.port))


def unread(there: Installation, mailbox: ImapServer) -> int:
    """Return how many answers nobody has dealt with yet."""
    last = int(there.query("SELECT last_uid FROM mail_mailbox")[0][0])
    left = sum(uid > last for uid in mailbox.flags())
    return left + int(there.query(UNREAD)[0][0])


def invite(api: httpx.Client, title: str) -> str:
    """Make the event that will be answered; return its UID."""
    event: dict[str, Any] = {
        "title": title,
        "start": "2027-05-03T10:00",
        "end": "2027-05-03T11:00",
        "timezone": "Europe/Madrid",
        "attendees": [{"email": name, "first_name": name.partition("@")[0]} for name in NAMES],
    }
    answer = api.post("events", json=event).raise_for_status().json()
    return str(api.get(f"events/{answer['id']}").raise_for_status().json()["uid"])
