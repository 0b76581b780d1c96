"""Transactions that begin as soon as the one before them ends."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import OperationalError
from django.db.backends.sqlite3 import base

FIRST_PAUSES, FIRST_PAUSE = 100, 0.001  # seconds
LATER_PAUSE = 0.005


class DatabaseWrapper(base.DatabaseWrapper):
    """Asks for the one writer's place every few milliseconds.

    SQLite's own way is to sleep longer and longer, up to a tenth of a second, and whoever has
    waited longest comes last: beside a worker that writes often, a save waits for several of its
    turns.
    """

    def _start_transaction_under_autocommit(self) -> None:
        ends_at = time.monotonic() + self.settings_dict["OPTIONS"].get("timeout", 5)
        with self._unwaiting():
            for pause in _pauses():
                try:
                    super()._start_transaction_under_autocommit()  # type: ignore[misc]
                    break
                except OperationalError as error:
                    if not is_busy(error) or time.monotonic() > ends_at:
                        raise
                time.sleep(pause)

    @contextmanager
    def _unwaiting(self) -> Iterator[None]:
        """Let SQLite refuse at once what others are in the way of."""
        self.ensure_connection()
        (before,) = self.connection.execute("PRAGMA busy_timeout").fetchone()
        self.connection.execute("PRAGMA busy_timeout = 0")
        try:
            yield
        finally:
            self.connection.execute(f"PRAGMA busy_timeout = {before}")


def is_busy(error: OperationalError) -> bool:
    """Tell whether somebody else is writing, and nothing else is wrong."""
    cause = error.__cause__
    code = cause.sqlite_errorcode if isinstance(cause, sqlite3.OperationalError) else 0
    return code & 0xFF == sqlite3.SQLITE_BUSY  # the higher bits tell of whom


def _pauses() -> Iterator[float]:
    for _ in range(FIRST_PAUSES):
        yield FIRST_PAUSE
    while True:
        yield LATER_PAUSE
