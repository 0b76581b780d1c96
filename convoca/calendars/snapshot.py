"""The one bridge between rows and the calendar object of the standards."""

from __future__ import annotations

from collections.abc import Iterable

from convoca.accounts.models import Membership
from convoca.calendars.models import Attendee, Event, EventVersion, File
from convoca.standards.ical import model as ical


def take(event: Event) -> ical.Event:
    """Return the event with all its components as attendees may come to see it.

    The host is the ORGANIZER and no ATTENDEE; rooms stand in LOCATION. Attachments carry the
    file's `public_id` as key and no link, for links differ from guest to guest.
    """
    raise NotImplementedError


def build(event: Event, attendees: Iterable[Attendee], files: Iterable[File]) -> ical.VEvent:
    """Return one component from rows at hand, saved or not; no query."""
    raise NotImplementedError


def store(event: Event, planned: ical.Event) -> None:
    """Write what a plan decided back into the rows: SEQUENCE, DTSTAMP, answers asked again.

    Only rows that differ are written, in bulk.
    """
    raise NotImplementedError


def record(
    event: Event, shown: ical.Event, message: str, member: Membership | None
) -> EventVersion:
    """Count the event's version up and keep what attendees see of it from now on."""
    raise NotImplementedError


def load(event: Event, number: int) -> ical.Event | None:
    """Return what attendees saw at a version; None for 0, before there was anything to see."""
    raise NotImplementedError
