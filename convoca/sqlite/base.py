"""Whoever wants to write asks for the one writer's place every few milliseconds."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from threading import Lock
from typing import Any

from django.db.backends.sqlite3 import base

PATIENCE = 20.0  # seconds
FIRST_PAUSES, FIRST_PAUSE = 100, 0.001
LATER_PAUSE = 0.005

asking = Lock()  # one thread of a process asks, the others wait until it is their turn


class DatabaseWrapper(base.DatabaseWrapper):
    """Django's SQLite, but the waiting is done here and not in the library.

    SQLite sleeps longer and longer, up to a tenth of a second, and whoever has waited longest comes
    last: beside a worker that writes often, a save waits for several of its turns. It also keeps
    the connection locked while it sleeps. When the garbage collector, in the thread that writes,
    happens upon a statement of that connection, the two wait for each other.
    """

    def get_new_connection(self, conn_params: dict[str, Any]) -> sqlite3.Connection:
        connection: sqlite3.Connection = super().get_new_connection(conn_params)
        connection.execute("PRAGMA busy_timeout = 0")
        return connection

    def create_cursor(self, name: str | None = None) -> Cursor:
        return self.connection.cursor(factory=Cursor)


class Cursor(base.SQLiteCursorWrapper):
    """Tries a statement again while others write.

    Of several threads one asks at a time, for each time takes the interpreter from who computes.
    Not within a transaction: that has its place already. Nor does `executemany`, which may have
    written some rows; it is used in transactions.
    """

    def execute(self, query: str, params: Any = None) -> Any:
        try:
            return super().execute(query, params)
        except sqlite3.OperationalError as error:
            if self.connection.in_transaction or not is_busy(error):
                raise
            return self._when_free(query, params, time.monotonic() + PATIENCE)

    def _when_free(self, query: str, params: Any, ends_at: float) -> Any:
        with asking:
            for pause in _pauses():
                try:
                    return super().execute(query, params)
                except sqlite3.OperationalError as error:
                    if time.monotonic() > ends_at or not is_busy(error):
                        raise
                time.sleep(pause)
        raise AssertionError  # the pauses do not end


def is_busy(error: sqlite3.OperationalError) -> bool:
    """Tell whether somebody else is writing, and nothing else is wrong."""
    return error.sqlite_errorcode & 0xFF == sqlite3.SQLITE_BUSY  # higher bits tell of whom


def _pauses() -> Iterator[float]:
    for _ in range(FIRST_PAUSES):
        yield FIRST_PAUSE
    while True:
        yield LATER_PAUSE
