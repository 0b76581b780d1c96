"""A thousand small events: how fast they are saved, and their mails sent meanwhile."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from bench.server import Server
from bench.sink import Sink

GUESTS = 3
USERS = 4  # who save at the same time


@dataclass(frozen=True, slots=True, kw_only=True)
class Small:
    """What `events` saves came to; seconds."""

    events: int
    answers: list[float]
    saved: float  # until the last answer
    sent: float  # until the last mail

    @property
    def rate(self) -> float:
        """Return mails/s over the whole."""
        return self.events * GUESTS / self.sent


def measure(server: Server, sink: Sink, events: int) -> Small:
    """Save that many events with three guests each, by several users at once."""
    sink.reset()
    started, began_at = time.perf_counter(), time.time()
    with ThreadPoolExecutor(USERS) as users:
        titles = [f"Small {number}" for number in range(events)]
        answers = list(users.map(lambda title: server.create_event(GUESTS, title)[1], titles))
    saved = time.perf_counter() - started
    tally = sink.wait(events * GUESTS, timeout=60 + events)
    return Small(events=events, answers=answers, saved=saved, sent=tally.last_at - began_at)
