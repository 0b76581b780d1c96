"""What happens at the same moment: acts in threads, each with a database connection of its own."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import TypeVar

from django.db import connection

from tests.support.patience import PATIENCE

Result = TypeVar("Result")


def at_once(*acts: Callable[[], Result]) -> list[Result]:
    """Let all begin together; return what they returned, in order, or raise what one raised."""
    start = Barrier(len(acts))

    def run(act: Callable[[], Result]) -> Result:
        start.wait(PATIENCE)
        try:
            return act()
        finally:
            connection.close()

    with ThreadPoolExecutor(len(acts)) as threads:
        return list(threads.map(run, acts))
