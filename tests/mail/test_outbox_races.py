"""Savers and workers who race for the same rows of the outbox."""

import datetime as dt
import threading
from collections.abc import Callable

import pytest
from django.db import connection

from convoca.mail import outbox
from convoca.mail.models import Delivery, Sender
from convoca.mail.transit import Outcome
from tests.mail.conftest import Want, states


def now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


def sent(row: Delivery) -> Outcome:
    return Outcome(delivery_id=row.pk, version=row.claimed, status=Delivery.Status.SENT, at=now())


@pytest.mark.django_db(transaction=True)
def test_two_workers_never_get_the_same_delivery(want: Want):
    want(300)
    got: list[int] = []
    start = threading.Barrier(4)

    def work() -> None:
        start.wait()
        try:
            while claim := outbox.claim(now(), limit=7):
                got.extend(row.pk for row in claim.deliveries)
        finally:
            connection.close()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(got) == len(set(got)) == 300


@pytest.mark.django_db(transaction=True)
def test_one_key_wanted_from_many_sides_is_one_row(sender: Sender):
    def work(version: int) -> None:
        try:
            outbox.want({"k": "a@b.example"}, team=sender.team, sender=sender, version=version)
        finally:
            connection.close()

    threads = [threading.Thread(target=work, args=[version]) for version in range(1, 9)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert states("wanted", "status") == [(8, "QUEUED")]


@pytest.mark.django_db(transaction=True)
def test_saving_and_sending_at_once_never_wait_for_each_other_in_a_circle(
    want: Want, sender: Sender
):
    want(300)
    addresses = {f"event:{number}": "a@b.example" for number in range(300)}
    errors: list[Exception] = []
    is_saved = threading.Event()

    def save() -> None:
        for version in range(2, 22):
            outbox.want(addresses, team=sender.team, sender=sender, version=version)
        is_saved.set()

    def send() -> None:
        while not (is_saved.is_set() or errors):
            if claim := outbox.claim(now(), limit=150):
                outbox.renew(claim.lease, now())
                outbox.complete(claim.lease, [sent(row) for row in claim.deliveries[::-2]])
                outbox.release(claim.lease)

    def run(work: Callable[[], None]) -> None:
        try:
            work()
        except Exception as error:
            errors.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=[work]) for work in (save, send, send)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
