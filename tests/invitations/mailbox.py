"""Mails as guests' programs write them, put into the inbox and worked off as the worker does."""

from __future__ import annotations

from base64 import b64encode
from dataclasses import replace

from convoca.accounts.models import Membership
from convoca.calendars import organizers
from convoca.calendars.drafts import draft_of
from convoca.calendars.models import Attendee, Event
from convoca.invitations.models import Invitation
from convoca.invitations.saving import scheduling
from convoca.mail.inbound import inbox
from convoca.mail.models import InboundMessage
from convoca.notifications.models import Notification
from convoca.worker import inbound
from tests.builders import wall
from tests.invitations.post import deliver

GWEN = "gwen@guest.example"
GUS = "gus@guest.example"
DTSTAMP = "20260202T080000Z"


def mailbox(event: Event, who: str = GWEN) -> str:
    """Return the address that one guest's own copy of the event is organized from."""
    token = Invitation.objects.get(event=event, email_key=who).reply_token
    return organizers.own_address(event.organizer_email, token)


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
    inbound.work_off_due()
    return InboundMessage.objects.order_by("-id")[0]


def partstat(event: Event, address: str = GWEN) -> str:
    """Return the answer that counts."""
    return Attendee.objects.get(event=event, email_key=address).partstat


def bell(event: Event) -> list[str]:
    """Return the kinds of what the host was told, oldest first."""
    rows = Notification.objects.filter(event=event, member=event.host)
    return [row.kind for row in rows.order_by("id")]


def move(alice: Membership, event: Event) -> Event:
    """Move the event by a day, tell everyone, and return it as it stands."""
    changed = replace(draft_of(event), start=wall("2035-11-28 10:00"), end=wall("2035-11-28 11:00"))
    moved = scheduling.save_event(alice, changed, event)
    deliver()
    moved.refresh_from_db()
    return moved
