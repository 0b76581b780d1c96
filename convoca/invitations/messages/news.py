"""What a delivery has to say now: what carries its guest from what they hold to what they must."""

from __future__ import annotations

from dataclasses import dataclass, replace

from django.utils import timezone

from convoca.invitations.messages.batch import Batch
from convoca.invitations.models import Invitation
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


def find_news(batch: Batch, invitation: Invitation, delivery: Due) -> News | None:
    """Return what to tell a guest, None when there is nothing any more.

    What was begun is finished first, then comes what changed since.
    """
    if delivery.half_sent:
        rest = _rest(batch, invitation, delivery)
        if rest is not None:
            return rest if _is_wanted(batch, invitation, rest) else None
    version = invitation.event.version
    seen = delivery.half_sent or delivery.sent
    message = _message(batch, invitation, seen, version)
    if message is None and delivery.doubted:  # of unknown fate: it counts if all else is told
        message = _message(batch, invitation, delivery.doubted, version)
    if message is None and delivery.is_reminder:
        message = _reminder(batch, invitation, version)
    return News(message=message, version=version) if message else None


def _reminder(batch: Batch, invitation: Invitation, version: int) -> Message | None:
    """Return the whole event once more, unless they have answered since, or it was stopped."""
    if invitation.nudges_stopped_at is not None or _is_late(invitation):
        return None
    answers = batch.answers(invitation)
    is_waiting = answers.get(None, Partstat.NEEDS_ACTION) == Partstat.NEEDS_ACTION
    if not is_waiting or (answers and Partstat.NEEDS_ACTION not in answers.values()):
        return None
    message = _message(batch, invitation, 0, version)
    return replace(message, reason=Reason.REMINDED) if message else None


def _is_late(invitation: Invitation) -> bool:
    """Tell whether an automatic reminder is wanted no more, or its time is over."""
    until = invitation.nudge_until
    return until is not None and (until < timezone.now() or not invitation.event.remind_guests)


def _rest(batch: Batch, invitation: Invitation, delivery: Due) -> News | None:
    """Return the second message of a version whose first has arrived."""
    version = delivery.half_sent
    for seen in (delivery.sent, delivery.doubted):
        first = _message(batch, invitation, seen, version) if seen else None
        if first is not None and first.then is not None:
            return News(message=first.then, version=version, is_second=True)
    return None


def _is_wanted(batch: Batch, invitation: Invitation, rest: News) -> bool:
    """Tell whether the rest is still to be said.

    A REQUEST that follows a CANCEL of everything is not, to who was uninvited altogether since.
    """
    if rest.message.method != Method.REQUEST or rest.version == invitation.event.version:
        return True
    return _message(batch, invitation, 0, invitation.event.version) is not None


def _message(batch: Batch, invitation: Invitation, seen: int, version: int) -> Message | None:
    return batch.telling(invitation.event, seen, version).message_for(invitation.email_key)
