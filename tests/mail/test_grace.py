"""The grace of the outbox: nothing leaves before it ends, and until a claim it can be withheld."""

import datetime as dt

import pytest
from django.db import transaction

from convoca.mail import outbox
from convoca.mail.models import Delivery, Sender
from convoca.mail.outbox import grace
from convoca.mail.outbox.wanting import LONGEST_GRACE
from convoca.mail.traffic.lanes import Claim
from convoca.mail.transit import Outcome
from tests.mail.conftest import NOW, states
from tests.support.due import next_due
from tests.support.together import at_once

Status = Delivery.Status
FIVE = dt.timedelta(seconds=5)


@pytest.fixture
def clock(time_machine):
    time_machine.move_to(NOW, tick=False)
    return time_machine


@pytest.fixture
def hold(sender: Sender):
    """Ask with a grace that one address hold a version."""

    def ask(version: int = 1, seconds: int = 5) -> None:
        outbox.want(
            {"k": "g@guest.example"},
            team=sender.team,
            sender=sender,
            version=version,
            grace=dt.timedelta(seconds=seconds),
        )

    return ask


def now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


def claim() -> Claim | None:
    return outbox.claim(now())


def claimed() -> Claim:
    found = claim()
    assert found is not None
    return found


def complete(found: Claim, status: Delivery.Status = Status.SENT, **fields) -> None:
    (row,) = found.deliveries
    fields = {"delivery_id": row.pk, "version": row.claimed, "status": status, "at": now()} | fields
    outbox.complete(found.lease, [Outcome(**fields)])


def withhold() -> int:
    with transaction.atomic():
        return grace.withhold(Delivery.objects.all())


def row() -> Delivery:
    return Delivery.objects.get()


@pytest.fixture
def reached(clock, hold) -> None:
    """The address holds version 1."""
    hold(1, 0)
    complete(claimed())


def test_nothing_leaves_before_the_grace_ends(clock, hold):
    hold()
    assert next_due() == NOW + FIVE
    clock.shift(4.9)
    assert claim() is None
    clock.shift(0.1)
    assert [one.claimed for one in claimed().deliveries] == [1]


def test_a_later_save_keeps_its_own_grace(clock, hold):
    hold(1)
    clock.shift(3)
    hold(2)
    assert states("wanted", "due_at", "wanted_before") == [(2, NOW + dt.timedelta(seconds=8), 0)]


def test_a_shorter_or_no_grace_does_not_cut_a_running_one_short(clock, hold):
    hold(1)
    hold(2, 1)
    hold(3, 0)
    assert states("wanted", "due_at") == [(3, NOW + FIVE)]
    assert withhold() == 1


def test_saves_without_end_postpone_the_first_by_minutes_at_most(clock, hold):
    for version in range(1, 400):
        hold(version)
        if claim():
            break
        clock.shift(1)
    assert LONGEST_GRACE <= now() - NOW <= LONGEST_GRACE + 2 * FIVE


def test_without_a_grace_nothing_can_be_withheld(clock, hold):
    hold(1, 0)
    assert withhold() == 0
    assert row().due_at == NOW


def test_withholding_what_was_never_sent_leaves_nothing_wanted(clock, hold):
    hold()
    assert withhold() == 1
    assert states("wanted", "due_at", "grace_until") == [(0, None, None)]
    assert claim() is None
    assert withhold() == 0


def test_withholding_an_update_goes_back_to_what_the_address_holds(reached, hold):
    before = states("wanted", "sent", "status", "due_at", "attempts", "last_error")
    hold(2)
    hold(3)
    assert withhold() == 1
    assert states("wanted", "sent", "status", "due_at", "attempts", "last_error") == before


def test_withholding_an_update_leaves_what_waited_before(clock, hold):
    hold(1, 0)
    complete(claimed(), Status.DELAYED, reason="LATER", response="451 later")
    before = states("wanted", "due_at", "status", "attempts", "failing_since", "last_error")
    assert before[0][1] is not None
    hold(2)
    assert withhold() == 1
    assert states("wanted", "due_at", "status", "attempts", "failing_since", "last_error") == before


def test_what_failed_before_starts_afresh_once_claimed(clock, hold):
    hold(1, 0)
    complete(claimed(), Status.FAILED, reason="REFUSED", response="550 no")
    hold(2)
    assert (row().status, row().last_error, row().is_held) == ("FAILED", "550 no", True)
    clock.shift(5)
    claimed()
    assert states("status", "attempts", "reason", "last_error", "wanted") == [
        ("SENDING", 0, "", "", 2)
    ]


def test_what_was_claimed_cannot_be_withheld(clock, hold):
    hold()
    clock.shift(5)
    found = claimed()
    assert withhold() == 0
    complete(found)
    assert states("sent", "wanted", "due_at", "status") == [(1, 1, None, "SENT")]
    assert withhold() == 0


def test_a_mail_put_off_by_the_server_has_begun(clock, hold):
    hold()
    clock.shift(5)
    complete(claimed(), Status.DELAYED)
    assert withhold() == 0


def test_a_save_while_the_former_is_being_sent_keeps_its_grace(clock, hold):
    hold(1, 0)
    found = claimed()
    hold(2)
    complete(found)
    assert states("sent", "wanted", "due_at") == [(1, 2, NOW + FIVE)]
    assert withhold() == 1
    assert states("sent", "wanted", "due_at", "status") == [(1, 1, None, "SENT")]


def test_withholding_while_the_former_is_being_sent_stops_only_the_newer(clock, hold):
    hold(1, 0)
    found = claimed()
    hold(2)
    assert withhold() == 1
    complete(found)
    assert states("sent", "wanted", "due_at", "status") == [(1, 1, None, "SENT")]


def test_withholding_does_not_lose_a_former_that_was_put_off(clock, hold):
    hold(1, 0)
    found = claimed()
    hold(2)
    complete(found, Status.DELAYED)
    assert withhold() == 1
    assert states("wanted", "sent", "status") == [(1, 0, "DELAYED")]
    clock.shift(60)
    assert [one.claimed for one in claimed().deliveries] == [1]


def test_a_lease_given_back_keeps_the_grace_of_what_was_saved_meanwhile(clock, hold):
    hold(1, 0)
    found = claimed()
    hold(2)
    outbox.release(found.lease)
    assert states("wanted", "due_at", "due_before") == [(2, NOW + FIVE, NOW)]
    assert withhold() == 1
    assert states("wanted", "due_at", "status") == [(1, NOW, "QUEUED")]


def test_a_mail_written_after_the_save_has_left_with_it(clock, hold):
    hold(1, 0)
    found = claimed()
    hold(2)
    complete(found, version=2)
    assert states("sent", "wanted", "due_at") == [(2, 2, None)]
    assert withhold() == 0


def test_the_second_of_two_mails_is_never_withheld(reached, hold, clock):
    hold(2, 0)
    complete(claimed(), is_half=True)
    hold(3)
    assert withhold() == 1
    assert states("wanted", "half_sent", "due_at") == [(2, 2, NOW)]


def test_a_resent_mail_leaves_at_once(reached, hold, sender: Sender):
    hold(2)
    outbox.want_again(row(), sender=sender)
    assert withhold() == 0
    assert len(claimed().deliveries) == 1


@pytest.mark.django_db(transaction=True)
def test_a_claim_and_a_stop_at_once_never_both_have_the_mail(sender: Sender):
    for round_ in range(10):
        keys = {f"{round_}:{number}": "g@guest.example" for number in range(40)}
        outbox.want(
            keys,
            team=sender.team,
            sender=sender,
            version=1,
            grace=dt.timedelta(microseconds=1),
        )
        counts = at_once(take_all, withhold)
        assert sum(counts) + take_all() == 40


def take_all() -> int:
    return sum(len(found.deliveries) for found in iter(lambda: outbox.claim(now(), limit=7), None))
