"""A clock that is set back: seen once, and what was put off by it waits no longer than meant."""

import datetime as dt

import pytest

from convoca.accounts.models import Team
from convoca.mail import outbox
from convoca.mail.models import Delivery, Halt, Sender
from convoca.worker import clock, jobs, post
from convoca.worker.clock import Clock
from convoca.worker.jobs import Job
from convoca.worker.models import JobSlot
from tests.support.smtp import SmtpServer

NOW = dt.datetime(2026, 11, 20, 10, 0, 10, tzinfo=dt.UTC)
HOURS, SECONDS = dt.timedelta(hours=3), dt.timedelta(seconds=5)
NOTHING = dt.timedelta()


def test_only_a_clock_set_back_is_one():
    watch = Clock(NOW, 100.0)
    assert watch.look(NOW + SECONDS, 105.0) == NOTHING
    assert watch.look(NOW, 110.0) == NOTHING  # by ten seconds: too little to matter
    assert watch.look(NOW - HOURS, 110.0) == HOURS
    assert watch.look(NOW - HOURS + SECONDS, 115.0) == NOTHING
    assert watch.look(NOW + HOURS, 120.0) == NOTHING  # forward


@pytest.fixture
def mail(team: Team, sender: Sender, time_machine) -> Delivery:
    """Queued by a clock that is three hours fast; now it is right."""
    time_machine.move_to(NOW + HOURS)
    made = outbox.enqueue_post("code", recipient="gwen@guest.example", content=b"Subject: x\r\n")
    time_machine.move_to(NOW)
    assert made
    return made


def test_a_queued_mail_leaves_at_once(mail: Delivery, smtp: SmtpServer):
    assert post.send_due() == 0
    clock.set_back(HOURS, NOW)
    assert post.send_due() == 1


def test_what_waits_waits_as_long_as_was_meant(mail: Delivery):
    wait = dt.timedelta(minutes=2)
    Delivery.objects.update(due_at=NOW + HOURS + wait, grace_until=NOW + HOURS + wait)
    clock.set_back(HOURS, NOW)
    row = Delivery.objects.get()
    assert (row.due_at, row.grace_until, row.grace_from) == (NOW + wait, NOW + wait, None)


def test_claims_of_machines_whose_clocks_were_right_go_on(mail: Delivery):
    ends = NOW + outbox.LEASE
    Delivery.objects.update(lease="of another machine", due_at=ends)
    clock.set_back(HOURS, NOW)
    assert Delivery.objects.get().due_at == ends


def test_a_claim_by_the_wrong_clock_ends_as_was_meant(mail: Delivery):
    Delivery.objects.update(lease="of a dead worker", due_at=NOW + HOURS + outbox.LEASE)
    clock.set_back(HOURS, NOW)
    assert Delivery.objects.get().due_at == NOW + outbox.LEASE


def test_a_destination_is_tried_as_soon_as_was_meant(db: None):
    wait = dt.timedelta(minutes=2)
    Halt.objects.create(lane="", since=NOW, until=NOW + HOURS + wait)
    Halt.objects.create(lane=Halt.EVERYTHING, since=NOW)
    clock.set_back(HOURS, NOW)
    assert set(Halt.objects.values_list("until", flat=True)) == {NOW + wait, None}


def test_of_several_workers_one_brings_it_forward(mail: Delivery):
    Delivery.objects.update(due_at=NOW + 4 * HOURS)
    assert clock.set_back(HOURS, NOW)
    assert not clock.set_back(HOURS, NOW + SECONDS)
    assert not clock.set_back(HOURS, NOW + dt.timedelta(minutes=1))
    assert Delivery.objects.get().due_at == NOW + 3 * HOURS


def test_jobs_go_on(db: None, monkeypatch, time_machine):
    turns: list[dt.datetime] = []
    monkeypatch.setattr(jobs, "JOBS", [Job("count", dt.timedelta(minutes=1), turns.append)])
    time_machine.move_to(NOW)
    jobs.run_due(NOW)
    time_machine.move_to(NOW - HOURS)
    JobSlot.objects.create(job="count", slot=int((NOW - HOURS).timestamp() // 60))
    JobSlot.objects.update(taken_at=NOW)
    assert jobs.run_due(NOW - HOURS) == []
    clock.set_back(HOURS, NOW - HOURS)
    assert jobs.run_due(NOW - HOURS) == ["count"]
