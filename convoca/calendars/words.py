"""An event's facts in words: dates, zones, repetition, sizes, in the language that is active.

Pages, mails and the bell all speak through this module, so that a date reads the same everywhere.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from convoca.calendars.models import Event
from convoca.standards.ical.model import Moment


def when(start: Moment, end: Moment, zone: dt.tzinfo | None = None) -> str:
    """Spell out a span in full: `Tuesday 24 November 2026, 10:00–11:00 (Madrid time)`.

    Times are shown in `zone`, by default the one they are given in. `end` is exclusive; all-day
    spans name their days only.
    """
    raise NotImplementedError


def when_briefly(start: Moment, zone: dt.tzinfo | None = None) -> str:
    """Name a start for subjects and lists: `Tue 24 Nov 2026, 10:00 (Madrid)`."""
    raise NotImplementedError


def when_of(event: Event, zone: dt.tzinfo | None = None) -> str:
    """Spell out when a row takes place: its first date, for a series."""
    raise NotImplementedError


def zone_name(zone: dt.tzinfo, at: dt.datetime | None = None) -> str:
    """Name a zone as people do: `Madrid time`, `hora de Madrid`, `UTC`."""
    raise NotImplementedError


def city(zone: dt.tzinfo) -> str:
    """Name the place whose clock is meant: `Madrid`, `New York`, `UTC`."""
    raise NotImplementedError


def same_clock(start: Moment, zone: dt.tzinfo, other: dt.tzinfo) -> bool:
    """Tell whether both zones show the same time at `start`, so that one of them is enough."""
    raise NotImplementedError


def repeat(rrule: str, start: Moment) -> str:
    """Put a repetition into words: `every week on Tuesday, until 15 December 2026`; else ""."""
    raise NotImplementedError


def reminder(minutes: int) -> str:
    """Say how long before the start: `15 minutes before`, `1 day before`."""
    raise NotImplementedError


def size(count: int) -> str:
    """Say how large a file is: `2.3 MB`."""
    raise NotImplementedError


def listed(names: Sequence[str]) -> str:
    """Join names as a sentence does: `Gwen, Gus and Bob`."""
    raise NotImplementedError


def partstat(value: str) -> str:
    """Name an answer: `accepted`, `maybe`, `declined`, `no answer yet`."""
    raise NotImplementedError
