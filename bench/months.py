"""A month of a small calendar beside the same month of a large one: the same answer, as quickly."""

from __future__ import annotations

import datetime as dt
import time

from bench.server import Server

MONTH = {"from": "2027-03-01", "to": "2027-04-01"}
FIRST_DAY = dt.date(2027, 3, 1)
BEFORE = dt.date(2020, 1, 1)  # from here on, for six years, are the events of other months


def fill(server: Server, events: int) -> None:
    """Save events of the month, a tenth of them repeating daily for three days."""
    for number in range(events):
        _save(server, number, FIRST_DAY + dt.timedelta(days=number % 28), "FREQ=DAILY;COUNT=3")


def fill_others(server: Server, events: int) -> None:
    """Save events of six years before the month and one after, a tenth repeating for ten weeks."""
    for number in range(events):
        day = BEFORE + dt.timedelta(days=number * 7 * 365 // events)
        if day.year == FIRST_DAY.year - 1:  # weeks must not reach into the month
            day = day.replace(year=FIRST_DAY.year + 1)
        _save(server, number, day, "FREQ=WEEKLY;COUNT=10")


def waits(server: Server, queries: int = 100) -> list[float]:
    """Return how long the month's instances took through the API, each time; seconds."""
    times = []
    for _ in range(queries):
        started = time.perf_counter()
        server.api.get("events", params=MONTH).raise_for_status()
        times.append(time.perf_counter() - started)
    return times


def _save(server: Server, number: int, day: dt.date, repeat: str) -> None:
    recurrence = repeat if number % 10 == 0 else ""
    server.create_event(
        0, f"E{number}", start=f"{day}T10:00", end=f"{day}T11:00", recurrence=recurrence
    )
