"""Which mails may be answers, told from their structure as servers write it."""

from __future__ import annotations

import pytest

from convoca.mail.imap.peeking import MOST_REFERENCES, Part, Peek


def text(kind: bytes, *parameters: bytes) -> tuple:
    return (b"TEXT", kind, parameters or None, None, None, b"7BIT", 100, 3)


def file(name: bytes, kind: bytes = b"OCTET-STREAM") -> tuple:
    disposition = (b"ATTACHMENT", (b"FILENAME", name))
    return (b"APPLICATION", kind, None, None, None, b"BASE64", 100, None, disposition, None)


def multipart(*parts: tuple, kind: bytes = b"MIXED") -> tuple:
    return (list(parts), kind, (b"BOUNDARY", b"x"), None, None)


def peek(structure: object, header: bytes = b"") -> Peek:
    return Peek.of(7, 100, structure, header)


REPLY = text(b"CALENDAR", b"CHARSET", b"UTF-8", b"method", b"reply")
REQUEST = text(b"CALENDAR", b"METHOD", b"REQUEST")
REPORT = (b"MESSAGE", b"DELIVERY-STATUS", None, None, None, b"7BIT", 100)
FORWARD = (b"MESSAGE", b"RFC822", None, None, None, b"7BIT", 900, (), REPLY, 30)

CASES = [
    (REPLY, True),
    (multipart(text(b"PLAIN"), REPLY, kind=b"ALTERNATIVE"), True),
    (multipart(text(b"PLAIN"), multipart(REPLY, kind=b"RELATED")), True),
    (text(b"CALENDAR", b"CHARSET", b"UTF-8"), True),  # Apple names no method
    (multipart(text(b"PLAIN"), file(b"Invite.ICS")), True),
    (multipart(text(b"PLAIN"), file(b"x", b"ICS")), True),
    (multipart(text(b"PLAIN"), REPORT, kind=b"REPORT"), True),
    (multipart(text(b"PLAIN"), REQUEST, file(b"invite.ics")), False),
    (multipart(text(b"PLAIN"), FORWARD), False),
    (multipart(text(b"PLAIN"), file(b"winmail.dat", b"MS-TNEF")), False),
    (text(b"PLAIN"), False),
    (None, False),
    ((), False),
    ((b"TEXT",), False),
    ((None, 1, 2, 3), False),
]


@pytest.mark.parametrize(("structure", "is_answer"), CASES)
def test_the_structure_tells_what_may_be_an_answer(structure: object, is_answer: bool):
    assert peek(structure).looks_like_answer == is_answer


def test_a_name_in_several_pieces_is_put_together():
    disposition = (b"ATTACHMENT", (b"FILENAME*1", b"e.ics", b"FILENAME*0", b"invit"))
    part = (b"APPLICATION", b"X", None, None, None, b"BASE64", 1, None, disposition)
    assert peek(part).parts == (Part(kind="application/x", filename="invite.ics"),)


def test_ids_come_from_three_headers_and_are_bounded():
    many = " ".join(f"<{number}@x>" for number in range(100))
    header = f"Message-ID: <own@x>\r\nReferences: {many}\r\nIn-Reply-To: <last@x> (Gwen)\r\n\r\n"
    found = peek(None, header.encode())
    assert found.message_id == "<own@x>"
    assert len(found.references) == MOST_REFERENCES
    assert found.references[-1] == "<last@x>"


def test_headers_without_sense_are_none():
    found = peek(None, b"\xff\x00: x\r\nReferences\r\n <\xe9@x>\r\n")
    assert (found.message_id, found.references) == ("", ())


def test_what_could_not_be_kept_is_not_small():
    assert not Peek.of(7, 10 * 1024 * 1024 + 1, None, b"").is_small
    assert Peek.of(7, None, None, b"").is_small


def test_a_structure_without_end_costs_little():
    part: tuple = text(b"PLAIN")
    for _ in range(300):
        part = multipart(part, part)
    assert peek(part).parts == ()
