"""What a delivery has to say now: what carries its guest from what they hold to what they must."""

from __future__ import annotations

from dataclasses import dataclass, replace

from django.utils import timezone

from convoca.invitations.content.readers import answer_by_of
from convoca.invitations.messages.batch import Batch, Invited
from convoca.mail.transit import Due
from convoca.standards.ical.model import Partstat
from convoca.standards.itip.messages import Message, Method, Reason


@dataclass(frozen=True, slots=True, kw_only=True)
class News:
    """A message to one guest, and the version they hold once all of it has arrived.

    `is_second`: it is the rest of what one method could not say.
    """

    message: Message
    version: int
    is_second: bool = False


def find_news(batch: Batch, invited: Invited, delivery: Due) -> News | None:
    """Return what to tell a guest, None when there is nothing any more.

    What was begun is finished first, then comes what changed since.
    """
    if delivery.half_sent:
        rest = _rest(batch, invited, delivery)
        if rest is not None:
            return rest if _is_wanted(batch, invited, rest) else None
    version = invited.event.version
    seen = delivery.half_sent or delivery.sent
    message = _message(batch, invited, seen, version)
    if message is None and delivery.doubted:  # of unknown fate: it counts if all else is told
        message = _message(batch, invited, delivery.doubted, version)
    if message is None and delivery.is_reminder:
        message = _reminder(batch, invited, version)
    return News(message=message, version=version) if message else None


def _reminder(batch: Batch, invited: Invited, version: int) -> Message | None:
    """Return the whole event once more, unless they have answered since, or it was stopped."""
    if invited.nudges_stopped_at is not None or _is_late(invited):
        return None
    answers = batch.answers(invited)
    is_waiting = answers.get(None, Partstat.NEEDS_ACTION) == Partstat.NEEDS_ACTION
    if not is_waiting or (answers and Partstat.NEEDS_ACTION not in answers.values()):
        return None
    message = _message(batch, invited, 0, version)
    return replace(message, reason=Reason.REMINDED) if message else None


def _is_late(invited: Invited) -> bool:
    """Tell whether an automatic reminder is wanted no more, or its time is over.

    The host may have taken the deadline away since, or set an earlier one.
    """
    until, event, now = invited.nudge_until, invited.event, timezone.now()
    if until is None:
        return False
    return until < now or not event.remind_guests or answer_by_of(event, now) is None


def _rest(batch: Batch, invited: Invited, delivery: Due) -> News | None:
    """Return the second message of a version whose first has arrived."""
    version = delivery.half_sent
    for seen in (delivery.sent, delivery.doubted):
        first = _message(batch, invited, seen, version) if seen else None
        if first is not None and first.then is not None:
            return News(message=first.then, version=version, is_second=True)
    return None


def _is_wanted(batch: Batch, invited: Invited, rest: News) -> bool:
    """Tell whether the rest is still to be said.

    A REQUEST that follows a CANCEL of everything is not, to who was uninvited altogether since.
    """
    if rest.message.method != Method.REQUEST or rest.version == invited.event.version:
        return True
    return _message(batch, invited, 0, invited.event.version) is not None


def _message(batch: Batch, invited: Invited, seen: int, version: int) -> Message | None:
    return batch.telling(invited.event, seen, version).message_for(invited.email_key)
