"""Other users of an installation, while one of them saves an event with thousands of guests."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field

from bench.months import MONTH
from bench.server import Server
from bench.sink import Sink

SECONDS_OF_QUIET = 3.0  # before each round, for what else this machine does changes too
PAUSE = 0.01  # between two requests of one user
LATER = {"start": "2027-05-01T10:00", "end": "2027-05-01T11:00"}  # in another month than is read
QUIET, SAVING, SENDING = "quiet", "while it is saved", "while it is sent"


@dataclass(slots=True)
class Waits:
    """How long others waited for a month and for the save of a small event; seconds."""

    reads: list[float] = field(default_factory=list)
    saves: list[float] = field(default_factory=list)


def measure(server: Server, sink: Sink, guests: int, rounds: int) -> dict[str, Waits]:
    """Return how long others waited in each phase of a save with that many guests."""
    found = {phase: Waits() for phase in (QUIET, SAVING, SENDING)}
    phase = [QUIET]
    is_over = threading.Event()

    def work() -> None:
        number = 0
        while not is_over.wait(PAUSE):
            waits, number = found[phase[0]], number + 1
            started = time.perf_counter()
            server.api.get("events", params=MONTH).raise_for_status()
            waits.reads.append(time.perf_counter() - started)
            waits = found[phase[0]]
            waits.saves.append(server.create_event(2, f"Small {number}", **LATER)[1])

    user = threading.Thread(target=work)
    user.start()
    for number in range(rounds):
        phase[0] = QUIET
        time.sleep(SECONDS_OF_QUIET)
        sink.reset()
        phase[0] = SAVING
        server.create_event(guests, f"Large {number}")
        phase[0] = SENDING
        sink.wait(guests, timeout=60 + guests / 20)
    is_over.set()
    user.join()
    return found
