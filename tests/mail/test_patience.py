"""A mail is given up after days in which it was tried; nothing else may stand in for them."""

from __future__ import annotations

import datetime as dt

import pytest

from convoca.mail import outbox
from convoca.mail.models import Delivery, Halt, Pulse
from convoca.mail.outbox import clock
from convoca.mail.traffic import patience
from convoca.mail.transit import Outcome
from tests.mail.conftest import NOW, Want, states

MINUTE, HOUR, DAY = dt.timedelta(minutes=1), dt.timedelta(hours=1), dt.timedelta(days=1)


@pytest.fixture(autouse=True)
def now(time_machine):
    time_machine.move_to(NOW, tick=False)
    return time_machine


def put_off(at: dt.datetime) -> list[Delivery]:
    """Try whatever is due, in vain; return what was given up."""
    claim = outbox.claim(at)
    assert claim is not None
    status = Delivery.Status.DELAYED
    tried = [Outcome(row.pk, 1, status, at, code=451, reason="LATER") for row in claim.deliveries]
    return outbox.complete(claim.lease, tried)


def failing(want: Want, since: dt.datetime, tries: int = 20) -> None:
    want(1)
    Delivery.objects.update(failing_since=since, attempts=tries, status="DELAYED", reason="LATER")


def test_a_clock_set_forward_by_days_gives_nothing_up(want: Want, now):
    patience.look(NOW)
    failing(want, NOW - DAY)
    now.shift(5 * DAY)
    assert put_off(NOW + 5 * DAY) == []
    assert states("failing_since") == [(NOW + 4 * DAY,)]
    patience.look(NOW + 5 * DAY)
    assert states("failing_since") == [(NOW + 4 * DAY,)]


def test_days_in_which_no_worker_ran_do_not_count(want: Want, now):
    patience.look(NOW)
    failing(want, NOW)
    assert patience.look(NOW + 10 * DAY) == 10 * DAY
    now.move_to(NOW + 10 * DAY)
    assert put_off(NOW + 10 * DAY) == []


def test_days_in_which_workers_tried_do(want: Want, now):
    failing(want, NOW - patience.GIVE_UP + MINUTE)
    patience.look(NOW)
    now.shift(MINUTE)
    assert put_off(NOW + MINUTE)


def test_nothing_is_given_up_at_the_first_tries(want: Want, now):
    """It waited for days for a turn under the operator's limits, say."""
    failing(want, NOW - 2 * patience.GIVE_UP, tries=patience.LEAST_TRIES - 2)
    assert put_off(NOW) == []
    Delivery.objects.update(due_at=NOW)
    assert put_off(NOW)


def test_what_was_never_tried_has_waited_no_longer(want: Want):
    Halt.objects.create(lane="", since=NOW - 3 * DAY, until=NOW)
    patience.look(NOW)
    want(1)
    patience.look(NOW + 6 * DAY)
    assert Halt.objects.get().since == NOW + 3 * DAY
    assert states("failing_since", "due_at") == [(NOW + 6 * DAY, NOW)]
    Halt.objects.update(until=NOW + 6 * DAY)
    (lane,) = outbox.claiming.lanes.waiting(NOW + 6 * DAY)
    overdue = NOW + 6 * DAY - patience.GIVE_UP
    assert outbox.claim_overdue(lane, NOW + 6 * DAY, due_by=overdue) is None


def test_one_clock_that_is_behind_takes_nothing_off(want: Want):
    failing(want, NOW - DAY)
    patience.look(NOW)
    assert patience.look(NOW - HOUR) == dt.timedelta()
    assert patience.look(NOW + MINUTE) == dt.timedelta()
    assert states("failing_since") == [(NOW - DAY,)]


def test_when_the_clock_is_set_back_it_goes_on_from_there(want: Want):
    patience.look(NOW + 5 * DAY)
    failing(want, NOW + 4 * DAY)
    clock.bring_forward(5 * DAY, NOW)
    assert (Pulse.objects.get().at, states("failing_since")) == (NOW, [(NOW,)])
