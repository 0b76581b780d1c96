"""What guests write that is no answer: kept under their name, and settled by the host."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from convoca.accounts.models import Membership
from convoca.calendars.models import Attendee, Event
from convoca.calendars.refusals import NotAllowed
from convoca.invitations import notices
from convoca.invitations.answers import rsvp
from convoca.invitations.models import GuestMessage, Invitation, Rsvp
from convoca.mail.models import InboundMessage
from convoca.standards.ical.cleaning import clean
from convoca.standards.ical.model import Partstat
from convoca.standards.imip.quoting import own_words

LONGEST = 5_000
MOST = 50  # kept of one guest and event


def keep(
    invitation: Invitation, message: InboundMessage, written_from: str, text: str
) -> GuestMessage | None:
    """Keep what somebody invited wrote, without what they quoted, and ring the host's bell.

    None when they wrote nothing of their own, or very much before.
    """
    words = own_words(clean(text))[:LONGEST].strip()
    if not words or invitation.messages.count() >= MOST:
        return None
    row = GuestMessage.objects.create(
        invitation=invitation,
        message=message,
        written_from=clean(written_from)[:320],
        text=words,
        received_at=message.received_at,
    )
    notices.wrote(row)
    return row


def of(event: Event, email_key: str = "") -> dict[str, list[GuestMessage]]:
    """Return what was written by each address invited, or by one of them, oldest first."""
    rows = GuestMessage.objects.filter(invitation__event=event).select_related(
        "invitation", "rsvp", "settled_by__user"
    )
    if email_key:
        rows = rows.filter(invitation__email_key=email_key)
    found: defaultdict[str, list[GuestMessage]] = defaultdict(list)
    for row in rows:
        found[row.invitation.email_key].append(row)
    return found


def settle(
    member: Membership,
    event: Event,
    message_id: UUID,
    partstat: Partstat | None = None,
    *,
    recurrence_id: dt.datetime | None = None,
) -> GuestMessage:
    """Be done with what a guest wrote, once; with `partstat` it is recorded as their answer.

    Nothing is guessed: the host has read it. Raises NotAllowed, GuestMessage.DoesNotExist, and
    rsvp.Closed.
    """
    if not event.is_editable_by(member):
        raise NotAllowed
    with transaction.atomic():
        rows = GuestMessage.objects.select_for_update(of=("self",)).select_related("invitation")
        row = rows.get(invitation__event=event, public_id=message_id)
        if row.settled_at is not None:
            return row
        if partstat is not None:
            row.rsvp = _record(member, event, row, partstat, recurrence_id)
        row.settled_by, row.settled_at = member, timezone.now()
        row.save(update_fields=["rsvp", "settled_by", "settled_at"])
    return row


def _record(
    member: Membership,
    event: Event,
    row: GuestMessage,
    partstat: Partstat,
    recurrence_id: dt.datetime | None,
) -> Rsvp:
    attendee = Attendee(event=event, email_key=row.invitation.email_key)
    return rsvp.enter(member, event, attendee, partstat, note=row.text, recurrence_id=recurrence_id)
