"""A worker's way round the lanes: all are looked at from time to time, not before each batch.

With thousands of lanes a look costs as much as sending some hundred mails. So what it has shown is
kept, and another look is due when nine times as long as the last one took has gone by, at most
some seconds, or when nothing is left. What is taken from here may be empty or halted by now:
`lanes.as_it_is` and the claim see that.
"""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from threading import Lock

from django.utils import timezone

from convoca.mail.traffic import lanes
from convoca.mail.traffic.lanes import Lane

SHARE = 9  # times as long as a look took, until the next: a tenth of the time at most
LONGEST = 5.0  # seconds between two looks, though the last one waited for a lock, say
AT_ONCE = 32  # lanes that are offered together

Choose = Callable[[Sequence[Lane]], Lane | None]


@dataclass
class Listing:
    """The lanes of one kind of mails when they were last looked at, the next to be served first."""

    lanes: dict[str, Lane] = field(default_factory=dict)
    looked_at: float | None = None  # by the clock of the round
    lasted: float = 0.0
    turn: int = 0  # how many batches had been sent by then

    @property
    def next_look(self) -> float:
        return (self.looked_at or 0.0) + min(SHARE * self.lasted, LONGEST)


class Round:
    """The lanes as one process sees them, shared by its threads."""

    def __init__(self, clock: Callable[[], float] = time.monotonic):
        self._clock = clock
        self._lock = Lock()
        self._listings = {kind: Listing() for kind in lanes.KINDS}
        self._turns: dict[str, int] = {}
        self._turn = 0

    def take(self, choose: Choose) -> Lane | None:
        """Return a lane that may have mails to send now, `choose` says which of some.

        First those of mails that somebody waits for, then those that were served longest ago.
        Before there is nothing at all, those are looked at again that may have changed by a batch.
        """
        if lane := self._chosen(choose):
            return lane
        with self._lock:
            old = [kind for kind, one in self._listings.items() if one.turn < self._turn]
            for kind in old:
                self._look(kind)
        return self._chosen(choose) if old else None

    def leave(self, lane: Lane, *, is_empty: bool) -> None:
        """Put a lane that was served behind the others; what was empty is not offered again."""
        with self._lock:
            self._turn += 1
            self._turns[lane.name] = self._turn
            known = self._listings[lane.kind].lanes
            one = known.pop(lane.name, None)
            if one is not None and not is_empty:
                known[lane.name] = one

    def next_due(self, now: dt.datetime) -> dt.datetime | None:
        """Return when to come again after something has changed: to send, or to look what it was.

        It may be past. None while nothing waits, or mails are paused.
        """
        found = []
        with self._lock:
            for kind, listing in self._listings.items():
                if not self._look_if_due(kind):
                    wait = listing.next_look - self._clock()
                    found.append(now + dt.timedelta(seconds=max(wait, 0.0)))
                found += [lane.opens_at for lane in listing.lanes.values()]
        return min(found, default=None)

    def _chosen(self, choose: Choose) -> Lane | None:
        now = timezone.now()
        for kind, listing in self._listings.items():
            with self._lock:
                self._look_if_due(kind)
                ready = [lane for lane in listing.lanes.values() if lane.opens_at <= now]
            for start in range(0, len(ready), AT_ONCE):
                if lane := choose(ready[start : start + AT_ONCE]):
                    return lane
        return None

    def _look_if_due(self, kind: str) -> bool:
        """Look again if it is time to; tell whether that was so."""
        listing = self._listings[kind]
        is_due = listing.looked_at is None or self._clock() > listing.next_look
        if is_due:
            self._look(kind)
        return is_due

    def _look(self, kind: str) -> None:
        listing, began_at = self._listings[kind], self._clock()
        found = lanes.of_kind(kind, timezone.now())
        found.sort(key=lambda lane: self._turns.get(lane.name, 0))
        listing.lanes = {lane.name: lane for lane in found}
        listing.looked_at, listing.turn = self._clock(), self._turn
        listing.lasted = listing.looked_at - began_at
        known = {name for one in self._listings.values() for name in one.lanes}
        self._turns = {name: turn for name, turn in self._turns.items() if name in known}
