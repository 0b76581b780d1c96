"""Record an answer, however it came: one path for page, app, host and mail."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from django.db import transaction

from convoca.accounts.models import Membership
from convoca.calendars import snapshot
from convoca.calendars.models import Attendee, Event
from convoca.invitations import notices
from convoca.invitations.models import Invitation, Rsvp
from convoca.standards.ical import model as ical
from convoca.standards.ical.cleaning import clean
from convoca.standards.ical.model import Partstat
from convoca.standards.itip.incoming import Answer, judge_click

ANSWERS = (Partstat.ACCEPTED, Partstat.TENTATIVE, Partstat.DECLINED)
LONGEST_NOTE = 2_000
_TICK = dt.timedelta(microseconds=1)


class Closed(Exception):
    """No answer is taken any more: the event is over or cancelled, or they are not invited."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """Where a mailed answer stands in the standard's order (RFC 5546, 2.1.5), as judged.

    `recurrence_id` is the wall-clock start of the one date it answers. `is_late` tells that a
    newer answer is known; it is kept for the record.
    """

    sequence: int
    at: dt.datetime
    recurrence_id: dt.datetime | None = None
    is_late: bool = False


def record(
    invitation: Invitation,
    partstat: Partstat,
    *,
    note: str = "",
    source: Rsvp.Source,
    now: dt.datetime,
    member: Membership | None = None,
    seen_sequence: int | None = None,
    written: Written | None = None,
) -> Rsvp:
    """Keep an answer, apply it where the standard's order lets it count, and tell the host.

    `member` is who entered it, for APP and HOST. `seen_sequence` is the SEQUENCE the answer was
    given to; one to an older time is kept but not applied (`is_applied` is False), nor is one to
    a date of a series that has no row of its own. A mailed answer says by `written` what it
    answers and when it was given. The same answer twice in a row is recorded once. Raises Closed.
    """
    note = clean(note).strip()[:LONGEST_NOTE]
    with transaction.atomic():
        attendee = _lock(invitation, now)
        mark = written or _clicked(attendee, seen_sequence, now)
        last = invitation.rsvps.order_by("-id").first()
        if written is None and last and _is_repeated(last, attendee, partstat, note):
            return last
        place = _place(attendee, mark)
        is_current = mark.sequence >= (place or attendee).asked_sequence
        counts = not mark.is_late if written else _counts(attendee, partstat, mark.at)
        rsvp = Rsvp.objects.create(
            invitation=invitation,
            recurrence_id=mark.recurrence_id,
            partstat=partstat.value,
            note=note,
            source=source,
            recorded_by=member,
            sequence=mark.sequence,
            answered_at=mark.at,
            is_applied=place is not None and is_current and counts,
        )
        is_news = not (last and place and _is_repeated(last, place, partstat, note))
        if place is not None and rsvp.is_applied:
            _apply(rsvp, place)
        if is_news and not mark.is_late:
            notices.answered(rsvp, is_current=is_current)
    return rsvp


def is_open(event: Event, now: dt.datetime) -> bool:
    """Tell whether answers to the event are still taken."""
    return not event.is_cancelled and event.span_end > now


def _lock(invitation: Invitation, now: dt.datetime) -> Attendee:
    """Return the attendee, locked with the event so that no save moves the time meanwhile."""
    event = Event.objects.select_for_update(of=("self",)).get(pk=invitation.event_id)
    attendee = (
        Attendee.objects.select_for_update(of=("self",))
        .filter(event=event, email_key=invitation.email_key)
        .first()
    )
    if attendee is None or not is_open(event, now):
        raise Closed
    attendee.event = event
    return attendee


def _counts(attendee: Attendee, partstat: Partstat, answered_at: dt.datetime) -> bool:
    """Tell whether the standard's order lets the answer count, as for a mailed one."""
    stored = ical.Event(master=snapshot.build(attendee.event, [attendee], ()))
    return isinstance(judge_click(stored, attendee.email_key, partstat, answered_at), Answer)


def _clicked(attendee: Attendee, seen_sequence: int | None, now: dt.datetime) -> Written:
    """Return where an answer given here and now stands."""
    sequence = attendee.event.sequence if seen_sequence is None else seen_sequence
    return Written(sequence=sequence, at=_after_last(attendee, now))


def _place(attendee: Attendee, mark: Written) -> Attendee | None:
    """Return the row that an answer belongs to: the event's, or that of one changed date."""
    if mark.recurrence_id is None:
        return attendee
    return (
        Attendee.objects.select_for_update(of=("self",))
        .filter(
            event__series=attendee.event,
            event__recurrence_id=mark.recurrence_id,
            email_key=attendee.email_key,
        )
        .first()
    )


def _is_repeated(last: Rsvp, attendee: Attendee, partstat: Partstat, note: str) -> bool:
    """Tell whether this is the answer that counts already: a second click, a reloaded page."""
    return (
        last.is_applied
        and (last.partstat, last.note) == (partstat.value, note)
        and attendee.partstat == partstat.value
    )


def _after_last(attendee: Attendee, now: dt.datetime) -> dt.datetime:
    """Return the time of an answer given now: later than any, though a mail's clock ran ahead."""
    return now if attendee.replied_at is None else max(now, attendee.replied_at + _TICK)


def _apply(rsvp: Rsvp, attendee: Attendee) -> None:
    attendee.partstat = rsvp.partstat
    attendee.note = rsvp.note
    attendee.replied_sequence = rsvp.sequence
    attendee.replied_at = rsvp.answered_at
    attendee.save(update_fields=["partstat", "note", "replied_sequence", "replied_at"])
