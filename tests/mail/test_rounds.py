"""Thousands of lanes: few looks at all of them, and still everybody's turn comes."""

from __future__ import annotations

import datetime as dt

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from convoca.mail import outbox
from convoca.mail.models import Delivery, Halt
from convoca.mail.traffic import lanes, pausing, rounds
from convoca.mail.traffic.rounds import Round
from convoca.worker import post
from tests.support.smtp import SmtpServer


@pytest.fixture(autouse=True)
def folder(db: None, settings, tmp_path) -> None:
    settings.DATA_DIR = tmp_path


def queue(*names: str) -> None:
    for name in names:
        made = outbox.enqueue_post(
            f"{name}:{Delivery.objects.count()}",
            recipient="gwen@guest.example",
            content=b"Subject: x\r\n\r\nx\r\n",
        )
        assert made
        Delivery.objects.filter(pk=made.pk).update(lane=name)


class Ticks:
    """A clock that stands still until somebody lets time pass by."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now

    def pass_by(self, seconds: float) -> list[lanes.Lane]:
        self.now += seconds
        return []


def taken(round_: Round) -> str | None:
    """Return whose turn it is, and serve it."""
    lane = round_.take(lambda some: some[0])
    if lane:
        round_.leave(lane, is_empty=False)
    return lane and lane.name


def test_lanes_are_looked_at_from_time_to_time_not_for_each_batch(smtp: SmtpServer):
    queue(*map(str, range(40)))
    with CaptureQueriesContext(
        connection,
    ) as queries:
        assert post.send_due(round_=Round(Ticks())) == 40
    looks = [one for one in queries.captured_queries if "RECURSIVE lanes" in one["sql"]]
    assert len(looks) == 3  # codes first and last, invitations once: after the last batch


def test_each_lane_has_its_turn_before_one_has_it_again():
    queue("7", "8", "9")
    round_ = Round(Ticks())
    assert [taken(round_) for _ in range(6)] == ["7", "8", "9"] * 2


def test_who_came_later_is_seen_when_it_is_time_to_look_again():
    queue("7")
    ticks = Ticks()
    round_ = Round(ticks)
    assert taken(round_) == "7"
    queue("8")
    assert taken(round_) == "7"
    ticks.pass_by(1)
    assert [taken(round_) for _ in range(3)] == ["8", "7", "8"]


def test_before_a_worker_rests_it_looks_at_what_its_batches_changed():
    queue("7")
    round_ = Round(Ticks())
    lane = round_.take(lambda some: some[0])
    assert lane
    queue("8")
    round_.leave(lane, is_empty=True)
    assert {taken(round_), taken(round_)} == {"7", "8"}


def test_only_some_lanes_are_offered_at_a_time():
    queue(*map(str, range(rounds.AT_ONCE + 5)))
    offered = []
    assert Round(Ticks()).take(lambda some: offered.append(len(some))) is None
    assert offered == [rounds.AT_ONCE, 5]


def test_a_halt_that_came_meanwhile_counts(smtp: SmtpServer):
    queue("7")
    round_ = Round(Ticks())
    lane = round_.take(lambda some: some[0])
    assert lane
    now = timezone.now()
    Halt.objects.create(lane="7@slow.example", since=now, until=now + dt.timedelta(hours=1))
    assert lanes.as_it_is(lane, now) == lanes.ready(now)[0]
    Halt.objects.create(lane="7", since=now, until=now + dt.timedelta(hours=1))
    assert lanes.as_it_is(lane, now) is None
    assert post.send_due(round_=round_) == 0


def test_what_somebody_else_still_holds_is_not_asked_for_without_end(smtp, monkeypatch):
    queue("7")
    Delivery.objects.update(lease="of a living worker")
    monkeypatch.setattr(post, "living", lambda: ["of a living worker"])
    assert post.send_due() == 0


def test_a_pause_is_heard_before_the_next_batch(smtp: SmtpServer):
    queue("7", "8")
    round_ = Round(Ticks())
    taken(round_)
    pausing.pause(timezone.now())
    assert post.send_due(round_=round_) == 0
    assert smtp.mails == []


def test_a_bell_soon_after_a_look_is_not_forgotten():
    ticks = Ticks()
    round_ = Round(ticks)
    now = timezone.now()
    assert round_.next_due(now) is None
    queue("7")
    assert round_.next_due(now) == now  # come again to look
    ticks.pass_by(1)
    assert round_.next_due(now) == Delivery.objects.get().due_at


def test_a_look_that_waited_for_a_lock_does_not_put_off_the_next(monkeypatch):
    ticks = Ticks()
    monkeypatch.setattr(lanes, "of_kind", lambda kind, now: ticks.pass_by(60))
    round_ = Round(ticks)
    assert taken(round_) is None
    monkeypatch.undo()
    queue("7")
    ticks.pass_by(rounds.LONGEST + 1)
    assert taken(round_) == "7"


def test_a_look_reads_the_index_alone():
    queue(*map(str, range(20)))
    if connection.vendor != "sqlite":
        pytest.skip("the plan is SQLite's")
    statement = lanes.DUE.format(table=Delivery._meta.db_table)
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN QUERY PLAN {statement}", {"kind": "POST"})
        plan = [row[-1] for row in cursor.fetchall()]
    reads = [line for line in plan if "mail_delivery" in line or " one " in line]
    assert reads
    assert all("INDEX delivery_due" in line for line in reads)
