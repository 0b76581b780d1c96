"""A short round of `./dev chaos` on one machine and on three; its reckoning sees what is wrong."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.chaos.reckoning import Reckoning, check_order, read
from tests.chaos.rounds import world
from tests.support.smtp import Mail

ICS = """BEGIN:VCALENDAR\r
VERSION:2.0\r
PRODID:-//x//y//EN\r
METHOD:{method}\r
BEGIN:VEVENT\r
UID:one\r
DTSTAMP:20270101T0000{second:02}Z\r
SEQUENCE:{sequence}\r
DTSTART:20270301T100000Z\r
SUMMARY:Talk\r
END:VEVENT\r
END:VCALENDAR\r
"""
HEAD = "Message-ID: <{name}@x>\r\nContent-Type: text/calendar; charset=utf-8\r\n\r\n"


@pytest.mark.parametrize(("database", "machines"), [("sqlite", 1), ("postgres", 3)])
def test_a_round_of_trouble_ends_well(database: str, machines: int):
    with world(database, seed=4, machines=machines) as made:
        made.play(steps=7, strokes=3, answers=6)
        assert made.is_well, made.tale()
        assert made.fates.counts["worker"]
        assert len(made.server.mails) > 10
        made.server.mails.clear()
        assert made.reckon().lost


def mail(method: str, sequence: int, second: int, name: str = "") -> Mail:
    head = HEAD.format(name=name or f"{method}{sequence}{second}")
    data = head + ICS.format(method=method, sequence=sequence, second=second)
    return Mail("a@acme.example", ("gwen@guest.example",), data.encode())


def told(*mails: Mail) -> Reckoning:
    found = Reckoning()
    check_order(found, [read(one) for one in mails])
    return found


def test_in_order_there_is_nothing_to_say():
    assert told(mail("REQUEST", 0, 1), mail("REQUEST", 1, 2), mail("CANCEL", 2, 3)) == Reckoning()


def test_a_fallen_sequence_or_dtstamp_is_seen():
    assert len(told(mail("REQUEST", 1, 1), mail("REQUEST", 0, 2)).disordered) == 1
    assert len(told(mail("REQUEST", 1, 2), mail("REQUEST", 1, 1)).disordered) == 1


def test_the_same_mail_twice_is_counted_and_another_name_gives_it_away():
    once = mail("REQUEST", 0, 1)
    assert len(told(once, replace(once)).twice) == 1
    assert len(told(once, mail("REQUEST", 0, 1, "other")).disguised) == 1


def test_a_reminder_says_the_same_once_more():
    found, words = Reckoning(), [read(mail("REQUEST", 0, 1, name)) for name in ("a", "b", "c")]
    check_order(found, words, {("one", "gwen@guest.example"): 1})
    assert (found.reminded, len(found.disguised)) == (1, 1)


def test_a_cancel_before_its_request_is_seen():
    assert len(told(mail("CANCEL", 0, 1)).uncalled) == 1
