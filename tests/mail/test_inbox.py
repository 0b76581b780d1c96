"""What comes in is kept before it is understood, and worked off exactly once."""

from __future__ import annotations

import datetime as dt

import pytest
from django.utils import timezone

from convoca.mail.inbound import inbox
from convoca.mail.inbound.inbox import Outcome, Verdict
from convoca.mail.models import InboundMessage
from convoca.worker import inbound

MAIL = b"From: gwen@guest.example\r\n\r\nHi"
TO = "rsvp+1@reply.example"


@pytest.fixture(autouse=True)
def clock(db, time_machine):
    time_machine.move_to("2026-11-20T10:00Z", tick=False)
    return time_machine


def done(message: InboundMessage) -> Verdict:
    return Verdict(outcome=Outcome.APPLIED, detail="yes")


def failing(message: InboundMessage) -> Verdict:
    raise RuntimeError("not today\0")


def test_a_message_is_kept_once_per_recipient():
    assert inbox.keep(MAIL, recipient=TO, envelope_from="<Gwen@guest.example>")
    assert not inbox.keep(MAIL, recipient=TO.upper())
    assert not inbox.keep(MAIL.replace(b"\r\n", b"\n"), recipient=f"<{TO}>")
    assert not inbox.keep(b"From gwen Fri Nov 20 10:00:00 2026\n" + MAIL, recipient=TO)
    assert inbox.keep(MAIL, recipient="rsvp+2@reply.example")
    first = InboundMessage.objects.order_by("id")[0]
    assert (bytes(first.content), first.recipient) == (MAIL, TO)
    assert first.envelope_from == "gwen@guest.example"


def test_who_sent_it_may_be_nobody_or_unknown():
    inbox.keep(MAIL, envelope_from="<>")
    inbox.keep(MAIL + b"!")
    nobody, unknown = InboundMessage.objects.order_by("id")
    assert (nobody.is_answerable, unknown.is_answerable) == (False, True)


def test_hostile_envelopes_are_kept():
    assert inbox.keep(b"\0\xff", recipient="a\0\udcff" * 400, envelope_from="\udcff\0")


def test_too_large_is_not_kept():
    with pytest.raises(inbox.TooLarge):
        inbox.keep(b"x" * (inbox.LARGEST + 1))
    assert not InboundMessage.objects.exists()


def test_a_claim_belongs_to_one_worker_until_it_ends(clock):
    inbox.keep(MAIL)
    keys = inbox.claim(timezone.now())
    assert len(keys) == 1
    assert inbox.claim(timezone.now()) == []
    clock.shift(inbox.LEASE)
    assert inbox.claim(timezone.now()) == keys


def test_what_is_claimed_together_is_little_and_was_never_tried(clock, monkeypatch):
    monkeypatch.setattr(inbox, "LARGEST_TOGETHER", 5 * len(MAIL))
    monkeypatch.setattr(inbox, "MOST", 3)
    for number in range(9):
        inbox.keep(MAIL * (3 if number == 4 else 1) + b"%d" % number)
    ids = list(InboundMessage.objects.order_by("id").values_list("pk", flat=True))
    claims = [inbox.claim(timezone.now()) for _turn in range(5)]
    assert claims == [ids[:3], ids[3:5], ids[5:8], ids[8:], []]
    clock.shift(inbox.LEASE)  # and whoever claimed them has died
    assert [inbox.claim(timezone.now()) for _turn in range(3)] == [[pk] for pk in ids[:3]]


def test_one_that_is_larger_than_all_together_may_be_comes_alone(monkeypatch):
    monkeypatch.setattr(inbox, "LARGEST_TOGETHER", len(MAIL))
    inbox.keep(MAIL * 2)
    inbox.keep(MAIL)
    assert [len(inbox.claim(timezone.now())) for _turn in range(3)] == [1, 1, 0]


def test_after_a_few_there_is_a_pause_for_more_to_come(monkeypatch):
    monkeypatch.setattr(inbox, "MOST", 2)
    for number in range(5):
        inbox.keep(MAIL + b"%d" % number)
    waiting = InboundMessage.objects.filter(status="WAITING")
    left = []
    assert inbound.work_off_due(pause=lambda: left.append(waiting.count())) == 5
    assert left == [0]


def test_what_was_not_tried_is_given_back_at_a_stop(monkeypatch):
    for number in range(3):
        inbox.keep(MAIL + b"%d" % number)
    asked = iter([False, False])
    assert inbound.work_off_due(lambda: next(asked, True)) == 1
    rows = InboundMessage.objects.order_by("id")
    assert [(row.status, row.attempts) for row in rows] == [("DONE", 1)] + [("WAITING", 0)] * 2
    assert inbound.work_off_due() == 2


def test_a_message_is_worked_off_once():
    inbox.keep(MAIL)
    [pk] = inbox.claim(timezone.now())
    assert inbox.work_off(pk, done)
    assert not inbox.work_off(pk, failing)
    row = InboundMessage.objects.get()
    assert (row.status, row.outcome, row.detail, row.due_at) == ("DONE", "APPLIED", "yes", None)
    assert inbox.next_due() is None


def test_a_crash_between_store_and_process_loses_nothing(clock):
    inbox.keep(MAIL)
    inbox.claim(timezone.now())  # and here the worker dies
    clock.shift(inbox.LEASE)
    assert inbox.work_off(*inbox.claim(timezone.now()), done)
    assert InboundMessage.objects.get().attempts == 2


def test_what_cannot_be_processed_leaves_no_trace_and_is_tried_again(clock, monkeypatch):
    inbox.keep(MAIL)

    def half(message: InboundMessage) -> Verdict:
        InboundMessage.objects.create(
            digest="x", content=b"", received_at=timezone.now(), status="DONE"
        )
        return failing(message)

    monkeypatch.setattr("convoca.invitations.replies.process", half)
    assert inbound.work_off_due() == 1
    row = InboundMessage.objects.get()
    assert (row.status, row.last_error) == ("WAITING", "RuntimeError: not today")
    assert row.due_at == timezone.now() + inbox.FIRST_DELAY
    assert inbound.work_off_due() == 0
    clock.shift(inbox.FIRST_DELAY)
    monkeypatch.setattr("convoca.invitations.replies.process", done)
    assert inbound.work_off_due() == 1
    row.refresh_from_db()
    assert (row.status, row.last_error, row.attempts) == ("DONE", "", 2)


def test_waiting_grows_but_never_ends(clock):
    inbox.keep(MAIL)
    for _turn in range(30):
        row = InboundMessage.objects.get()
        clock.move_to(row.due_at)
        inbox.put_off(*inbox.claim(timezone.now()), RuntimeError("x"))
    row.refresh_from_db()
    assert row.due_at - timezone.now() == inbox.LONGEST_DELAY


def test_messages_are_emptied_and_then_forgotten(clock):
    inbox.keep(MAIL)
    inbox.keep(MAIL + b"waiting")
    first, _second = inbox.claim(timezone.now())
    inbox.work_off(first, done)
    clock.shift(inbox.KEEP_CONTENT + dt.timedelta(seconds=1))
    inbox.forget_old(timezone.now())
    sizes = [len(row.content) for row in InboundMessage.objects.order_by("id")]
    assert sizes == [0, len(MAIL) + 7]
    assert not inbox.keep(MAIL)
    clock.shift(inbox.KEEP_ROW)
    inbox.forget_old(timezone.now())
    assert InboundMessage.objects.count() == 1
