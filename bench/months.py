"""A month of a small calendar beside a month of a large one: the same answer in the same time."""

from __future__ import annotations

import datetime as dt
import statistics
import time

from bench.server import Server

MONTH = {"from": "2027-03-01", "to": "2027-04-01"}
FIRST_DAY = dt.date(2027, 3, 1)


def fill(server: Server, events: int) -> None:
    """Save events over ten years, a tenth of them repeating weekly for ten weeks."""
    for number in range(events):
        day = FIRST_DAY + dt.timedelta(days=number * 3650 // events)
        repeat = "FREQ=WEEKLY;COUNT=10" if number % 10 == 0 else ""
        server.create_event(
            0, f"E{number}", start=f"{day}T10:00", end=f"{day}T11:00", recurrence=repeat
        )


def median_milliseconds(server: Server, queries: int = 50) -> float:
    """Return the median time of the month's instances through the API."""
    times = []
    for _ in range(queries):
        started = time.perf_counter()
        server.api.get("events", params=MONTH).raise_for_status()
        times.append(time.perf_counter() - started)
    return 1000 * statistics.median(times)
