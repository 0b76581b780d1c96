"""Mails as guests' programs write them, put into the inbox and worked off as the worker does."""

from __future__ import annotations

from base64 import b64encode

from convoca.calendars.models import Event
from convoca.invitations import replies
from convoca.mail import inbox
from convoca.mail.models import InboundMessage

GWEN = "gwen@guest.example"
DTSTAMP = "20260202T080000Z"


def ics(
    event: Event,
    *lines: str,
    who: str = GWEN,
    partstat: str = "ACCEPTED",
    method: str = "REPLY",
    dtstamp: str = DTSTAMP,
    sequence: int | None = None,
    uid: str = "",
) -> str:
    """Return an attendee's answer to the event as it stands."""
    number = event.sequence if sequence is None else sequence
    return "\r\n".join(
        [
            *("BEGIN:VCALENDAR", "VERSION:2.0", *([f"METHOD:{method}"] if method else [])),
            *("BEGIN:VEVENT", f"UID:{uid or event.uid}", f"DTSTAMP:{dtstamp}"),
            f"SEQUENCE:{number}",
            f"ATTENDEE;PARTSTAT={partstat}:mailto:{who}",
            *lines,
            *("END:VEVENT", "END:VCALENDAR", ""),
        ]
    )


def part(content_type: str, content: bytes | str) -> bytes:
    body = b64encode(content if isinstance(content, bytes) else content.encode())
    head = f"Content-Type: {content_type}\r\nContent-Transfer-Encoding: base64\r\n\r\n"
    return head.encode() + body + b"\r\n"


def mail(*parts: bytes, headers: str = "", sender: str = GWEN, to: str = "x@y.example") -> bytes:
    head = (
        f"From: Gwen <{sender}>\r\nTo: {to}\r\nSubject: Re: Contract review\r\n"
        f"{headers}MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n"
    )
    return head.encode() + b"".join(b"--b\r\n" + one for one in parts) + b"--b--\r\n"


def reply(calendar: str, **options: str) -> bytes:
    return mail(part("text/calendar; charset=UTF-8; method=REPLY", calendar), **options)


def plain(text: str, **options: str) -> bytes:
    return mail(part("text/plain; charset=UTF-8", text), **options)


def receive(
    content: bytes, recipient: str = "", envelope_from: str | None = GWEN
) -> InboundMessage:
    """Keep a message and work it off; return its row."""
    inbox.keep(content, recipient=recipient, envelope_from=envelope_from)
    row = InboundMessage.objects.order_by("-id")[0]
    inbox.work_off(row.pk, replies.process)
    row.refresh_from_db()
    return row
