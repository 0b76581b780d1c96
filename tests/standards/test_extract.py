"""Replies as mail programs send them, and mails that are none."""

import email.policy
from base64 import b64encode
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from convoca.standards.ical.model import Attendee, Event, Organizer, Partstat, VEvent
from convoca.standards.imip.extract import Incoming, NotAMail, extract
from convoca.standards.itip.incoming import Answer, Ignored, Proposal, Result, Stranger, Why, judge

MADRID = ZoneInfo("Europe/Madrid")
START = datetime(2026, 3, 2, 10, tzinfo=MADRID)
NOW = datetime(2026, 2, 2, 9, tzinfo=UTC)
EVENT = Event(
    master=VEvent(
        uid="lunch@acme.example",
        start=START,
        end=START + timedelta(hours=1),
        rrule="FREQ=WEEKLY;COUNT=4",
        organizer=Organizer(address="alice@acme.example"),
        attendees=(Attendee(address="gwen@guest.example", name="Gwen"),),
    )
)


def ics(
    *lines: str, method: str = "REPLY", partstat: str = "ACCEPTED", uid: str = EVENT.uid
) -> str:
    attendee = f"ATTENDEE;PARTSTAT={partstat};CN=Gwen:mailto:gwen@guest.example"
    return "\r\n".join(
        [
            *("BEGIN:VCALENDAR", "VERSION:2.0", *([f"METHOD:{method}"] if method else [])),
            *("BEGIN:VEVENT", f"UID:{uid}", "DTSTAMP:20260202T080000Z", attendee, *lines),
            *("END:VEVENT", "END:VCALENDAR", ""),
        ]
    )


def part(content_type: str, content: bytes | str, *headers: str) -> bytes:
    body = b64encode(content if isinstance(content, bytes) else content.encode())
    head = [f"Content-Type: {content_type}", "Content-Transfer-Encoding: base64", *headers]
    return "\r\n".join(head).encode() + b"\r\n\r\n" + body + b"\r\n"


def mail(*parts: bytes, kind: str = "mixed", headers: str = "") -> bytes:
    head = (
        "From: =?utf-8?q?Gwen_L=C3=B3pez?= <Gwen@guest.example>\r\n"
        "To: Alice <alice@acme.example>\r\n"
        "Subject: Accepted: Lunch\r\nMessage-ID: <2@guest.example>\r\n"
        f"In-Reply-To: <1@cal.example>\r\n{headers}MIME-Version: 1.0\r\n"
        f"Content-Type: multipart/{kind}; boundary=b\r\n\r\n"
    )
    return head.encode() + b"".join(b"--b\r\n" + one for one in parts) + b"--b--\r\n"


def judged(data: bytes) -> tuple[Result, ...]:
    found = extract(data)
    (received,) = found.calendar.events
    return judge(found.method, received, EVENT, found.sender, NOW)


CALENDAR = "text/calendar; charset=UTF-8; method=REPLY"


def test_mail_is_taken_apart():
    assert extract(mail(part("text/plain", "Sí,\x00 pero más tarde"), part(CALENDAR, ics()))) == (
        Incoming(
            sender="gwen@guest.example",
            sender_name="Gwen López",
            recipients=("alice@acme.example",),
            subject="Accepted: Lunch",
            message_id="<2@guest.example>",
            references=("<1@cal.example>",),
            text="Sí, pero más tarde",
            method="REPLY",
            calendar=extract(mail(part(CALENDAR, ics()))).calendar,
        )
    )


def test_gmail_answers_a_series_in_utc_and_calls_itself_automatic():
    dates = "END:VEVENT\r\nBEGIN:VEVENT\r\nUID:lunch@acme.example\r\nDTSTAMP:20260202T080000Z\r\n"
    declined = "ATTENDEE;PARTSTAT=DECLINED:mailto:gwen@guest.example"
    text = ics("RRULE:FREQ=WEEKLY", f"{dates}RECURRENCE-ID:20260309T090000Z", declined)
    headers = "Sender: calendar-notification@google.com\r\nAuto-Submitted: auto-generated\r\n"
    whole, one_date = judged(mail(part(CALENDAR, text), headers=headers))
    assert (whole.partstat, whole.recurrence_id) == (Partstat.ACCEPTED, None)
    assert (one_date.partstat, one_date.recurrence_id) == (
        Partstat.DECLINED,
        datetime(2026, 3, 9, 10, tzinfo=MADRID),
    )


def test_exchange_has_no_organizer_windows_zones_and_charsets():
    text = ics(
        "SUMMARY:Aceptada: Reunión",
        "DTSTART;TZID=Romance Standard Time:20260309T100000",
        "RECURRENCE-ID;TZID=Romance Standard Time:20260309T100000",
        "COMMENT:¡Sí!",
        uid=EVENT.uid.upper(),
    )
    content = part("text/calendar; charset=windows-1252; method=REPLY", text.encode("cp1252"))
    (answer,) = judged(mail(content))
    assert isinstance(answer, Answer)
    assert (answer.comment, answer.recurrence_id) == (
        "¡Sí!",
        datetime(2026, 3, 9, 10, tzinfo=MADRID),
    )


def test_apple_leaves_the_method_to_the_calendar():
    (answer,) = judged(mail(part("text/calendar; charset=UTF-8", ics())))
    assert answer.partstat == Partstat.ACCEPTED


def test_apple_answers_from_another_account():
    text = ics().replace("gwen@guest.example", "gwen@icloud.example")
    (stranger,) = judged(mail(part(CALENDAR, text)))
    assert isinstance(stranger, Stranger)
    assert stranger.attendee.address == "gwen@icloud.example"


def test_thunderbird_sends_eight_bits_and_a_duplicate():
    plain = "Content-Type: text/calendar; method=REPLY; charset=UTF-8\r\n"
    eight_bit = f"{plain}Content-Transfer-Encoding: 8BIT\r\n\r\n{ics('COMMENT:ñ')}\r\n".encode()
    copy = part('application/ics; name="invite.ics"', ics(partstat="DECLINED"))
    (answer,) = judged(mail(copy, eight_bit))
    assert (answer.partstat, answer.comment) == (Partstat.ACCEPTED, "ñ")


def test_proton_leaves_out_the_summary():
    (answer,) = judged(mail(part(CALENDAR, ics("SEQUENCE:0"))))
    assert isinstance(answer, Answer)


@pytest.mark.parametrize(
    "content_type",
    [
        "application/ics",
        'application/octet-stream; name="Reply.ICS"',
        "text/calendar; method=reply",
    ],
)
def test_calendar_is_found_in_every_guise(content_type):
    (answer,) = judged(mail(part("text/html", "<p>"), part(content_type, ics())))
    assert isinstance(answer, Answer)


def test_method_of_the_part_stands_in_for_a_missing_one():
    assert extract(mail(part("text/calendar; method=reply", ics(method="")))).method == "REPLY"


def test_outlook_proposes_another_time():
    text = ics(
        "DTSTART;TZID=Romance Standard Time:20260302T160000",
        "DTEND;TZID=Romance Standard Time:20260302T170000",
        "X-MS-OLK-ORIGINALSTART;TZID=Romance Standard Time:20260302T100000",
        method="COUNTER",
        partstat="TENTATIVE",
    )
    (proposal,) = judged(mail(part("text/calendar; method=COUNTER", text)))
    assert isinstance(proposal, Proposal)
    assert proposal.start == datetime(2026, 3, 2, 16, tzinfo=MADRID)


def test_tnef_is_noticed():
    found = extract(mail(part('application/ms-tnef; name="winmail.dat"', b"\x78\x9f")))
    assert (found.has_tnef, found.calendar, found.problem) == (True, None, "")


def test_forwarded_answer_is_no_answer():
    inner = (
        mail(part(CALENDAR, ics())).replace(b"boundary=b", b"boundary=c").replace(b"--b", b"--c")
    )
    found = extract(mail(b"Content-Type: message/rfc822\r\n\r\n" + inner))
    assert found.calendar is None


def test_invitation_of_others_is_not_for_us():
    (result,) = judged(
        mail(part("text/calendar; method=REQUEST", ics("DTSTART:20260101", method="REQUEST")))
    )
    assert result == Ignored(why=Why.NOT_FOR_ORGANIZER)


def test_unreadable_calendar_says_why():
    assert extract(mail(part(CALENDAR, "nonsense"))).problem == "it is no calendar"
    large = extract(mail(part(CALENDAR, "x" * (1024 * 1024 + 1))))
    assert large.problem == "the calendar in it is larger than 1 MiB"


def test_unknown_charset_is_no_obstacle():
    (answer,) = judged(mail(part("text/calendar; charset=x-klingon; method=REPLY", ics())))
    assert isinstance(answer, Answer)


def test_plain_mail_has_text_and_no_calendar():
    message = EmailMessage(policy=email.policy.SMTP)
    message["From"], message["Subject"] = "gwen@guest.example", "hi\udcff"
    message.set_content("sí, pero media hora más tarde")
    found = extract(message.as_bytes())
    assert (found.text.strip(), found.calendar) == ("sí, pero media hora más tarde", None)
    assert extract(b"") == extract(b"\r\n")
    assert extract(mail(part("text/html", "<p>"))).text == ""


def nested(depth: int, lines: int) -> bytes:
    head = "".join(
        f"Content-Type: multipart/mixed; boundary=d{at}\r\n\r\n--d{at}\r\n" for at in range(depth)
    )
    return head.encode() + b"\r\n" + b"x\r\n" * lines


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (nested(20, 1), "the mail has too many parts"),
        (mail(*[part("text/plain", "x")] * 300), "the mail has too many parts"),
        (mail(*[part("text/plain", "x")] * 3_000), "the mail has too many parts"),
        (b"x" * (10 * 1024 * 1024 + 1), "the mail is larger than 10 MiB"),
        (b"x\n" * 300_000, "the mail has too many lines"),
        (nested(100, 50_000), "the mail has too many lines"),
        (
            b"Content-Type: message/delivery-status\n\n" + b"a:b\n\n" * 20_000,
            "the mail has too many parts",
        ),
        (b"Content-Type: text/plain" + b"; a=b" * 5_000, "a header of the mail is too long"),
        (
            b"Content-Type: multipart/mixed; boundary*=a\0b''x\r\n\r\n--x",
            "the mail cannot be parsed",
        ),
    ],
    ids=range(9),
)
def test_bounds_are_kept(data, problem):
    with pytest.raises(NotAMail) as failure:
        extract(data)
    assert str(failure.value) == problem


def test_broken_headers_are_no_obstacle():
    found = extract(b"Subject: =?utf-8?b?abcde?=\r\nTo: " + b"(" * 5_000 + b"\r\n\r\nhello")
    assert (found.subject, found.recipients, found.text) == ("=?utf-8?b?abcde?=", (), "hello")
    named = b"Content-Disposition: attachment; filename*=a\0b''xyz\r\n\r\nhello"
    assert extract(named).text == "hello"
    long = extract(b"Subject: " + b"word " * 10_000 + b"\r\n\r\nhello")
    assert len(long.subject) <= 8192


@pytest.mark.parametrize("charset", ["punycode", "unicode_escape", "idna", "x-klingon", "us-ascii"])
def test_names_of_codecs_are_no_charsets(charset):
    (answer,) = judged(mail(part(f"text/calendar; charset={charset}; method=REPLY", ics())))
    assert isinstance(answer, Answer)


def test_uuencoded_rubbish_is_no_calendar():
    head = b"Content-Type: text/calendar\r\nContent-Transfer-Encoding: uuencode\r\n\r\n"
    assert extract(head + b'begin 666 x\n"\xff\xff\nend\n').problem == "it is no calendar"


def test_calendar_too_large_to_decode_is_left_alone():
    found = extract(mail(part(CALENDAR, "x" * (4 * 1024 * 1024))))
    assert found.problem == "the calendar in it is larger than 1 MiB"


HEADS = st.sampled_from(
    [
        *(
            "Content-Type: ",
            "text/calendar",
            "multipart/mixed",
            "; boundary=b",
            "; charset=",
            "utf-7",
        ),
        *("\r\n", "\r\n\r\n", "--b", "--", "Content-Transfer-Encoding: ", "base64", "uuencode"),
        *("message/rfc822", "message/delivery-status", "From: ", "=?utf-8?b?x?=", "<", ">", "\0"),
        *(
            "; method=",
            "; filename*=x''%FF",
            "quoted-printable",
            "=FF",
            "begin 666 x\n",
            '"',
            "\udc80",
        ),
        *(
            "Action: failed",
            "Final-Recipient: rfc822;",
            "a@b.example",
            "; name*0*=",
            "BEGIN:VCALENDAR",
        ),
    ]
)


def as_bytes(words: list[str]) -> bytes:
    return "".join(words).encode("utf-8", "surrogateescape")


@given(st.one_of(st.binary(max_size=300), st.lists(HEADS, max_size=50).map(as_bytes)))
def test_no_bytes_raise_more_than_not_a_mail(data):
    try:
        extract(data)
    except NotAMail:
        assert data
