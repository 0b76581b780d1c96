"""Whoever writes to SQLite does so as soon as the one before them has ended."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from threading import Thread

import pytest
from django.db import OperationalError, connection, transaction

from convoca.accounts.models import Team
from convoca.sqlite import base

pytestmark = [
    pytest.mark.skipif(connection.vendor != "sqlite", reason="PostgreSQL has many writers"),
    pytest.mark.django_db(transaction=True),
]


@pytest.fixture
def other() -> Iterator[sqlite3.Connection]:
    """Return another program's connection, in the middle of writing."""
    with closing(sqlite3.connect(connection.settings_dict["NAME"], isolation_level=None)) as one:
        one.execute("BEGIN IMMEDIATE")
        yield one


@pytest.fixture
def pauses(other: sqlite3.Connection, monkeypatch) -> list[float]:
    """Return the pauses made; the other program ends in the 150th."""
    made: list[float] = []

    def pause(seconds: float) -> None:
        made.append(seconds)
        if len(made) == 150:
            other.execute("COMMIT")

    monkeypatch.setattr(base.time, "sleep", pause)
    return made


def begin() -> None:
    with transaction.atomic():
        assert connection.in_atomic_block


def write() -> None:
    Team.objects.update(grace_seconds=7)


@pytest.mark.parametrize("act", [begin, write])
def test_it_asks_again_at_short_intervals(pauses: list[float], act: Callable[[], None]):
    act()
    assert len(pauses) == 150
    assert max(pauses) <= 0.005


def test_of_several_threads_one_asks_at_a_time(pauses: list[float], other: sqlite3.Connection):
    def work() -> None:
        write()
        connection.close()

    with base.asking:
        late = Thread(target=work)
        late.start()
        late.join(0.1)
        assert late.is_alive()
        assert not pauses
        other.execute("COMMIT")
    late.join()
    assert set(Team.objects.values_list("grace_seconds", flat=True)) <= {7}


@pytest.mark.parametrize("act", [begin, write])
def test_it_gives_up_in_the_end(
    pauses: list[float], other: sqlite3.Connection, monkeypatch, act: Callable[[], None]
):
    monkeypatch.setattr(base, "PATIENCE", 0)
    with pytest.raises(OperationalError, match="locked"):
        act()
    other.execute("COMMIT")
    act()


def test_a_transaction_that_came_too_late_is_told_at_once(pauses: list[float]):
    with connection.cursor() as cursor:
        cursor.execute("BEGIN")
        with pytest.raises(OperationalError, match="locked"):
            write()
        cursor.execute("ROLLBACK")
    assert not pauses


def test_other_errors_are_told_at_once(pauses: list[float]):
    with pytest.raises(OperationalError, match="syntax"), connection.cursor() as cursor:
        cursor.execute("SELEKT")
    assert not pauses


def test_the_library_does_not_wait_by_itself():
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA busy_timeout")
        assert cursor.fetchone() == (0,)
