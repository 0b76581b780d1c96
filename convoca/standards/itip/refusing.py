"""The organizer keeps the time: a proposal of another one is refused."""

from dataclasses import replace
from datetime import datetime

from convoca.standards.ical.model import Event, Moment
from convoca.standards.itip.changes import Span, effective
from convoca.standards.itip.messages import Message, Method, Reason
from convoca.standards.itip.views import view


def refuse(
    event: Event,
    address: str,
    proposed: Span,
    *,
    sequence: int,
    now: datetime,
    recurrence_id: Moment | None = None,
) -> Message | None:
    """Return the DECLINECOUNTER to the attendee who proposed a time (RFC 5546, 3.2.8).

    UID and SEQUENCE are echoed: `sequence` is that of the proposal, and nothing rises (2.1.4).
    The message tells what stands; None when they take no part in it any more.
    """
    mine = view(event, address)
    if mine is None:
        return None
    part = mine.main if recurrence_id is None else effective(mine, recurrence_id)
    recipient = part.attendee(address) if part else None
    if part is None or recipient is None:
        return None
    part = replace(part, sequence=sequence, dtstamp=now.replace(microsecond=0))
    is_date = part.recurrence_id is not None
    return Message(
        method=Method.DECLINECOUNTER,
        reason=Reason.REFUSED,
        recipient=recipient,
        event=Event(master=None if is_date else part, overrides=(part,) if is_date else ()),
        proposed=proposed,
    )
