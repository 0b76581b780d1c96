"""A transaction on SQLite begins as soon as the one in its way has ended."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing

import pytest
from django.db import OperationalError, connection, transaction

from convoca.sqlite import base
from convoca.sqlite.base import is_busy

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


def test_it_asks_again_at_short_intervals(other: sqlite3.Connection, monkeypatch):
    pauses: list[float] = []

    def pause(seconds: float) -> None:
        pauses.append(seconds)
        if len(pauses) == 150:
            other.execute("COMMIT")

    monkeypatch.setattr(base.time, "sleep", pause)
    with transaction.atomic():
        assert connection.in_atomic_block
    assert len(pauses) == 150
    assert max(pauses) <= 0.005


def test_it_gives_up_after_the_timeout(other: sqlite3.Connection, monkeypatch):
    monkeypatch.setitem(connection.settings_dict["OPTIONS"], "timeout", 0)
    with pytest.raises(OperationalError) as refusal, transaction.atomic():
        pass
    assert is_busy(refusal.value)
    other.execute("COMMIT")
    with transaction.atomic():
        pass


def test_single_statements_wait_as_before(other: sqlite3.Connection):
    other.execute("COMMIT")
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA busy_timeout")
        before = cursor.fetchone()
        with transaction.atomic():
            pass
        cursor.execute("PRAGMA busy_timeout")
        assert cursor.fetchone() == before != (0,)


def test_only_others_are_waited_for():
    connection.ensure_connection()
    connection.connection.execute("BEGIN")
    with pytest.raises(OperationalError) as refusal, transaction.atomic():
        pass
    assert not is_busy(refusal.value)
    connection.connection.execute("ROLLBACK")
