"""The versions of events that guests hold or must hold, and the steps from one to another."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable

from convoca.calendars import snapshot
from convoca.calendars.models import Event
from convoca.standards.ical import model as ical
from convoca.standards.itip.outgoing import Telling

Step = tuple[int, int, int]


class Versions:
    """Keeps what was read: a version never changes, but where the event's revision does.

    A corrected address is another in all versions there are.
    """

    def __init__(self, now: dt.datetime) -> None:
        self._now = now
        self._tellings: dict[Step, Telling] = {}
        self._versions: dict[tuple[int, int], ical.Event | None] = {}
        self._revisions: dict[int, int] = {}

    def read(self, events: Iterable[Event], wanted: Collection[tuple[int, int]]) -> None:
        """Read versions, by event and number, that are not known yet, in one query."""
        for event in events:
            if self._revisions.setdefault(event.pk, event.revision) != event.revision:
                self._forget(event)
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

    def _forget(self, event: Event) -> None:
        self._versions = {key: one for key, one in self._versions.items() if key[0] != event.pk}
        self._tellings = {key: one for key, one in self._tellings.items() if key[0] != event.pk}
        self._revisions[event.pk] = event.revision
