"""What a guest is told about an event, in their words and zone: alike in mail and on the page."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from django.utils.translation import gettext as _

from convoca.calendars import words
from convoca.standards.ical import model as ical
from convoca.standards.ical import moments, recurrence

LISTED_PEOPLE = 20
_FAR = dt.timedelta(days=3_660)
_URL = re.compile(r"https?://[^\s<>\"']+", re.IGNORECASE)
_LOOSE_END = ".,;:!?)]}»”’"


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Somebody on the event; `answer` is a Partstat, "" for the host."""

    name: str
    answer: str = ""
    is_host: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class FileFact:
    """A file behind the guest's own link."""

    name: str
    size: str
    url: str
    is_new: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """An event as one language and zone tell it.

    `when_host` is the time on the host's clock, "" where it shows the same. Of a series that has
    begun all three name the next date (`is_next`). `people` are the first
    names, host before all, empty when the list is hidden; `more_people` counts the rest.
    `place_url` is the first link in the place, to join a call.
    """

    title: str
    when: str
    when_host: str
    when_brief: str
    repeats: str
    place: str
    place_url: str
    description: str
    description_html: str
    people: tuple[Person, ...]
    more_people: int
    files: tuple[FileFact, ...]
    is_all_day: bool
    is_series: bool
    is_next: bool = False


def of(
    part: ical.VEvent,
    zone: dt.tzinfo,
    file_url: Callable[[str], str],
    *,
    new_files: Iterable[str] = (),
    people: ical.VEvent | None = None,
    most_people: int = LISTED_PEOPLE,
    following: ical.VEvent | None = None,
) -> Facts:
    """Tell a component in the active language, with times in `zone`.

    `file_url` makes the guest's link from a file's key; `new_files` are keys to be marked.
    `people` is the component whose attendees are named, by default the same, at most `most_people`.
    `following` is the date to name of a series (`next_date`).
    """
    start, end = (following.start, following.end) if following else (part.start, part.end)
    host_zone = start.tzinfo if isinstance(start, dt.datetime) else None
    same = host_zone is None or words.same_clock(start, zone, host_zone)
    named, more = _people(people or part, most_people)
    fresh = set(new_files)
    return Facts(
        title=title_of(part),
        when=words.when(start, end, zone),
        when_host="" if same else words.when(start, end),
        when_brief=words.when_briefly(start, zone),
        repeats=words.repeat(part.rrule, part.start, part.rdates, part.exdates),
        place=part.location,
        place_url=first_link(part.location),
        description=part.description,
        description_html=part.description_html,
        people=named,
        more_people=more,
        files=tuple(
            FileFact(
                name=one.name or one.identity,
                size=words.size(one.size),
                url=file_url(one.identity),
                is_new=one.identity in fresh,
            )
            for one in part.attachments
        ),
        is_all_day=part.is_all_day,
        is_series=part.is_recurring,
        is_next=following is not None,
    )


def next_date(event: ical.Event, now: dt.datetime) -> ical.VEvent | None:
    """Return the next date of a series whose first is over, though it is cancelled; else None."""
    master = event.master
    if master is None or not master.is_recurring or moments.instant(master.end) > now:
        return None
    taking_place = replace(event, master=replace(master, status=ical.Status.CONFIRMED))
    found = next(recurrence.instances(taking_place, now, now + _FAR, limit=1), None)
    return replace(found.component, start=found.start, end=found.end) if found else None


def title_of(part: ical.VEvent) -> str:
    """Return the title on one line, or words in its place."""
    return " ".join(part.summary.split()) or _("Untitled event")


def name_of(one: ical.Attendee | ical.Organizer) -> str:
    """Return how a person is called: by name, else by address."""
    return " ".join(one.name.split()) or one.address


def first_link(text: str) -> str:
    """Return the first web address in a text, "" if there is none."""
    found = _URL.search(text)
    return found.group().rstrip(_LOOSE_END) if found else ""


def _people(part: ical.VEvent, most: int) -> tuple[tuple[Person, ...], int]:
    if part.hide_guests:
        return (), 0
    organizer = part.organizer
    host = [Person(name=name_of(organizer), is_host=True)] if organizer else []
    others = [one for one in part.attendees if not organizer or one.address != organizer.address]
    room = most - len(host)
    shown = [Person(name=name_of(one), answer=one.partstat.value) for one in others[:room]]
    return (*host, *shown), len(others) - len(shown)
