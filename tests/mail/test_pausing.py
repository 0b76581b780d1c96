"""The operator's switch: nothing leaves, nothing is lost, and it goes on where it stopped."""

import datetime as dt

import pytest

from convoca.mail import outbox
from convoca.mail.models import Delivery
from convoca.mail.traffic import pausing
from convoca.mail.transit import Outcome
from tests.mail.conftest import NOW, Want, states
from tests.support.due import next_due

DAY = dt.timedelta(days=1)


@pytest.fixture(autouse=True)
def clock(time_machine):
    time_machine.move_to(NOW, tick=False)
    return time_machine


@pytest.fixture(autouse=True)
def no_jitter(monkeypatch):
    monkeypatch.setattr("random.uniform", lambda low, high: 1.0)


def delay_all(now: dt.datetime) -> None:
    claim = outbox.claim(now)
    assert claim is not None
    outcomes = [
        Outcome(delivery_id=row.pk, version=1, status=Delivery.Status.DELAYED, at=now)
        for row in claim.deliveries
    ]
    outbox.complete(claim.lease, outcomes)


def test_paused_mails_are_not_taken_and_count_no_try(want: Want):
    want(2)
    before = states("status", "due_at", "attempts", "wanted")
    pausing.pause(NOW)
    assert outbox.claim(NOW) is None
    assert next_due() is None
    assert states("status", "due_at", "attempts", "wanted") == before


def test_codes_wait_as_well(db: None):
    outbox.enqueue_post("code", recipient="gwen@guest.example", content=b"Subject: x\r\n\r\n")
    pausing.pause(NOW)
    assert outbox.claim(NOW) is None


def test_what_is_being_sent_is_finished(want: Want):
    want(1)
    claim = outbox.claim(NOW)
    assert claim
    pausing.pause(NOW)
    assert outbox.renew(claim.lease, NOW) == {row.pk for row in claim.deliveries}
    outcome = Outcome(
        delivery_id=claim.deliveries[0].pk, version=1, status=Delivery.Status.SENT, at=NOW
    )
    outbox.complete(claim.lease, [outcome])
    assert states("status") == [("SENT",)]


def test_resumed_they_leave_at_once(want: Want):
    want(2)
    pausing.pause(NOW)
    assert pausing.resume(NOW)
    assert next_due() == NOW
    assert (claim := outbox.claim(NOW))
    assert len(claim.deliveries) == 2


def test_a_second_pause_keeps_when_it_began_and_takes_the_newer_words(db: None):
    pausing.pause(NOW, "moving")
    pausing.pause(NOW + DAY, "still moving")
    pausing.pause(NOW + DAY)
    halt = pausing.paused()
    assert halt
    assert (halt.since, halt.words) == (NOW, "still moving")


def test_resuming_what_is_not_paused_changes_nothing(want: Want):
    want(1)
    before = states("due_at", "failing_since")
    assert pausing.resume(NOW) is None
    assert states("due_at", "failing_since") == before


def test_days_of_pause_are_no_days_of_trying(want: Want, clock):
    want(1)
    delay_all(NOW)
    pausing.pause(NOW)
    clock.move_to(NOW + 5 * DAY)
    pausing.resume(NOW + 5 * DAY)
    delay_all(NOW + 5 * DAY)
    assert states("status", "failing_since", "attempts") == [("DELAYED", NOW + 5 * DAY, 2)]
