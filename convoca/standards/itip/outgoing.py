"""The organizer's side: what a saved change asks for, and the message that tells one guest."""

from dataclasses import dataclass
from datetime import datetime

from convoca.standards.ical.model import Event
from convoca.standards.itip.changes import Difference
from convoca.standards.itip.messages import Message


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What has to be stored and who has to be told after a save.

    `event` is to be stored in place of what was planned: SEQUENCE, DTSTAMP, PARTSTAT and
    `asked_sequence` are set. A deleted event is kept as its cancelled self (the tombstone of
    RFC 5546, 4.2.9). `told` are the addresses that must come to hold it; `affected` are those of
    them who were added, removed or asked again. Both are empty for an event wholly in the past.
    `attendees_only` tells that nothing but the list of attendees changed, so that the host may
    choose to tell `affected` instead of `told`.
    """

    event: Event
    told: tuple[str, ...] = ()
    affected: tuple[str, ...] = ()
    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    difference: Difference | None = None
    attendees_only: bool = False


def plan(before: Event | None, after: Event | None, now: datetime) -> Plan:
    """Plan what carries every attendee from `before` to `after`.

    `before` is None for a new event and `after` is None for a deleted one. SEQUENCE rises when
    the time, the rule or the status changes and when somebody is cancelled (RFC 5546, 2.1.4);
    answers are reset only where the time moved (RFC 6638, 3.2.8). DTSTAMP rises strictly, also
    when the clock goes back. The cost is linear in the attendees.
    """
    raise NotImplementedError


def message_for(
    seen: Event | None, current: Event | None, address: str, now: datetime
) -> Message | None:
    """Return the message that carries one guest from the version they last got to the current one.

    `seen` is None when they were never reached, `current` is None when the event is gone without
    a tombstone. Returns a REQUEST for a first invitation or an update, a CANCEL when they are
    removed or it is cancelled, and None when there is nothing to tell: never reached and gone,
    nothing changed that they can see, or all of it lies in the past.
    """
    raise NotImplementedError
