"""The versions of events that guests hold or must hold, and the steps from one to another."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection

from convoca.calendars import snapshot
from convoca.calendars.models import Event
from convoca.standards.ical import model as ical
from convoca.standards.itip.outgoing import Telling

Step = tuple[int, int, int]


class Versions:
    """Keeps what was read: a version never changes, but for an address that is corrected."""

    def __init__(self, now: dt.datetime) -> None:
        self._now = now
        self._tellings: dict[Step, Telling] = {}
        self._versions: dict[tuple[int, int], ical.Event | None] = {}

    @property
    def is_empty(self) -> bool:
        """Tell whether no version was read yet."""
        return not self._versions

    def read(self, wanted: Collection[tuple[int, int]]) -> None:
        """Read versions, by event and number, that are not known yet, in one query."""
        missing = {key for key in wanted if key not in self._versions}
        if missing:
            found = snapshot.load_many(missing)
            # Before the first version they saw nothing: see `snapshot.load`.
            self._versions |= dict.fromkeys(key for key in missing if not key[1]) | found

    def telling(self, event: Event, seen: int, wanted: int) -> Telling:
        """Return the step from the version a guest has seen to the one they must hold."""
        step = (event.pk, seen, wanted)
        if step not in self._tellings:
            self._tellings[step] = Telling(
                self.version(event, seen), self.version(event, wanted), self._now
            )
        return self._tellings[step]

    def version(self, event: Event, number: int) -> ical.Event | None:
        """Return what attendees saw at a version; None for 0, but of the rest of a series."""
        if (event.pk, number) not in self._versions:
            self._versions[event.pk, number] = snapshot.load(event, number)
        return self._versions[event.pk, number]
