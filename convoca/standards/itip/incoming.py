"""The organizer's ear: what a message from an attendee means for the event as it stands.

Nothing here changes an event by itself: each VEVENT of a message is judged, and the result says
what to record, to show, or to leave alone.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from convoca.standards.ical import moments
from convoca.standards.ical.model import Attendee, Event, Moment, Partstat, VEvent
from convoca.standards.ical.recurrence import instance_at
from convoca.standards.itip.changes import effective
from convoca.standards.itip.messages import Method

_TICK = timedelta(microseconds=1)


class Why(StrEnum):
    """Why a message is stale or left alone."""

    OLD_TIME = "OLD_TIME"
    """They answered a time that is no more: show it, and send the current state."""
    OLDER = "OLDER"
    """A newer answer of theirs is known."""
    REPEATED = "REPEATED"
    """This very answer is known."""
    OTHER_EVENT = "OTHER_EVENT"
    """Its UID is another one's."""
    CANCELLED = "CANCELLED"
    """The event does not take place."""
    NO_SUCH_DATE = "NO_SUCH_DATE"
    """The series has no such date, or not for them."""
    NO_ATTENDEE = "NO_ATTENDEE"
    """It does not tell who answers."""
    NO_ANSWER = "NO_ANSWER"
    """PARTSTAT says neither yes nor no."""
    NO_TIME = "NO_TIME"
    """A proposal without a time."""
    NOT_FOR_ORGANIZER = "NOT_FOR_ORGANIZER"
    """A method only an organizer may use, or one that is none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """An answer to be recorded, for the whole event or for one date.

    `sequence` and `replied_at` become the attendee's memory. `delegate` is whom they send instead,
    as their message names them.
    """

    address: str
    partstat: Partstat
    sequence: int
    replied_at: datetime
    recurrence_id: Moment | None = None
    comment: str = ""
    delegate: Attendee | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Stale:
    """An answer or proposal that comes too late to count."""

    why: Why
    address: str
    partstat: Partstat
    recurrence_id: Moment | None = None
    comment: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stranger:
    """An answer by somebody who is not invited; only the host can let them in.

    `attendee` is as their message has them; with `delegated_from` they come in place of somebody
    whose own word is still missing.
    """

    attendee: Attendee
    recurrence_id: Moment | None = None
    comment: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """Another time proposed (COUNTER); it changes nothing until the host accepts it."""

    address: str
    start: Moment
    end: Moment
    sequence: int
    replied_at: datetime
    recurrence_id: Moment | None = None
    comment: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Refresh:
    """A wish to get the current state again (REFRESH)."""

    address: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Ignored:
    """A message, or a VEVENT of it, that means nothing here."""

    why: Why


Result = Answer | Stale | Stranger | Proposal | Refresh | Ignored


def judge(
    method: str, received: Event, event: Event, sender: str, received_at: datetime
) -> tuple[Result, ...]:
    """Judge what an attendee's message means, one result for each VEVENT in it.

    `received` is the message as read, `event` what is stored, `sender` the normalised address it
    came from (it only decides which of several ATTENDEEs speaks). Whether the sender is to be
    believed is not judged here. UIDs are compared without case, as Outlook's need it.
    """
    if method not in (Method.REPLY, Method.COUNTER, Method.REFRESH):
        return (Ignored(why=Why.NOT_FOR_ORGANIZER),)
    if received.uid.casefold() != event.uid.casefold():
        return (Ignored(why=Why.OTHER_EVENT),)
    if method == Method.REFRESH:
        return (_judge_refresh(received.main, event, sender),)
    if event.is_cancelled:
        return (Ignored(why=Why.CANCELLED),)
    return tuple(
        _judge_part(method, part, event, sender, received_at) for part in received.components()
    )


def judge_click(
    event: Event,
    address: str,
    partstat: Partstat,
    clicked_at: datetime,
    *,
    recurrence_id: Moment | None = None,
    comment: str = "",
) -> Answer | Ignored:
    """Judge an answer given on the page or entered by the host, by the same rules as a mailed one.

    It answers what they were asked last, at the time of the click, and nothing they said before
    is newer. Its SEQUENCE is not the event's own where that rose without asking them: their mail
    program may not have heard of it, and what they say there later must still count.
    """
    if event.is_cancelled:
        return Ignored(why=Why.CANCELLED)
    place = _Place.find(event, address, recurrence_id)
    if place is None:
        return Ignored(why=Why.NO_SUCH_DATE)
    return Answer(
        address=address,
        partstat=partstat,
        sequence=max(place.attendee.asked_sequence, place.attendee.replied_sequence or 0),
        replied_at=place.latest(clicked_at),
        recurrence_id=place.recurrence_id,
        comment=comment,
    )


def apply(event: Event, answer: Answer) -> Event:
    """Return the event with the answer in it; only this attendee changes, and only where it says.

    An answer to one date that has no override yet makes one. An answer to the whole holds on every
    date that was not answered singly: those keep theirs, for a program that means them names them.
    """
    if answer.recurrence_id is None:
        return event.map(
            lambda part: (
                _answered(part, answer) if part.recurrence_id is None else _following(part, answer)
            )
        )
    wanted = moments.key(answer.recurrence_id)
    if all(_key(part) != wanted for part in event.overrides):
        made = effective(event, answer.recurrence_id)
        added = () if made is None else (_answered(_without_memory(made), answer),)
        return replace(event, overrides=(*event.overrides, *added))
    overrides = (
        _answered(part, answer) if _key(part) == wanted else part for part in event.overrides
    )
    return replace(event, overrides=tuple(overrides))


@dataclass(frozen=True, slots=True)
class _Place:
    """Where in the stored event an answer belongs.

    `attendee` is who answers there; `has_memory` tells whether their last answer was to the same
    thing, so that the two can be put in order.
    """

    recurrence_id: Moment | None
    attendee: Attendee
    has_memory: bool

    def latest(self, now: datetime) -> datetime:
        """Return now, and later than their last answer though our clock was set back since."""
        known = self.attendee.replied_at if self.has_memory else None
        return now if known is None else max(now, known + _TICK)

    @classmethod
    def find(cls, event: Event, address: str, recurrence_id: Moment | None) -> "_Place | None":
        if recurrence_id is None:
            return cls._of_whole(event, address)
        instance = instance_at(event, recurrence_id)
        if instance is None:
            return None
        part = instance.component
        attendee = part.attendee(address)
        if attendee is None:
            return None
        return cls(instance.recurrence_id, attendee, part.recurrence_id is not None)

    @classmethod
    def _of_whole(cls, event: Event, address: str) -> "_Place | None":
        """Find the whole event, or the only date of somebody who is on no other."""
        attendee = event.master.attendee(address) if event.master else None
        if attendee is not None:
            return cls(None, attendee, has_memory=True)
        own = [part for part in event.overrides if part.attendee(address) and not part.is_cancelled]
        return cls.find(event, address, own[0].recurrence_id) if len(own) == 1 else None


def _judge_refresh(part: VEvent, event: Event, sender: str) -> Result:
    speaker = _speaker(part, sender)
    address = speaker.address if speaker else sender
    if address not in event.addresses():
        return Ignored(why=Why.NO_ATTENDEE)
    return Refresh(address=address)


def _judge_part(
    method: str, part: VEvent, event: Event, sender: str, received_at: datetime
) -> Result:
    speaker = _speaker(part, sender)
    if speaker is None:
        return Ignored(why=Why.NO_ATTENDEE)
    if method == Method.REPLY and speaker.partstat == Partstat.NEEDS_ACTION:
        return Ignored(why=Why.NO_ANSWER)
    if speaker.address not in event.addresses():
        return Stranger(attendee=speaker, recurrence_id=part.recurrence_id, comment=part.comment)
    if _answers_old_time(part, event, speaker.address):
        return _stale(Why.OLD_TIME, speaker, part)
    place = _Place.find(event, speaker.address, part.recurrence_id)
    if place is None:
        return Ignored(why=Why.NO_SUCH_DATE)
    latest = place.latest(received_at)
    replied_at = min(part.dtstamp or latest, latest)
    if method == Method.COUNTER:
        return _proposal(part, speaker, place, replied_at)
    answer = Answer(
        address=speaker.address,
        partstat=speaker.partstat,
        sequence=min(part.sequence, event.sequence),
        replied_at=replied_at,
        recurrence_id=place.recurrence_id,
        comment=part.comment,
        delegate=_delegate(part, speaker),
    )
    return _in_order(answer, place)


def _speaker(part: VEvent, sender: str) -> Attendee | None:
    """Return the ATTENDEE whose message it is: the only one, the sender, or who delegates."""
    if len(part.attendees) == 1:
        return part.attendees[0]
    by_sender = part.attendee(sender)
    if by_sender is not None:
        return by_sender
    delegators = [one for one in part.attendees if one.delegated_to]
    return delegators[0] if len(delegators) == 1 else None


def _answers_old_time(part: VEvent, event: Event, address: str) -> bool:
    """Tell whether it answers what was asked before the last reschedule (RFC 5546, 2.1.4)."""
    return part.sequence < _asked_sequence(event, address, part.recurrence_id)


def _asked_sequence(event: Event, address: str, recurrence_id: Moment | None) -> int:
    place = _Place.find(event, address, recurrence_id)
    if place is not None:
        return place.attendee.asked_sequence
    series = _Place.find(event, address, None)
    return 0 if series is None else series.attendee.asked_sequence


def _in_order(answer: Answer, place: _Place) -> Answer | Stale:
    """Return the answer if it is newer than the last one known (RFC 5546, 2.1.5)."""
    last = place.attendee
    if not place.has_memory or last.replied_at is None:
        return answer
    known = (last.replied_sequence or 0, last.replied_at)
    if known < (answer.sequence, answer.replied_at):
        return answer
    is_same = known == (answer.sequence, answer.replied_at) and last.partstat == answer.partstat
    return Stale(
        why=Why.REPEATED if is_same else Why.OLDER,
        address=answer.address,
        partstat=answer.partstat,
        recurrence_id=answer.recurrence_id,
        comment=answer.comment,
    )


def _stale(why: Why, speaker: Attendee, part: VEvent) -> Stale:
    return Stale(
        why=why,
        address=speaker.address,
        partstat=speaker.partstat,
        recurrence_id=part.recurrence_id,
        comment=part.comment,
    )


def _proposal(part: VEvent, speaker: Attendee, place: _Place, replied_at: datetime) -> Result:
    if part.end <= part.start:
        return Ignored(why=Why.NO_TIME)
    return Proposal(
        address=speaker.address,
        start=part.start,
        end=part.end,
        sequence=part.sequence,
        replied_at=replied_at,
        recurrence_id=place.recurrence_id,
        comment=part.comment,
    )


def _delegate(part: VEvent, speaker: Attendee) -> Attendee | None:
    """Return whom the speaker sends instead (RFC 5546, 3.2.2.3)."""
    if speaker.partstat != Partstat.DELEGATED or not speaker.delegated_to:
        return None
    address = speaker.delegated_to[0]
    named = part.attendee(address) or Attendee(address=address)
    return replace(
        named, partstat=Partstat.NEEDS_ACTION, rsvp=True, delegated_from=(speaker.address,)
    )


def _without_memory(part: VEvent, address: str = "") -> VEvent:
    """Return a date on which the answers, or that of one address, are those to its series."""

    def forget(one: Attendee) -> Attendee:
        if address and one.address != address:
            return one
        return replace(one, replied_sequence=None, replied_at=None)

    return replace(part, attendees=tuple(forget(one) for one in part.attendees))


def _following(part: VEvent, answer: Answer) -> VEvent:
    """Return a date on which an answer to the whole holds too, unless it was answered itself.

    An own answer that became void is none; an answer older than the date was last asked is none
    to it.
    """
    mine = part.attendee(answer.address)
    if mine is None or answer.sequence < mine.asked_sequence:
        return part
    if mine.replied_at is not None and mine.partstat != Partstat.NEEDS_ACTION:
        return part
    return _without_memory(_answered(part, answer), answer.address)


def _answered(part: VEvent, answer: Answer) -> VEvent:
    delegated_to = (answer.delegate.address,) if answer.delegate else ()

    def record(one: Attendee) -> Attendee:
        if one.address != answer.address:
            return one
        return replace(
            one,
            partstat=answer.partstat,
            replied_sequence=answer.sequence,
            replied_at=answer.replied_at,
            delegated_to=delegated_to,
        )

    return replace(part, attendees=tuple(record(one) for one in part.attendees))


def _key(part: VEvent) -> moments.Key | None:
    return None if part.recurrence_id is None else moments.key(part.recurrence_id)
