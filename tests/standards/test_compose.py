"""The mail around a calendar object, read again by the library it was not written with."""

import email
import email.policy
import quopri
from datetime import UTC, datetime
from email.header import decode_header, make_header
from email.message import EmailMessage

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from convoca.standards.ical.cleaning import clean
from convoca.standards.imip.compose import (
    Letter,
    Mailbox,
    Unmailable,
    compose,
    compose_enclosing,
    compose_plain,
    encoded,
)

ICS = b"BEGIN:VCALENDAR\r\nMETHOD:REQUEST\r\nEND:VCALENDAR\r\n"
LETTER = Letter(
    sender=Mailbox(address="alice@acme.example", name="Alice Álvarez"),
    recipient=Mailbox(address="gwen@guest.example", name="Gwen"),
    subject="Invitación: Lunch",
    text="Comemos mañana\n¿Vienes?",
    html="<p>Comemos mañana</p>",
    message_id="<1@cal.example>",
    date=datetime(2026, 2, 1, 9, tzinfo=UTC),
    reply_to=Mailbox(address="alice@acme.example"),
    references=("<0@cal.example>",),
    headers={"List-Unsubscribe": "<https://cal.example/stop>"},
)


def read(data: bytes) -> EmailMessage:
    assert b"\n" not in data.replace(b"\r\n", b"")
    assert all(len(line) <= 998 for line in data.split(b"\r\n"))
    message = email.message_from_bytes(data, policy=email.policy.default)
    assert [part.defects for part in message.walk() if part.defects] == []
    return message


def test_invitation_has_the_shape_mail_programs_look_for():
    message = read(compose(LETTER, ICS, "REQUEST"))
    assert message.get_content_type() == "multipart/mixed"
    alternative, attachment = message.iter_parts()
    assert alternative.get_content_type() == "multipart/alternative"
    text, html, calendar = alternative.iter_parts()
    assert text["Content-Type"] == 'text/plain; charset="UTF-8"'
    assert text.get_content() == LETTER.text.replace("\n", "\r\n")
    assert html["Content-Type"] == 'text/html; charset="UTF-8"'
    assert html.get_content() == LETTER.html
    assert calendar["Content-Type"] == 'text/calendar; charset="UTF-8"; method="REQUEST"'
    assert calendar["Content-Disposition"] is None
    assert attachment["Content-Type"] == 'application/ics; name="invite.ics"'
    assert attachment["Content-Disposition"] == 'attachment; filename="invite.ics"'
    for part in (calendar, attachment):
        assert part["Content-Transfer-Encoding"] == "base64"
        assert part.get_payload(decode=True) == ICS


def test_headers_are_all_there():
    assert read(compose(LETTER, ICS, "REQUEST")).items()[:12] == [
        ("From", "Alice Álvarez <alice@acme.example>"),
        ("To", "Gwen <gwen@guest.example>"),
        ("Reply-To", "alice@acme.example"),
        ("Subject", "Invitación: Lunch"),
        ("Date", "Sun, 01 Feb 2026 09:00:00 +0000"),
        ("Message-ID", "<1@cal.example>"),
        ("In-Reply-To", "<0@cal.example>"),
        ("References", "<0@cal.example>"),
        ("Auto-Submitted", "auto-generated"),
        ("X-Auto-Response-Suppress", "OOF, AutoReply"),
        ("List-Unsubscribe", "<https://cal.example/stop>"),
        ("MIME-Version", "1.0"),
    ]


def test_same_letter_gives_the_same_bytes():
    assert compose(LETTER, ICS, "REQUEST") == compose(LETTER, ICS, "REQUEST")
    assert compose(LETTER, ICS, "REQUEST").isascii()


@given(st.text(st.sampled_from(".=a \tñ\n")) | st.text())
@example("." * 300)
@example("a" * 75 + "." * 300)
@example("\n".join("." + "a" * length + "ñ" * 20 for length in range(60, 76)))
def test_words_are_read_as_written_and_no_line_begins_with_a_dot(text):
    lines = encoded(text).split(b"\r\n")
    assert max(map(len, lines)) <= 76
    assert not any(line.startswith(b".") for line in lines)
    read_again = quopri.decodestring(encoded(text)).decode()
    assert read_again == clean(text).replace("\n", "\r\n") + "\r\n"


def test_plain_letter_has_two_forms():
    plain = LETTER._replace(reply_to=None, references=(), headers={})
    message = read(compose_plain(plain))
    assert [part.get_content_type() for part in message.walk()] == [
        "multipart/alternative",
        "text/plain",
        "text/html",
    ]
    assert not {"Reply-To", "References", "In-Reply-To"} & set(message.keys())


HOSTILE = st.text(
    st.one_of(st.sampled_from("\r\n\0\t\x85\u2028\ud800:;,<>@\"'\\=?()"), st.characters()),
    max_size=120,
)
KNOWN = {
    *("From", "To", "Subject", "Date", "Message-ID", "Auto-Submitted", "MIME-Version"),
    *("X-Auto-Response-Suppress", "Content-Type"),
}


@given(HOSTILE, HOSTILE)
def test_no_text_can_add_a_header(name, subject):
    letter = Letter(
        sender=Mailbox(address="alice@acme.example", name=name),
        recipient=Mailbox(address="gwen@guest.example", name=name),
        subject=subject,
        text=name,
        html=subject,
        message_id="<1@cal.example>",
        date=LETTER.date,
    )
    data = compose_plain(letter)
    assert data.isascii()
    message = email.message_from_bytes(data)
    assert set(message.keys()) == KNOWN
    for header in ("From", "To"):
        ((_, address),) = email.utils.getaddresses([message[header]])
        assert address in ("alice@acme.example", "gwen@guest.example")


@pytest.mark.parametrize(
    "name",
    ["Gwen", "O'Neil, Gwen", 'Gwen "G" \\ López', "G" * 100, "=?utf-8?q?x?=", "Ñ" * 80, " a\r\nb "],
)
def test_names_are_read_as_they_were_written(name):
    letter = LETTER._replace(recipient=Mailbox(address="gwen@guest.example", name=name))
    raw = email.message_from_bytes(compose_plain(letter))["To"]
    ((shown, address),) = email.utils.getaddresses([raw])
    assert str(make_header(decode_header(shown))) == " ".join(name.split())
    assert address == "gwen@guest.example"


@pytest.mark.parametrize(
    "subject", ["Lunch", "", "=?utf-8?q?x?=", "long " * 40, "ñandú " * 30, "a\r\nBcc: x@y.example"]
)
def test_subjects_are_read_as_they_were_written(subject):
    message = read(compose_plain(LETTER._replace(subject=subject)))
    assert message["Subject"] == " ".join(subject.split())
    assert message["Bcc"] is None


@pytest.mark.parametrize(
    "changes",
    [
        {"recipient": Mailbox(address="gwen@guest.example\r\nBcc: x@y.example")},
        {"recipient": Mailbox(address="gwen@guest.example, x@y.example")},
        {"recipient": Mailbox(address="nobody")},
        {"sender": Mailbox(address="a@b.example> <x@y.example")},
        {"message_id": "1@cal.example"},
        {"message_id": "<1@cal.example>\r\nX: 1"},
        {"references": ("<1> <2>",)},
        {"headers": {"X-A:": "1"}},
        {"headers": {"Bcc": "x@y.example"}},
        {"headers": {"SUBJECT": "x"}},
        {"headers": {"X-A": "1\r\nX-B: 2"}},
        {"headers": {"X-A": "ñ"}},
        {"headers": {"X-A": "x" * 1000}},
    ],
)
def test_what_cannot_be_mailed_is_refused(changes):
    with pytest.raises(Unmailable):
        compose_plain(LETTER._replace(**changes))


def test_method_is_a_word():
    with pytest.raises(Unmailable):
        compose(LETTER, ICS, "REQUEST; x=1")


def test_only_a_local_part_may_need_smtputf8():
    there, here = Mailbox(address="ñandú@correo.example"), Mailbox(address="gwen@müller.example")
    assert "To: ñandú@correo.example".encode() in compose_plain(LETTER._replace(recipient=there))
    content = compose_plain(LETTER._replace(recipient=here, reply_to=here._replace(name="G")))
    assert content.isascii()
    assert b"To: gwen@xn--mller-kva.example\r\nReply-To: G <gwen@xn--mller-kva.example>" in content


def test_references_are_the_last_twenty():
    letter = LETTER._replace(references=tuple(f"<{at}@cal.example>" for at in range(30)))
    found = read(compose_plain(letter))
    assert found["References"].split() == [f"<{at}@cal.example>" for at in range(10, 30)]
    assert found["In-Reply-To"] == "<29@cal.example>"


def test_a_mail_is_enclosed_as_a_file():
    parsed = email.message_from_bytes(
        compose_enclosing(LETTER, "message.eml", b"\xff\x00"), policy=email.policy.default
    )
    (enclosed,) = parsed.iter_attachments()
    assert (enclosed.get_filename(), enclosed.get_content()) == ("message.eml", b"\xff\x00")
    for name in ('a"b', "a b", "a\\b", ""):
        with pytest.raises(Unmailable):
            compose_enclosing(LETTER, name, b"")
