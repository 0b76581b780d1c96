"""One event with N guests, made, moved, cancelled: when it is answered and when its mails leave."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from bench.commits import watched
from bench.server import Server, an_event
from bench.sink import Sink

LATER = {"start": "2027-03-02T12:00", "end": "2027-03-02T13:00"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Fanout:
    """What telling `guests` guests of one save cost; seconds, `first` and `last` from the commit.

    `cpu` is in milliseconds a mail; in one process that of the save is in it. `peaks` are the
    megabytes each process came to hold meanwhile, web server first.
    """

    what: str
    guests: int
    answer: float
    first: float
    last: float
    rate: float  # mails/s, from the commit to the last one
    octets: float  # per mail
    cpu: float
    peaks: list[float]


def measure(server: Server, sink: Sink, guests: int, title: str) -> Iterator[Fanout]:
    """Make one event, move it, cancel it; each time wait until its last mail is accepted."""
    event, made = _measure(
        server, sink, "invite", guests, "POST", "events", an_event(guests, title)
    )
    yield made
    yield _measure(server, sink, "move", guests, "PATCH", f"events/{event}", LATER)[1]
    yield _measure(server, sink, "cancel", guests, "DELETE", f"events/{event}", None)[1]


def _measure(
    server: Server, sink: Sink, what: str, guests: int, method: str, path: str, body: Any
) -> tuple[str, Fanout]:
    sink.reset()
    server.forget_peaks()
    cpu_before = server.cpu_seconds()
    with watched(server) as commit:
        event, answer = server.request(method, path, body)
    committed_at = commit.at or time.time()
    tally = sink.wait(guests, timeout=60 + guests / 20)
    return event, Fanout(
        what=what,
        guests=guests,
        answer=answer,
        first=tally.first_at - committed_at,
        last=tally.last_at - committed_at,
        rate=guests / max(tally.last_at - committed_at, 1e-3),
        octets=tally.octets / tally.mails,
        cpu=1000 * (server.cpu_seconds() - cpu_before) / guests,
        peaks=server.peak_megabytes(),
    )
