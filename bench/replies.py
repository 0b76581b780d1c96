"""Guests' answers by mail: real REPLY messages over LMTP, until each is applied."""

from __future__ import annotations

import smtplib
import time
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from email.message import EmailMessage

from bench.engine import meeting
from bench.server import REPLY_DOMAIN, Server
from bench.sink import Sink
from convoca.standards.ical.model import Event, Partstat
from convoca.standards.ical.writing import write

TOKENS = "SELECT email, reply_token FROM invitations_invitation"
APPLIED = "SELECT count(*) FROM invitations_rsvp WHERE is_applied"


@dataclass(frozen=True, slots=True, kw_only=True)
class Replies:
    """How many replies a second the listener took, and how many were applied to the event."""

    replies: int
    taken: float
    applied: float


def measure(server: Server, sink: Sink, replies: int) -> Replies:
    """Invite as many guests and let each accept by mail, all over one connection."""
    sink.reset()
    event, _answer = server.create_event(replies, "Replies")
    sink.wait(replies, timeout=60 + replies / 20)
    uid = server.api.get(f"events/{event}").raise_for_status().json()["uid"]
    mails = [
        (f"rsvp+{token}@{REPLY_DOMAIN}", who, _reply(uid, who)) for who, token in server.ask(TOKENS)
    ]
    started = time.perf_counter()
    with smtplib.LMTP("127.0.0.1", server.lmtp_port) as line:
        for mailbox, who, content in mails:
            line.sendmail(who, [mailbox], content)
    taken = time.perf_counter() - started
    with closing(server.connect()) as connection:
        while connection.execute(APPLIED).fetchone()[0] < replies:
            if time.perf_counter() - started > 60 + replies:
                raise TimeoutError("not all replies were applied")
            time.sleep(0.02)
    applied = time.perf_counter() - started
    return Replies(replies=replies, taken=replies / taken, applied=replies / applied)


def _reply(uid: str, who: str) -> bytes:
    """Return a guest's answer as calendar programs mail it: a text and the calendar part."""
    main = meeting(1).main
    mine = replace(main.attendees[0], address=who, partstat=Partstat.ACCEPTED)
    answer = replace(main, uid=uid, attendees=(mine,), dtstamp=datetime.now(UTC))
    mail = EmailMessage()
    mail["From"], mail["Subject"] = who, "Accepted: Replies"
    mail.set_content("Guest has accepted.")
    calendar = write(Event(master=answer), method="REPLY").decode()
    mail.add_alternative(calendar, subtype="calendar", params={"method": "REPLY"})
    return mail.as_bytes()
