"""A limit on how many mails leave in any window of time, and the line of those that wait for it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

SLOTS = 20  # parts of a window that are counted by themselves
LAG = 10.0  # seconds within which a mail leaves after it was let go
LONGEST_LINE = 24 * 3600.0  # seconds; whoever is further behind asks again then


@dataclass(slots=True)
class Window:
    """What left lately under one limit; times are seconds since 1970.

    Where all leave within `LAG` after they were let go, never more than `limit` leave within any
    `seconds`. A tenth is kept for what is urgent.
    """

    limit: int
    seconds: int
    now: float
    used: dict[int, int] = field(default_factory=dict)
    line_end: float = 0.0
    total: int = field(init=False)

    def __post_init__(self) -> None:
        """Forget what is over, and what a clock that was wrong has written into the future."""
        slot = self._slot()
        span = range(slot - self.covered + 1, slot + self.covered)
        self.used = {number: count for number, count in self.used.items() if number in span}
        self.total = sum(self.used.values())
        self.line_end = min(self.line_end, self.now + LONGEST_LINE)

    @property
    def slot_seconds(self) -> float:
        return self.seconds / SLOTS

    @property
    def covered(self) -> int:
        """How many slots the mails of any window can have been let go in."""
        return SLOTS + 1 + math.ceil(LAG / self.slot_seconds)

    def admits(self, *, is_urgent: bool, has_waited: bool) -> bool:
        """Tell whether one more may leave now; nobody jumps the line but what is urgent."""
        is_in_turn = is_urgent or has_waited or self.line_end <= self.now
        return is_in_turn and self.total < self._most(is_urgent=is_urgent)

    def use(self) -> None:
        """Count one that leaves."""
        slot = self._slot()
        self.used[slot] = self.used.get(slot, 0) + 1
        self.total += 1

    def line_up(self, *, is_urgent: bool) -> float:
        """Return when to ask again: what is urgent as soon as there is room, others in turn."""
        room = self._next_room(self._most(is_urgent=is_urgent))
        if is_urgent:
            return room
        turn = max(self.line_end, room)
        spacing = self.covered * self.slot_seconds / self._most(is_urgent=False)
        self.line_end = min(turn + spacing, self.now + LONGEST_LINE)
        return turn

    def _most(self, *, is_urgent: bool) -> int:
        return self.limit if is_urgent else self.limit - self.limit // 10

    def _next_room(self, most: int) -> float:
        """Return when enough of what was used is out of the window; now if there is room."""
        left, end = self.total, self.now
        for number in sorted(self.used):
            if left < most:
                break
            left -= self.used[number]
            end = (number + self.covered) * self.slot_seconds
        return max(end, self.now)

    def _slot(self) -> int:
        return math.floor(self.now / self.slot_seconds)


def admit(windows: Sequence[Window], *, is_urgent: bool, has_waited: bool) -> float | None:
    """Let one mail leave under all these limits, or return when to ask again."""
    full = [one for one in windows if not one.admits(is_urgent=is_urgent, has_waited=has_waited)]
    if full:
        return max(one.line_up(is_urgent=is_urgent) for one in full)
    for one in windows:
        one.use()
    return None
