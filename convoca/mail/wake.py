"""How a commit wakes the workers: in this process, in another one, on another machine."""

from __future__ import annotations

import time
from typing import Any

from django.db import DEFAULT_DB_ALIAS, connection, connections

CHANNEL = "convoca_outbox"
POLL_SECONDS = 0.05  # between two looks; with PostgreSQL, at least between two rings


def ring() -> None:
    """Wake whoever waits, once the current transaction has committed.

    PostgreSQL holds a notification back until the commit. With SQLite there is nothing to do:
    every commit changes what `data_version` says to the other connections.
    """
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_notify(%s, '')", [CHANNEL])


class Bell:
    """Waits for a commit, with a database connection of its own; for one thread."""

    def __init__(self) -> None:
        self._connection = connections.create_connection(DEFAULT_DB_ALIAS)
        self._is_postgresql = self._connection.vendor == "postgresql"
        self._version = -1
        self._rang_at = 0.0

    def wait(self, seconds: float) -> bool:
        """Return True as soon as something may have been queued, False after `seconds`.

        Raises django.db.Error when the database is away; the next call connects again.
        """
        try:
            return self._wait_postgresql(seconds) if self._is_postgresql else self._wait(seconds)
        except Exception:
            self.close()
            raise

    def close(self) -> None:
        self._connection.close()
        self._version = -1

    def _wait(self, seconds: float) -> bool:
        end = time.monotonic() + seconds
        while (version := self._data_version()) == self._version:
            if time.monotonic() >= end:
                return False
            time.sleep(POLL_SECONDS)
        self._version = version
        return True

    def _data_version(self) -> int:
        with self._connection.cursor() as cursor:
            return int(cursor.execute("PRAGMA data_version").fetchone()[0])

    def _wait_postgresql(self, seconds: float) -> bool:
        listening = self._connection.connection is not None
        self._connection.ensure_connection()
        raw: Any = self._connection.connection
        with self._connection.wrap_database_errors:
            if not listening:
                raw.execute(f"LISTEN {CHANNEL}")
                return True  # something may have been queued before we listened
            # Hundreds of commits in a second are one ring in a while; all that came are taken.
            time.sleep(max(0.0, self._rang_at + POLL_SECONDS - time.monotonic()))
            rang = bool(list(raw.notifies(timeout=seconds, stop_after=1)))
            self._rang_at = time.monotonic() if rang else self._rang_at
            return rang
