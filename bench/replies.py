"""Guests' answers by mail: real REPLY messages over LMTP, to one event and to many."""

from __future__ import annotations

import smtplib
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from email.message import EmailMessage

from bench.engine import meeting
from bench.server import REPLY_DOMAIN, Server
from bench.sink import Sink
from convoca.standards.ical.model import Event, Partstat
from convoca.standards.ical.writing import write

WARM_UP = 40  # answers
TOKENS = """
SELECT one.email, one.reply_token, event.uid FROM invitations_invitation AS one
JOIN calendars_event AS event ON event.id = one.event_id WHERE one.id > %d
"""
NEWEST = "SELECT coalesce(max(id), 0) FROM invitations_invitation"
APPLIED = "SELECT count(*) FROM invitations_rsvp WHERE is_applied"
TOLD = "SELECT count(*) FROM mail_delivery WHERE key LIKE 'answers:%'"

Reply = tuple[str, str, bytes]
"""The mailbox it goes to, who sends it, and the mail."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Replies:
    """How many replies a second the listener took, and how many were applied meanwhile.

    `cpu` is the processor time of the worker, or of the one process, for a reply, in milliseconds:
    taking it, recording it and telling the host. `mails` is how many e-mails told the hosts.
    """

    what: str
    replies: int
    taken: float
    applied: float
    cpu: float
    mails: int


def measure(server: Server, sink: Sink, replies: int) -> Iterator[Replies]:
    """Let as many guests of one event accept by mail, then a fifth of them one of an event each."""
    _invite(server, sink, events=1, guests=WARM_UP)
    _hand_over(server, _replies(server, 0))
    for what, events, guests in (("one event", 1, replies), ("an event each", replies // 5, 1)):
        newest = server.ask(NEWEST)[0][0]
        _invite(server, sink, events, guests)
        yield _measure(server, what, _replies(server, newest))


def _invite(server: Server, sink: Sink, events: int, guests: int) -> None:
    sink.reset()
    for number in range(events):
        server.create_event(guests, f"Replies {number}")
    sink.wait(events * guests, timeout=60 + events * guests / 20)


def _replies(server: Server, after: int) -> list[Reply]:
    return [
        (f"rsvp+{token}@{REPLY_DOMAIN}", who, _reply(uid, who))
        for who, token, uid in server.ask(TOKENS % after)
    ]


def _measure(server: Server, what: str, mails: list[Reply]) -> Replies:
    told, worked = server.ask(TOLD)[0][0], server.cpu_seconds()
    taken, applied = _hand_over(server, mails)
    return Replies(
        what=what,
        replies=len(mails),
        taken=len(mails) / taken,
        applied=len(mails) / applied,
        cpu=1000 * (server.cpu_seconds() - worked) / len(mails),
        mails=server.ask(TOLD)[0][0] - told,
    )


def _hand_over(server: Server, mails: list[Reply]) -> tuple[float, float]:
    """Return after how many seconds all were taken, over one connection, and all were applied."""
    with closing(server.connect()) as connection:
        all_of_them = connection.execute(APPLIED).fetchone()[0] + len(mails)
        started = time.perf_counter()
        with smtplib.LMTP("127.0.0.1", server.lmtp_port) as line:
            for mailbox, who, content in mails:
                line.sendmail(who, [mailbox], content)
        taken = time.perf_counter() - started
        while connection.execute(APPLIED).fetchone()[0] < all_of_them:
            if time.perf_counter() - started > 60 + len(mails):
                raise TimeoutError("not all replies were applied")
            time.sleep(0.02)
    return taken, time.perf_counter() - started


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
