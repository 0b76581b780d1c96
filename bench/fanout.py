"""One event with N guests: when the save is answered, and when each mail has left."""

from __future__ import annotations

import time
from dataclasses import dataclass

from bench.server import Server
from bench.sink import Sink


@dataclass(frozen=True, slots=True)
class Fanout:
    """What one save with `guests` guests cost; times in seconds from the request's start."""

    guests: int
    answer: float
    first_mail: float  # after the answer
    rate: float  # mails/s from the answer, or the first mail before it, to the last one
    octets: float  # per mail
    cpu: float  # milliseconds per mail; in one process that of the save is in it


def measure(server: Server, sink: Sink, guests: int, title: str) -> Fanout:
    """Save one event and wait until its last mail is accepted."""
    sink.reset()
    cpu_before = server.cpu_seconds()
    _, answer = server.create_event(guests, title)
    answered_at = time.time()
    tally = sink.wait(guests, timeout=60 + guests / 20)
    cpu = server.cpu_seconds() - cpu_before
    return Fanout(
        guests=guests,
        answer=answer,
        first_mail=max(0.0, tally.first_at - answered_at),
        rate=guests / max(tally.last_at - min(answered_at, tally.first_at), 1e-3),
        octets=tally.octets / tally.mails,
        cpu=1000 * cpu / guests,
    )
