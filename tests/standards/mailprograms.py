"""Answers as mail programs write them, each made from what the guest's program holds."""

from base64 import b64encode
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from email.header import Header

from tests.standards.client import Moment, Part

WINDOWS_ZONE = "Romance Standard Time"
"""What Windows calls Europe/Madrid."""


@dataclass(frozen=True)
class Said:
    """One VEVENT of an answer: to the whole, or to the date that originally starts then."""

    partstat: str
    part: Part
    original: Moment | None = None
    proposed: tuple[datetime, datetime] | None = None

    @property
    def start(self) -> Moment:
        return self.part.start if self.original is None else self.original


@dataclass(frozen=True)
class Answering:
    """Who answers what, from which account and when."""

    uid: str
    address: str
    organizer: str
    said: list[Said]
    sent_at: datetime
    comment: str = ""

    @property
    def method(self) -> str:
        return "COUNTER" if self.said[0].proposed else "REPLY"


def gmail(answering: Answering) -> bytes:
    """All in UTC, no In-Reply-To, and it calls itself automatic."""

    def times(one: Said) -> list[str]:
        start, end = one.proposed or (one.start, one.start + timedelta(hours=1))
        return [
            f"DTSTART{utc(start)}",
            f"DTEND{utc(end)}",
            *([f"RECURRENCE-ID{utc(one.original)}"] if one.original else []),
            f"ORGANIZER;CN={answering.organizer}:mailto:{answering.organizer}",
            f"ATTENDEE;CUTYPE=INDIVIDUAL;ROLE=REQ-PARTICIPANT;PARTSTAT={one.partstat};"
            f"CN={answering.address};X-NUM-GUESTS=0:mailto:{answering.address}",
            *([f"COMMENT:{answering.comment}"] if answering.comment else []),
            f"SEQUENCE:{one.part.order[0]}",
            "STATUS:CONFIRMED",
            f"SUMMARY:{one.part.title}",
        ]

    ics = calendar(answering, "-//Google Inc//Google Calendar 70.9054//EN", times)
    return mail(
        answering,
        encoded(f'text/calendar; charset="UTF-8"; method={answering.method}', ics.encode()),
        encoded('application/ics; name="invite.ics"', ics.encode()),
        headers=[
            "Sender: Google Calendar <calendar-notification@google.com>",
            "Auto-Submitted: auto-generated",
        ],
    )


def exchange(answering: Answering) -> bytes:
    """No ORGANIZER, the guest's language, Windows zones and charset, UID in capitals."""

    def times(one: Said) -> list[str]:
        start, end = one.proposed or (one.start, one.start + timedelta(hours=1))
        original = [
            f"X-MS-OLK-ORIGINALSTART{windows(one.start)}",
            f"X-MS-OLK-ORIGINALEND{windows(one.start + timedelta(hours=1))}",
        ]
        return [
            f"ATTENDEE;PARTSTAT={one.partstat};CN={answering.address}:mailto:{answering.address}",
            "COMMENT;LANGUAGE=es-ES:" + (answering.comment or "\\n"),
            *([f"RECURRENCE-ID{windows(one.original)}"] if one.original else []),
            f"SUMMARY;LANGUAGE=es-ES:{SPANISH[one.partstat]}: {one.part.title} – mañana",
            f"DTSTART{windows(start)}",
            f"DTEND{windows(end)}",
            *(original if one.proposed else []),
            f"SEQUENCE:{one.part.order[0]}",
            "STATUS:CONFIRMED",
            "X-MICROSOFT-CDO-BUSYSTATUS:BUSY",
        ]

    ics = calendar(answering, "Microsoft Exchange Server 2010", times, uid=answering.uid.upper())
    content_type = f'text/calendar; charset="windows-1252"; method={answering.method}'
    words = encoded('text/plain; charset="windows-1252"', b"")
    return mail(answering, words, encoded(content_type, ics.encode("cp1252")), kind="alternative")


def apple(answering: Answering) -> bytes:
    """No `method` beside the content type."""
    ics = calendar(answering, "-//Apple Inc.//macOS 14.5//EN", plain_times(answering))
    return mail(answering, encoded("text/calendar; charset=utf-8", ics.encode()))


def thunderbird(answering: Answering) -> bytes:
    """Eight bits, and the calendar twice."""
    ics = calendar(
        answering, "-//Mozilla.org/NONSGML Mozilla Calendar V1.1//EN", plain_times(answering)
    )
    head = f"Content-Type: text/calendar; method={answering.method}; charset=UTF-8\r\n"
    body = f"{head}Content-Transfer-Encoding: 8BIT\r\n\r\n{ics}\r\n".encode()
    return mail(answering, body, encoded('application/ics; name="invite.ics"', ics.encode()))


def proton(answering: Answering) -> bytes:
    """No SUMMARY."""
    times = plain_times(answering)
    ics = calendar(
        answering,
        "-//Proton AG//WebCalendar 5.0//EN",
        lambda one: [line for line in times(one) if not line.startswith("SUMMARY")],
    )
    return mail(answering, encoded("text/calendar; method=REPLY; charset=UTF-8", ics.encode()))


def tnef(answering: Answering) -> bytes:
    """Outlook's own wrapping, with no calendar in it that anybody else can read."""
    content = encoded('application/ms-tnef; name="winmail.dat"', b"\x78\x9f\x3e\x22" + b"\0" * 90)
    return mail(answering, encoded("text/plain; charset=utf-8", b"\r\n"), content)


def forwarded(answering: Answering) -> bytes:
    """Somebody's answer within another mail."""
    inner = gmail(answering).replace(b"=_outer", b"=_inner")
    return mail(answering, b"Content-Type: message/rfc822\r\n\r\n" + inner)


PROGRAMS: dict[str, Callable[[Answering], bytes]] = {
    one.__name__: one for one in (gmail, exchange, apple, thunderbird, proton, tnef, forwarded)
}
SPANISH = {"ACCEPTED": "Aceptada", "DECLINED": "Rechazada", "TENTATIVE": "Provisional"}


def plain_times(answering: Answering) -> Callable[[Said], list[str]]:
    def times(one: Said) -> list[str]:
        return [
            *([f"RECURRENCE-ID{in_zone(one.original)}"] if one.original else []),
            f"DTSTART{in_zone(one.start)}",
            f"ORGANIZER:mailto:{answering.organizer}",
            f"ATTENDEE;PARTSTAT={one.partstat}:mailto:{answering.address}",
            *([f"COMMENT:{answering.comment}"] if answering.comment else []),
            f"SEQUENCE:{one.part.order[0]}",
            f"SUMMARY:{one.part.title}",
        ]

    return times


def calendar(
    answering: Answering, product: str, lines: Callable[[Said], list[str]], uid: str = ""
) -> str:
    head = ["BEGIN:VCALENDAR", f"PRODID:{product}", "VERSION:2.0", f"METHOD:{answering.method}"]
    events = []
    for one in answering.said:
        stamp = f"DTSTAMP{utc(answering.sent_at)}"
        events += ["BEGIN:VEVENT", f"UID:{uid or answering.uid}", stamp, *lines(one), "END:VEVENT"]
    return "\r\n".join([*head, *events, "END:VCALENDAR", ""])


def mail(
    answering: Answering, *parts: bytes, kind: str = "mixed", headers: list[str] | None = None
) -> bytes:
    subject = Header(f"Aceptada: {answering.said[0].part.title} – mañana", "utf-8").encode()
    head = [
        f"From: {answering.address}",
        f"To: {answering.organizer}",
        f"Subject: {subject}",
        f"Message-ID: <{answering.sent_at.timestamp()}@guest.example>",
        *(headers or []),
        "MIME-Version: 1.0",
        f'Content-Type: multipart/{kind}; boundary="=_outer"',
    ]
    body = b"".join(b"--=_outer\r\n" + part for part in parts)
    return "\r\n".join(head).encode() + b"\r\n\r\n" + body + b"--=_outer--\r\n"


def encoded(content_type: str, content: bytes) -> bytes:
    head = f"Content-Type: {content_type}\r\nContent-Transfer-Encoding: base64\r\n\r\n"
    return head.encode() + b64encode(content) + b"\r\n"


def utc(moment: Moment) -> str:
    if not isinstance(moment, datetime):
        return day(moment)
    return f":{moment.astimezone(UTC):%Y%m%dT%H%M%SZ}"


def in_zone(moment: Moment) -> str:
    if not isinstance(moment, datetime):
        return day(moment)
    return f";TZID=Europe/Madrid:{moment:%Y%m%dT%H%M%S}"


def windows(moment: Moment) -> str:
    if not isinstance(moment, datetime):
        return day(moment)
    return f";TZID={WINDOWS_ZONE}:{moment:%Y%m%dT%H%M%S}"


def day(moment: date) -> str:
    return f";VALUE=DATE:{moment:%Y%m%d}"
