"""The operator's limits: what is over them has its turn later, on all machines together."""

import datetime as dt
import threading

import pytest
from django.db import connection

from convoca.environment import Rate
from convoca.mail import outbox
from convoca.mail.models import Allowance, Delivery, Sender
from convoca.mail.traffic import rates
from convoca.mail.transit import Outcome
from tests.mail.conftest import NOW, Want, states
from tests.support.due import next_due

MINUTE = Rate(3, 60)
PACE = dt.timedelta(seconds=25)  # of what waits for three a minute: 75 seconds for three


@pytest.fixture(autouse=True)
def clock(time_machine):
    time_machine.move_to(NOW, tick=False)
    return time_machine


def claimed(now: dt.datetime = NOW, **options: int) -> list[str]:
    claim = outbox.claim(now, **options)
    return [row.key for row in Delivery.objects.filter(lease=claim.lease)] if claim else []


def test_without_limits_nothing_is_counted(want: Want):
    want(5)
    assert len(claimed()) == 5
    assert not Allowance.objects.exists()


def test_what_is_over_a_domains_limit_has_its_turn_later(want: Want, settings):
    settings.RATE_PER_DOMAIN = {"guest.example": MINUTE}
    want(5)
    assert claimed() == ["event:0", "event:1", "event:2"]
    first = NOW + 3 * PACE
    assert states("status", "reason", "due_at", "attempts", "lease")[3:] == [
        ("QUEUED", "RATE", first, 0, ""),
        ("QUEUED", "RATE", first + PACE, 0, ""),
    ]
    assert next_due() == first
    assert claimed(first - PACE / 25) == []
    assert claimed(first) == ["event:3"]
    assert claimed(first + PACE) == ["event:4"]


def test_a_limit_for_every_domain_leaves_those_with_their_own_alone(
    want: Want, sender: Sender, settings
):
    settings.RATE_PER_DOMAIN = {"": Rate(1, 60), "guest.example": MINUTE}
    addresses = {f"other:{n}": f"x@d{n % 2}.example" for n in range(4)}
    outbox.want(addresses, team=sender.team, sender=sender, version=1)
    want(3)
    assert sorted(claimed()) == ["event:0", "event:1", "event:2", "other:0", "other:1"]


def test_a_senders_mails_are_limited_to_all_domains_together(want: Want, sender: Sender, settings):
    settings.RATE_PER_SENDER = MINUTE
    addresses = {f"event:{n}": f"x@d{n}.example" for n in range(5)}
    outbox.want(addresses, team=sender.team, sender=sender, version=1)
    assert len(claimed()) == 3
    assert list(Allowance.objects.values_list("key", flat=True)) == [str(sender.pk)]


def test_codes_go_first_and_the_systems_address_has_no_limit_as_a_sender(want: Want, settings):
    settings.RATE_PER_DOMAIN = {"guest.example": Rate(10, 60)}
    settings.RATE_PER_SENDER = Rate(1000, 60)
    want(20)
    assert len(claimed()) == 9  # one is kept for what somebody waits for
    outbox.enqueue_post("code", recipient="gwen@guest.example", content=b"Subject: x\r\n\r\n")
    assert claimed() == ["code"]


def test_whoever_comes_later_does_not_overtake(want: Want, settings):
    settings.RATE_PER_DOMAIN = {"guest.example": MINUTE}
    want(5)
    assert len(claimed()) == 3
    want(6)
    assert claimed(NOW + 3 * PACE) == ["event:3"]
    assert states("due_at")[5] == (NOW + 5 * PACE,)


def test_a_mail_that_was_refused_counts_again_when_it_is_tried_again(want: Want, settings):
    settings.RATE_PER_DOMAIN = {"guest.example": Rate(1, 60)}
    want(1)
    claim = outbox.claim(NOW)
    assert claim
    outcome = Outcome(
        delivery_id=claim.deliveries[0].pk, version=1, status=Delivery.Status.DELAYED, at=NOW
    )
    outbox.complete(claim.lease, [outcome])
    soon = NOW + dt.timedelta(seconds=10)
    assert claimed(soon) == []
    assert states("status", "attempts", "due_at") == [("QUEUED", 1, NOW + 3 * PACE)]


@pytest.mark.parametrize("count", [10, 100])
def test_a_batch_costs_a_fixed_number_of_queries(
    want: Want, settings, django_assert_num_queries, count: int
):
    settings.RATE_PER_DOMAIN = {"": Rate(5, 60)}
    settings.RATE_PER_SENDER = Rate(50, 60)
    want(count)
    with django_assert_num_queries(11):
        claim = outbox.claim(NOW, limit=count)
    assert claim
    assert len(claim.deliveries) == 5


def test_counts_of_long_ago_are_forgotten(want: Want, settings):
    settings.RATE_PER_DOMAIN = {"": MINUTE}
    want(1)
    claimed()
    rates.forget_old(NOW + dt.timedelta(days=1))
    assert Allowance.objects.count() == 1
    rates.forget_old(NOW + dt.timedelta(days=3))
    assert not Allowance.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_workers_who_race_never_let_more_go_than_the_limit(want: Want, settings):
    settings.RATE_PER_DOMAIN = {"guest.example": Rate(50, 60)}
    settings.RATE_PER_SENDER = Rate(40, 60)
    want(200)
    got: list[int] = []
    start = threading.Barrier(4)

    def work() -> None:
        start.wait()
        try:
            while claim := outbox.claim(NOW, limit=7):
                got.extend(row.pk for row in claim.deliveries)
        finally:
            connection.close()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(got) == len(set(got)) == 36  # four are kept for what somebody waits for
    assert Delivery.objects.filter(reason="RATE", lease="", due_at__gt=NOW).count() == 164
