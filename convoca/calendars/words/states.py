"""Names for how an attendee stands to an event."""

from __future__ import annotations

from convoca.calendars.models.attendee import PARTSTATS

_NAMES = dict(PARTSTATS)


def partstat(value: str) -> str:
    """Name an answer: `accepted`, `maybe`, `declined`, `no answer yet`."""
    return str(_NAMES[value])
