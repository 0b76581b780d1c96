"""Who serves which lane in this process, so that no slow server keeps all connections busy."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence

from convoca.mail.traffic.lanes import Lane

SMALLEST, FIRST, LARGEST = 25, 50, 1000  # mails in a batch
QUICK, SLOW = 0.5, 2.0  # seconds a batch may take
PROMPT = 0.4  # of a batch's time spent on writing it, from which on a server keeps nobody waiting


class Seats:
    """The connections of one process: up to `per_server` to each, twice as many altogether.

    A server that was in trouble, or slow with the smallest batch, gets one, and all of those
    together get `per_server`. So mails of another one find a seat, whatever stalls. One that takes
    mails as fast as they are written gets one, too: threads that write share one processor, and
    only get in each other's way.
    """

    def __init__(self, per_server: int):
        self.count = 2 * per_server
        self._per_server = per_server
        self._lock = threading.Lock()
        self._served: list[Lane] = []
        self._sizes: dict[str, int] = {}
        self._slow: set[str] = set()
        self._prompt: set[str] = set()
        self._turns: dict[str, int] = {}
        self._turn = 0

    def take(self, lanes: Sequence[Lane]) -> Lane | None:
        """Sit down at one of these lanes; None when there is none, or no seat.

        Of those whose kind comes first it is the one that fewest serve, or has waited longest.
        """
        with self._lock:
            lane = min(filter(self._has_seat, lanes), key=self._rank(lanes), default=None)
            if lane is not None:
                self._turn += 1
                self._turns[lane.name] = self._turn
                self._served.append(lane)
            return lane

    def size(self, lane: Lane) -> int:
        """Return how many mails to claim for it.

        A large batch costs less for each mail; but a code that somebody waits for waits behind it.
        """
        return self._sizes.get(lane.name, FIRST)

    def leave(self, lane: Lane, seconds: float, worked: float = 0.0) -> None:
        """Give the seat back after a batch that took so long, `worked` of it not waiting."""
        with self._lock:
            self._served.remove(lane)
            if worked > PROMPT * seconds:
                self._prompt.add(lane.server)
            else:
                self._prompt.discard(lane.server)
            size = self.size(lane)
            if seconds > SLOW and size == SMALLEST:
                self._slow.add(lane.server)
            elif seconds < QUICK:
                self._slow.discard(lane.server)
            self._sizes[lane.name] = next_size(size, seconds)

    def _rank(self, lanes: Sequence[Lane]) -> Callable[[Lane], tuple[int, int, int]]:
        kinds = list(dict.fromkeys(lane.kind for lane in lanes))
        names = [lane.name for lane in self._served]
        return lambda lane: (
            kinds.index(lane.kind),
            names.count(lane.name),
            self._turns.get(lane.name, 0),
        )

    def _has_seat(self, lane: Lane) -> bool:
        servers = [one.server for one in self._served]
        if self._may_stall(lane):
            doubtful = sum(map(self._may_stall, self._served))
            return lane.server not in servers and doubtful < self._per_server
        most = 1 if lane.server in self._prompt else self._per_server
        return servers.count(lane.server) < most

    def _may_stall(self, lane: Lane) -> bool:
        return bool(lane.halts) or lane.server in self._slow


def next_size(size: int, seconds: float) -> int:
    """Return how many mails to claim after so many took so long."""
    if seconds < QUICK:
        return min(2 * size, LARGEST)
    return max(size // 2, SMALLEST) if seconds > SLOW else size
