"""The calendar object as the whole house passes it around: frozen, and free of any library."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from operator import is_

Moment = date | datetime
"""A date for all-day events, else an aware datetime whose tzinfo is a ZoneInfo or UTC."""


class Partstat(StrEnum):
    """How an attendee stands to an event (RFC 5545, 3.2.12)."""

    NEEDS_ACTION = "NEEDS-ACTION"
    ACCEPTED = "ACCEPTED"
    DECLINED = "DECLINED"
    TENTATIVE = "TENTATIVE"
    DELEGATED = "DELEGATED"


class Status(StrEnum):
    """Whether an event takes place (RFC 5545, 3.8.1.11)."""

    TENTATIVE = "TENTATIVE"
    CONFIRMED = "CONFIRMED"
    CANCELLED = "CANCELLED"


@dataclass(frozen=True, slots=True, kw_only=True)
class Organizer:
    """The address in whose name an event is held and to which answers go."""

    address: str
    name: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Attendee:
    """One person or room on one VEVENT; `address` is normalised (see `ical.address`).

    `asked_sequence` is the SEQUENCE at which they were last asked: an answer to a lower one is
    void. `replied_sequence` and `replied_at` order their answers (RFC 5546, 2.1.5). These three
    are our memory and are never written into an iCalendar object.
    """

    address: str
    name: str = ""
    partstat: Partstat = Partstat.NEEDS_ACTION
    role: str = "REQ-PARTICIPANT"
    cutype: str = "INDIVIDUAL"
    rsvp: bool = True
    delegated_to: tuple[str, ...] = ()
    delegated_from: tuple[str, ...] = ()
    asked_sequence: int = 0
    replied_sequence: int | None = None
    replied_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Attachment:
    """A file behind a link; `key` is its lasting identity, for links differ from guest to guest."""

    uri: str
    name: str = ""
    size: int = 0
    media_type: str = ""
    key: str = ""

    @property
    def identity(self) -> str:
        """Return what makes two attachments the same file."""
        return self.key or self.uri


@dataclass(frozen=True, slots=True, kw_only=True)
class VEvent:
    """One VEVENT: a single event, the master of a series, or one changed instance of it.

    `end` is exclusive, also for all-day events. `recurrence_id` is the original start of the
    instance and None on a master.
    """

    uid: str
    start: Moment
    end: Moment
    sequence: int = 0
    dtstamp: datetime | None = None
    recurrence_id: Moment | None = None
    rrule: str = ""
    rdates: tuple[Moment, ...] = ()
    exdates: tuple[Moment, ...] = ()
    summary: str = ""
    location: str = ""
    description: str = ""
    description_html: str = ""
    url: str = ""
    status: str = Status.CONFIRMED
    transparency: str = "OPAQUE"
    organizer: Organizer | None = None
    attendees: tuple[Attendee, ...] = field(default=(), repr=False)
    attachments: tuple[Attachment, ...] = ()
    related_to: str = ""
    comment: str = ""
    created: datetime | None = None
    last_modified: datetime | None = None
    hide_guests: bool = False

    @property
    def is_all_day(self) -> bool:
        """Tell whether start and end are dates."""
        return not isinstance(self.start, datetime)

    @property
    def is_recurring(self) -> bool:
        """Tell whether this is the master of a series."""
        return bool(self.rrule or self.rdates)

    @property
    def is_cancelled(self) -> bool:
        """Tell whether it does not take place."""
        return self.status == Status.CANCELLED

    def attendee(self, address: str) -> Attendee | None:
        """Return the attendee with this normalised address."""
        return next((one for one in self.attendees if one.address == address), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """All components of one UID: a master with its overrides, or overrides alone.

    A guest of single dates only holds an event without master (RFC 6638, 3.2.6).
    """

    master: VEvent | None
    overrides: tuple[VEvent, ...] = ()

    def __post_init__(self) -> None:
        if self.master is None and not self.overrides:
            raise ValueError("an event has at least one component")

    def components(self) -> Iterator[VEvent]:
        """Yield the master, when there is one, then the overrides."""
        if self.master is not None:
            yield self.master
        yield from self.overrides

    def map(self, change: Callable[[VEvent], VEvent]) -> "Event":
        """Return the event with `change` applied to each component."""
        return Event(
            master=None if self.master is None else change(self.master),
            overrides=tuple(change(part) for part in self.overrides),
        )

    def is_made_of(self, other: "Event") -> bool:
        """Tell whether its components are the very objects that make up the other event."""
        mine, theirs = [*self.components()], [*other.components()]
        return len(mine) == len(theirs) and all(map(is_, mine, theirs))

    @property
    def main(self) -> VEvent:
        """Return the component that speaks for the whole: the master, else the first override."""
        return self.overrides[0] if self.master is None else self.master

    @property
    def uid(self) -> str:
        """Return the UID shared by all components."""
        return self.main.uid

    @property
    def organizer(self) -> Organizer | None:
        """Return the organizer."""
        return self.main.organizer

    @property
    def sequence(self) -> int:
        """Return the counter of the UID: the highest SEQUENCE of any component."""
        return max(component.sequence for component in self.components())

    @property
    def dtstamp(self) -> datetime | None:
        """Return the latest DTSTAMP of any component."""
        stamps = [one.dtstamp for one in self.components() if one.dtstamp is not None]
        return max(stamps, default=None)

    @property
    def is_cancelled(self) -> bool:
        """Tell whether nothing of it takes place any more."""
        return all(component.is_cancelled for component in self.components())

    def continues(self, other: "Event") -> bool:
        """Tell whether it is the rest of that series, under a UID of its own (RELATED-TO)."""
        return self.uid != other.uid and self.main.related_to == other.uid

    def addresses(self) -> tuple[str, ...]:
        """Return the addresses of all attendees of any component, each once, in order."""
        return tuple(
            dict.fromkeys(one.address for part in self.components() for one in part.attendees)
        )
