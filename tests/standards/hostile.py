"""Texts and mails made to cost time or memory, by name; small things repeated as often as fits."""

from base64 import b64encode
from collections.abc import Callable

CALENDAR_ROOM = 1024 * 1024 - 1_000
MAIL_ROOM = 10 * 1024 * 1024 - 1_000
ONE = "DTSTART:20260302T090000Z"


def filled(piece: str, room: int = CALENDAR_ROOM) -> str:
    """Return the piece repeated until there is no more room."""
    return piece * (room // len(piece))


def calendar(*body: str, zone: str = "", start: str = ONE, method: str = "REPLY") -> bytes:
    event = ["BEGIN:VEVENT", "UID:lunch@acme.example", *([start] if start else []), *body]
    lines = ["BEGIN:VCALENDAR", f"METHOD:{method}", zone, *event, "END:VEVENT", "END:VCALENDAR"]
    return "\n".join([line for line in lines if line] + [""]).encode()


def rule(rrule: str, start: str = "DTSTART:18000101T000000Z") -> bytes:
    return calendar(f"RRULE:{rrule}", start=start, method="PUBLISH")


def zone(observance: str, count: int, lines: int) -> bytes:
    """Return a calendar whose own zone has many observances, used in many years."""
    parts = "\n".join(
        f"BEGIN:STANDARD\nDTSTART:{1900 + at}0101T000000\nTZOFFSETFROM:+0100\nTZOFFSETTO:+02{at:02}"
        f"\n{observance}\nEND:STANDARD"
        for at in range(count)
    )
    definition = f"BEGIN:VTIMEZONE\nTZID:Mine\n{parts}\nEND:VTIMEZONE"
    dates = "\n".join(f"EXDATE;TZID=Mine:{1950 + at % 200}0302T090000" for at in range(lines))
    return calendar(
        dates, zone=definition, start="DTSTART;TZID=Mine:20260302T090000", method="PUBLISH"
    )


def many(event: str) -> bytes:
    whole = f"BEGIN:VEVENT\nUID:x\n{event}\nEND:VEVENT\n"
    return f"BEGIN:VCALENDAR\n{filled(whole, 1_000_000)}END:VCALENDAR\n".encode()


CALENDARS: dict[str, Callable[[], bytes]] = {
    "attendee lines": lambda: calendar(filled("ATTENDEE:mailto:a@b.example\n")),
    "short lines": lambda: calendar(filled("A:\n")[: 29_000 * 3]),
    "folds": lambda: calendar("SUMMARY:" + filled("x\n ")),
    "escapes": lambda: calendar("SUMMARY:" + filled("\\,")),
    "one parameter": lambda: calendar("ATTENDEE" + filled(";A=b") + ":x"),
    "many parameters": lambda: calendar("ATTENDEE" + filled(";AAA=b,b,b") + ":x"),
    "parameter values": lambda: calendar("ATTENDEE;A=" + filled(",") + ":x"),
    "quotes": lambda: calendar(filled('ATTENDEE;CN="')),
    "carets": lambda: calendar("ATTENDEE;CN=" + filled("^n") + ":x"),
    "mailtos": lambda: calendar("ATTENDEE:" + filled("mailto:")),
    "percents": lambda: calendar("ATTENDEE:mailto:" + filled("%41")),
    "long address": lambda: calendar("ATTENDEE:mailto:a@" + filled("é.")),
    "comments": lambda: calendar(filled("COMMENT:x\n")[: 29_000 * 10]),
    "EXDATEs in a line": lambda: calendar(
        "EXDATE:" + filled("20260101T100000Z,"), method="PUBLISH"
    ),
    "EXDATEs in lines": lambda: calendar(
        "EXDATE;TZID=Europe/Madrid:20260101T100000\n" * 20_000, method="PUBLISH"
    ),
    "periods": lambda: calendar("RDATE:" + filled("20260101T100000Z/PT1H,"), method="PUBLISH"),
    "BYHOURs": lambda: rule("FREQ=DAILY;" + filled("BYHOUR=1;")),
    "BYDAYs": lambda: rule("FREQ=MONTHLY;BYDAY=" + filled("1MO,", 900) + "1MO"),
    "endless rule": lambda: rule("FREQ=DAILY;UNTIL=22000101T000000Z"),
    "rule that never matches": lambda: rule("FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30;COUNT=10000"),
    "year that never matches": lambda: rule("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30;COUNT=10000"),
    "week that never matches": lambda: rule("FREQ=YEARLY;BYWEEKNO=53;BYMONTH=6;COUNT=10000"),
    "days of the year": lambda: rule(
        "FREQ=YEARLY;BYSETPOS=-1;COUNT=10000;BYYEARDAY=" + ",".join(map(str, range(1, 200)))
    ),
    "positions": lambda: rule("FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-366;COUNT=10000"),
    "rule below a day": lambda: rule("FREQ=SECONDLY"),
    "depth": lambda: filled("BEGIN:VALARM\n").encode(),
    "alarms": lambda: calendar(filled("BEGIN:VALARM\nEND:VALARM\n")[: 14_000 * 24]),
    "alarms in alarms": lambda: calendar(
        filled("BEGIN:VALARM\n" * 3 + "END:VALARM\n" * 3)[:300_000]
    ),
    "events": lambda: many(ONE),
    "events with rules": lambda: many(f"{ONE}\nRRULE:FREQ=YEARLY;BYWEEKNO=53;BYMONTH=6"),
    "events with unknown zones": lambda: many("DTSTART;TZID=X/Y/Z:20260302T090000"),
    "calendars": lambda: filled("BEGIN:VCALENDAR\nEND:VCALENDAR\n")[:900_000].encode(),
    "zone of many rules": lambda: zone("RRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU", 60, 400),
    "zone of daily rules": lambda: zone("RRULE:FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30", 60, 400),
    "zone of week numbers": lambda: zone("RRULE:FREQ=YEARLY;BYWEEKNO=53;BYMONTH=6", 60, 400),
    "zone of every day": lambda: zone("RRULE:FREQ=DAILY", 60, 400),
    "giant zone": lambda: zone("RRULE:FREQ=YEARLY", 5_000, 1),
    "many zones": lambda: calendar(
        zone="\n".join(f"BEGIN:VTIMEZONE\nTZID:Z{at}\nEND:VTIMEZONE" for at in range(9_000))
    ),
    "long zone name": lambda: calendar(start=f"DTSTART;TZID={filled('a/')}:20260302T090000"),
    "no text at all": lambda: bytes(range(256)) * 4_000,
}


def mail(*headers: str, body: bytes = b"x") -> bytes:
    return "\r\n".join(["From: a@b.example", *headers, "", ""]).encode() + body


def nested(depth: int) -> bytes:
    heads = "".join(
        f"Content-Type: multipart/mixed; boundary=b{at}\r\n\r\n--b{at}\r\n" for at in range(depth)
    )
    return heads.encode() + b"\r\n" + b"x\r\n" * 100_000


def of_type(content_type: str, content: bytes, encoding: str = "base64") -> bytes:
    return mail(
        f"Content-Type: {content_type}", f"Content-Transfer-Encoding: {encoding}", body=content
    )


def octets(piece: bytes, room: int = MAIL_ROOM) -> bytes:
    return piece * (room // len(piece))


REPLY = "text/calendar; method=REPLY"
MAILS: dict[str, Callable[[], bytes]] = {
    "short lines": lambda: mail(body=octets(b"a\n")),
    "empty lines": lambda: octets(b"\n"),
    "one line": lambda: mail(body=octets(b"a")),
    "headers": lambda: octets(b"A: b\n"),
    "continued header": lambda: mail("Subject: x" + filled("\r\n y", MAIL_ROOM)),
    "continued type": lambda: mail("Content-Type: text/plain" + filled(";\r\n a=b", MAIL_ROOM)),
    "parameters": lambda: mail("Content-Type: text/plain" + filled("; a=b", 2_000_000)),
    "quoted parameters": lambda: mail('Content-Type: text/plain; a="' + filled(";", 2_000_000)),
    "numbered parameters": lambda: mail(
        "Content-Type: text/plain" + "".join(f"; name*{at}*=utf-8''a" for at in range(100_000))
    ),
    "depth": lambda: nested(15),
    "great depth": lambda: nested(900),
    "depth without end": lambda: nested(5_000),
    "parts": lambda: mail("Content-Type: multipart/mixed; boundary=b", body=octets(b"--b\r\n\r\n")),
    "boundaries": lambda: mail("Content-Type: multipart/mixed; boundary=b", body=octets(b"--b")),
    "brackets": lambda: mail("To: " + "(" * 5_000, "Cc: " + "<" * 50_000),
    "addresses": lambda: mail(*[f"To: {filled('a@b.example,', 100_000)}"] * 60),
    "words": lambda: mail("Subject: " + filled("=?utf-8?q?a?= ", 5_000_000)),
    "bad words": lambda: mail("Subject: =?utf-8?b?abcde?="),
    "odd words": lambda: mail("Subject: =?punycode?q?" + filled("a", 2_000_000) + "-b?="),
    "references": lambda: mail("References: " + filled("<a@b.example> ", 5_000_000)),
    "verdicts": lambda: mail(
        "Authentication-Results: mx.example; " + filled("dmarc=pass ", 1_000_000)
    ),
    "reports": lambda: of_type("message/delivery-status", octets(b"a:b\n\n"), "7bit"),
    "encoded reports": lambda: of_type("message/delivery-status", octets(b"YTpiCgo=\n")),
    "mails within mails": lambda: octets(b"Content-Type: message/rfc822\r\n\r\n", 60_000),
    "base64": lambda: of_type(REPLY, b64encode(b"\0" * 7_000_000)),
    "base64 in lines": lambda: of_type(REPLY, octets(b64encode(b"\0" * 54) + b"\n")),
    "quoted-printable": lambda: of_type(REPLY, octets(b"=41"), "quoted-printable"),
    "soft line ends": lambda: of_type(REPLY, octets(b"=\n"), "quoted-printable"),
    "uuencode": lambda: of_type(REPLY, b"begin 666 x\n" + octets(b'"\xff\xff\n'), "x-uuencode"),
    "charset of names": lambda: of_type(
        f"{REPLY}; charset=punycode", b64encode(b"a" * 500_000 + b"-" + b"b" * 500_000)
    ),
    "charset of escapes": lambda: of_type(
        f"{REPLY}; charset=unicode_escape", b64encode(b"\\x41" * 250_000)
    ),
    "charset of domains": lambda: of_type(f"{REPLY}; charset=idna", b64encode(b"xn--a." * 100_000)),
    "charset that is none": lambda: of_type(f"{REPLY}; charset*=a\0b''x", b"QQ=="),
    "boundary that is none": lambda: mail("Content-Type: multipart/mixed; boundary*=a\0b''xyz"),
    "name that is none": lambda: mail("Content-Disposition: attachment; filename*=a\0b''xyz"),
    **{
        f"calendar of {name}": lambda make=make: of_type(REPLY, b64encode(make()))
        for name, make in CALENDARS.items()
        if name in ("attendee lines", "escapes", "zone of many rules", "events with rules")
    },
}
