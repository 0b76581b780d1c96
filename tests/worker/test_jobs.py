"""The clock: each turn of each job once, and a job that fails stops nothing."""

import datetime as dt

import pytest
from django.contrib.sessions.models import Session

from convoca.accounts.models import Membership
from convoca.mail import senders
from convoca.mail.models import ConfirmationCode, Sender
from convoca.worker import jobs
from convoca.worker.jobs import Job
from convoca.worker.models import JobSlot
from tests.builders import an_event
from tests.support.together import at_once

NOW = dt.datetime(2026, 3, 1, 10, 0, 10, tzinfo=dt.UTC)
MINUTE = dt.timedelta(minutes=1)


def test_a_job_has_one_turn_in_each_period(db: None, monkeypatch):
    turns: list[dt.datetime] = []
    monkeypatch.setattr(jobs, "JOBS", [Job("count", MINUTE, turns.append)])
    for seconds in (0, 20, 49, 50, 51, 109):
        jobs.run_due(NOW + dt.timedelta(seconds=seconds))
    assert turns == [NOW, NOW + dt.timedelta(seconds=50)]


def test_a_failing_job_is_logged_and_stops_no_other(db: None, monkeypatch, caplog):
    def fail(now: dt.datetime) -> None:
        raise RuntimeError("a bug")

    turns: list[dt.datetime] = []
    monkeypatch.setattr(jobs, "JOBS", [Job("bad", MINUTE, fail), Job("good", MINUTE, turns.append)])
    assert jobs.run_due(NOW) == ["bad", "good"]
    assert turns == [NOW]
    assert "Job bad failed" in caplog.text


@pytest.mark.django_db(transaction=True)
def test_of_many_workers_one_takes_the_turn(monkeypatch):
    turns: list[dt.datetime] = []
    monkeypatch.setattr(jobs, "JOBS", [Job("count", MINUTE, turns.append)])
    at_once(*[lambda: jobs.run_due(NOW)] * 8)
    assert turns == [NOW]


def test_all_jobs_run(db: None, caplog):
    assert jobs.run_due(NOW) == [job.name for job in jobs.JOBS]
    assert caplog.text == ""
    assert jobs.run_due(NOW) == []


def test_what_nobody_needs_any_more_is_forgotten(alice: Membership, sender: Sender, time_machine):
    time_machine.move_to(NOW, tick=False)
    Session.objects.create(session_key="old", expire_date=NOW - MINUTE)
    Session.objects.create(session_key="new", expire_date=NOW + MINUTE)
    senders.add(alice, name="x", email="x@acme.example")
    JobSlot.objects.create(job="x", slot=1)
    jobs.forget(NOW)
    assert Session.objects.get().session_key == "new"
    assert ConfirmationCode.objects.count() == JobSlot.objects.count() == 1
    time_machine.shift(dt.timedelta(days=3))
    jobs.forget(NOW + dt.timedelta(days=3))
    assert not ConfirmationCode.objects.exists()
    assert not JobSlot.objects.exists()


def test_logins_of_removed_senders_stay_while_an_event_needs_them(alice: Membership, time_machine):
    time_machine.move_to(NOW, tick=False)
    needed, unused = (
        Sender.objects.create(
            team=alice.team,
            owner=alice,
            name=name,
            email=f"{name}@acme.example",
            email_key=f"{name}@acme.example",
            confirmed_at=NOW,
            smtp_password=b"x",
        )
        for name in ("needed", "unused")
    )
    an_event(alice, start="2026-03-02 10:00", sender=needed)
    an_event(alice, start="2026-02-02 10:00", sender=unused)
    for one in (needed, unused):
        senders.remove(alice, one)
    jobs.forget(NOW)
    assert list(Sender.objects.exclude(smtp_password=b"")) == [needed]
