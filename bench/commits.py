"""When a save was committed, seen from outside: its answer comes later, its mails maybe not."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager

from bench.server import Server

VERSIONS = "SELECT count(*) FROM calendars_eventversion"
EVERY = 0.002  # seconds


class Commit:
    """The moment at which another version of an event could be seen; seconds since the epoch."""

    at: float | None = None


@contextmanager
def watched(server: Server) -> Iterator[Commit]:
    """Look at the database until the save made within the block shows there."""
    commit, is_over, is_looking = Commit(), threading.Event(), threading.Event()

    def look() -> None:
        with closing(server.connect()) as connection:
            before = connection.execute(VERSIONS).fetchone()
            is_looking.set()
            while commit.at is None and not is_over.wait(EVERY):
                if connection.execute(VERSIONS).fetchone() != before:
                    commit.at = time.time()

    thread = threading.Thread(target=look)
    thread.start()
    is_looking.wait(10)
    try:
        yield commit
    finally:
        is_over.set()
        thread.join()
