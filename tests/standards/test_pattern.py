"""A copy made from a pattern is, byte for byte, the mail written for that guest alone."""

from dataclasses import replace
from datetime import UTC, datetime

import icalendar
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from convoca.standards.ical.model import Attachment, Attendee, Event, Organizer, Partstat
from convoca.standards.ical.stencil import Stencil, Unfit, fold, in_address, in_parameter
from convoca.standards.ical.writing import write
from convoca.standards.imip.compose import Letter, Mailbox, Unmailable, compose
from convoca.standards.imip.pattern import Own, Pattern
from tests.standards.test_writing import LUNCH

MARKS = Own.marks("0123456789abcdefghijklmnop")
NAMES = [
    *("Gwen", "Gwen López", "O'Brien", "López, Gwen", 'Gwen "G" López', "A: B; C", "’", "名前"),
    *("x" * 80, "Gwën " * 30, "a\\b", " spaced  out ", "new\r\nline", "\ud800", "🎉" * 40, "%41"),
]
ADDRESSES = [
    *("gwen@guest.example", "o'brien@guest.example", "müller@guest.example", "a%b@guest.example"),
    *("gwen@xn--bcher-kva.example", f"{'x' * 64}@{'y' * 60}.example", "a^b@guest.example"),
]
names = st.sampled_from(NAMES) | st.text(max_size=100)
addresses = st.sampled_from(ADDRESSES)


def event(own: Own, *others: Attendee, partstat: Partstat = Partstat.NEEDS_ACTION) -> Event:
    file = Attachment(uri=f"https://cal.example/r/{own.token}/f/1", name="a^b.pdf")
    me = Attendee(address=own.attendee, name=own.name, partstat=partstat)
    return Event(
        master=replace(
            LUNCH,
            summary="Comida; con, «todo»" * 5,
            url=f"https://cal.example/r/{own.token}",
            organizer=Organizer(address=f"rsvp+{own.reply_token}@cal.example", name="Alice ^ B"),
            attendees=(*others, me),
            attachments=(file,),
        )
    )


def words(own: Own, address: str) -> tuple[str, str]:
    return (
        f"¿Vienes?\nhttps://cal.example/r/{own.token}\n{own.address}\n",
        f'<a href="https://cal.example/r/{own.token}">{address}</a>' * 3,
    )


def letter(own: Own, **fields: object) -> Letter:
    defaults = {
        "sender": Mailbox(address="alice@acme.example", name="Alice"),
        "recipient": Mailbox(address=own.address, name=own.name),
        "subject": "Comida",
        "message_id": "<1@cal.example>",
        "date": datetime(2026, 2, 1, 9, tzinfo=UTC),
    }
    return Letter(**(defaults | fields))


def own(name: str, address: str) -> Own:
    return Own(
        token="T-_z" * 8, reply_token="ab" * 16, address=address, attendee=address, name=name
    )


@given(names, addresses, st.sampled_from(Partstat), st.sampled_from(["REQUEST", "CANCEL"]))
def test_a_copy_equals_the_mail_written_alone(name, address, partstat, method):
    guest, gus = own(name, address), Attendee(address="gus@guest.example", name="Gus, G")
    written = write(event(MARKS, gus, partstat=partstat), method=method)
    pattern = Pattern(*words(MARKS, MARKS.address), written, method, MARKS)
    text, html = words(guest, address.replace("'", "&#x27;"))
    alone = compose(
        letter(guest, text=text, html=html),
        write(event(guest, gus, partstat=partstat), method=method),
        method,
    )
    assert alone.count(b"\r\n") == alone.count(b"\r") == alone.count(b"\n")
    assert b"\n." not in b"\n" + alone
    try:
        assert pattern.compose(letter(guest), guest) == alone
    except Unfit:
        assert not " ".join(name.split()) or "^" in name or not name.isprintable()


def test_names_and_addresses_of_every_day_fit():
    assert [in_parameter(name) for name in NAMES]
    assert [in_address(address) for address in ADDRESSES]


@pytest.mark.parametrize("name", ["", " ", "a^b"])
def test_a_name_that_changes_the_line_itself_is_left_to_the_library(name):
    with pytest.raises(Unfit):
        in_parameter(name)


def test_an_attendee_without_mail_is_left_to_the_library():
    with pytest.raises(Unfit):
        in_address("urn:uuid:1")


@pytest.mark.parametrize("field", ["token", "reply_token"])
def test_a_token_of_another_length_is_left_to_the_library(field):
    pattern = Pattern("", "", write(event(MARKS)), "REQUEST", MARKS)
    guest = own("Gwen", "gwen@guest.example")._replace(**{field: "short"})
    with pytest.raises(Unfit):
        pattern.compose(letter(guest), guest)


def test_an_impossible_address_is_refused_as_ever():
    pattern = Pattern("", "", write(event(MARKS)), "REQUEST", MARKS)
    with pytest.raises(Unmailable):
        pattern.compose(letter(own("Gwen", "not an address")), own("Gwen", "not an address"))


@given(st.text(st.characters(exclude_characters="\n", exclude_categories=["Cs"]), max_size=300))
@example("^" * 200)
@example("a" * 73 + "\\n" + "ñ" * 100)
def test_lines_are_folded_as_the_library_folds_them(line):
    assert fold(line.encode()) == icalendar.parser.Contentline(line).to_ical()


def test_marks_that_touch_are_told_apart():
    stencil = Stencil(b"<AB><A>", {"long": "AB", "short": "A>"})
    assert stencil.fill({"long": b"1", "short": b"2"}) == b"<1><2"
