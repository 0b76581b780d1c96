"""Record an answer, however it came: one path for page, app, host and mail."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from convoca.accounts.invalid import Invalid
from convoca.accounts.models import Membership
from convoca.calendars import overrides, snapshot
from convoca.calendars.models import Attendee, Event
from convoca.calendars.refusals import NotAllowed
from convoca.invitations import notices
from convoca.invitations.answers import standing
from convoca.invitations.answers.standing import Standing
from convoca.invitations.models import Invitation, Rsvp
from convoca.standards.ical.cleaning import clean
from convoca.standards.ical.model import Partstat
from convoca.standards.itip.incoming import Answer, Ignored, judge_click

ANSWERS = (Partstat.ACCEPTED, Partstat.TENTATIVE, Partstat.DECLINED)
LONGEST_NOTE = 2_000


class Closed(Exception):
    """No answer is taken: it is over or cancelled, or they are not invited to it."""


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
    recurrence_id: dt.datetime | None = None,
    seen_sequence: int | None = None,
    written: Written | None = None,
) -> Rsvp:
    """Keep an answer, apply it where the standard's order lets it count, and tell the host.

    `recurrence_id` names the one date of a series that is answered, by its original start (wall
    clock); that date gets a row of its own. An answer to all holds on every date that has not been
    answered singly. `member` is who entered it, for APP and HOST. `seen_sequence` is the SEQUENCE
    the answer was given to; one to an older time is kept but not applied (`is_applied` is False).
    A mailed answer says all that by `written`. The same answer twice in a row is recorded once.
    Raises Closed.
    """
    note = clean(note).strip()[:LONGEST_NOTE]
    with transaction.atomic():
        stand = _lock(invitation, now)
        place = _find(stand, written.recurrence_id if written else recurrence_id, now)
        seen = stand.sequence if seen_sequence is None else seen_sequence
        mark = written or place.mark(partstat, seen, now)
        rows = place.asked_by(written.sequence if written else seen)
        before = invitation.rsvps.filter(recurrence_id=place.recurrence_id)
        last = before.order_by("-id").first()
        is_repeated = _is_repeated(last, rows, partstat, note)
        if written is None and last is not None and is_repeated:
            return last
        rsvp = Rsvp.objects.create(
            invitation=invitation,
            recurrence_id=place.recurrence_id,
            partstat=partstat.value,
            note=note,
            source=source,
            recorded_by=member,
            sequence=mark.sequence,
            answered_at=mark.at,
            **_fate(place, rows, mark),
        )
        if rsvp.is_applied:
            place.apply(rsvp, rows)
        if not is_repeated and not mark.is_late:
            notices.answered(rsvp, start=place.start, is_current=bool(rows))
    return rsvp


def enter(
    member: Membership,
    event: Event,
    attendee: Attendee,
    partstat: Partstat,
    *,
    note: str = "",
    recurrence_id: dt.datetime | None = None,
) -> Rsvp:
    """Record what an attendee told the host ("she phoned"), as said now.

    Raises NotAllowed, Invalid for who is asked nothing, Closed as `record` does.
    """
    if not event.is_editable_by(member):
        raise NotAllowed
    rows = Invitation.objects.select_related("event__host__user", "event__host__team")
    invitation = rows.filter(event=event, email_key=attendee.email_key, ended_at=None).first()
    if invitation is None or not attendee.email_key:
        raise Invalid.field("attendee", _("Nobody is asked here."))
    return record(
        invitation,
        partstat,
        note=note,
        source=Rsvp.Source.HOST,
        now=timezone.now(),
        member=member,
        recurrence_id=recurrence_id,
    )


def is_open(event: Event, now: dt.datetime) -> bool:
    """Tell whether answers to the event are still taken."""
    return not event.is_cancelled and event.span_end > now


@dataclass(frozen=True, slots=True, kw_only=True)
class _Place:
    """Where an answer belongs.

    `rows` are answered themselves: that of the series, or those of single dates; a date without
    a row of its own is answered by the `rows` of its series until it gets one (`is_made`).
    `followers` are the dates on which the answer to the series holds too. `start` is when the one
    date takes place now.
    """

    stand: Standing
    recurrence_id: dt.datetime | None
    rows: tuple[Attendee, ...] = ()
    followers: tuple[Attendee, ...] = ()
    start: dt.datetime | None = None
    is_made: bool = True

    def asked_by(self, sequence: int) -> list[Attendee]:
        """Return the rows for which an answer to this SEQUENCE is one to what they are now."""
        rows = [row for row in self.rows if row.asked_sequence <= sequence]
        more = self.followers if rows else ()
        return [*rows, *(row for row in more if row.asked_sequence <= sequence)]

    def mark(self, partstat: Partstat, seen: int, now: dt.datetime) -> Written:
        """Return where an answer given here and now stands: as the standard judges it.

        `seen` is the SEQUENCE it was given to. Raises Closed where there is nothing to answer.
        """
        judged = [self._judge(row, partstat, now) for row in self.rows]
        answers = [one for one in judged if isinstance(one, Answer)]
        if not answers:
            raise Closed
        return Written(
            sequence=min(seen, max(one.sequence for one in answers)),
            at=max(one.replied_at for one in answers),
        )

    def _judge(self, row: Attendee, partstat: Partstat, now: dt.datetime) -> Answer | Ignored:
        event = self.stand.event
        original = self.recurrence_id or row.event.recurrence_id
        return judge_click(
            self.stand.calendar,
            row.email_key,
            partstat,
            now,
            recurrence_id=original and snapshot.moment(event, original),
        )

    def apply(self, rsvp: Rsvp, rows: Iterable[Attendee]) -> None:
        """Write the answer into these rows of its own; a date without one gets it now."""
        if not self.is_made and self.recurrence_id is not None:
            date = overrides.materialise(self.stand.event, self.recurrence_id)
            rows = [date.attendees.get(email_key=self.rows[0].email_key)]
        for row in rows:
            _answer(row, rsvp, is_own=row not in self.followers)


def _lock(invitation: Invitation, now: dt.datetime) -> Standing:
    """Return how they stand, locked with the event so that no save moves the time meanwhile."""
    rows = Event.objects.select_for_update(of=("self",))
    event = rows.select_related("team", "host__user", "sender").get(pk=invitation.event_id)
    stand = standing.of(event, invitation.email_key, lock=True)
    if not stand.is_invited or not is_open(event, now):
        raise Closed
    return stand


def _find(stand: Standing, recurrence_id: dt.datetime | None, now: dt.datetime) -> _Place:
    """Return where an answer belongs: nowhere, if the event has no such date for them (any more).

    Raises Closed when the date has passed.
    """
    recurrence_id = recurrence_id or stand.only_date()
    if recurrence_id is None:
        if stand.whole is None:
            return _Place(stand=stand, recurrence_id=None, rows=tuple(stand.dates.values()))
        followers = tuple(stand.followers())
        return _Place(stand=stand, recurrence_id=None, rows=(stand.whole,), followers=followers)
    date, row = stand.date(recurrence_id), stand.dates.get(recurrence_id)
    mine = row or stand.whole
    if date is None or mine is None:
        return _Place(stand=stand, recurrence_id=recurrence_id)
    if standing.is_over(date, now):
        raise Closed
    return _Place(
        stand=stand,
        recurrence_id=recurrence_id,
        rows=(mine,),
        start=snapshot.wall(date.start),
        is_made=row is not None,
    )


def _fate(place: _Place, rows: Collection[Attendee], mark: Written) -> dict[str, Any]:
    """Return as columns whether an answer counts, and else why not."""
    if rows and not mark.is_late:
        return {"is_applied": True}
    why = Rsvp.LeftOut.OLD_TIME if place.rows else Rsvp.LeftOut.NO_DATE
    return {"is_applied": False, "left_out": Rsvp.LeftOut.OLDER if mark.is_late else why}


def _is_repeated(
    last: Rsvp | None, rows: Collection[Attendee], partstat: Partstat, note: str
) -> bool:
    """Tell whether this is the answer that counts already: a second click, a reloaded page."""
    return (
        last is not None
        and last.is_applied
        and (last.partstat, last.note) == (partstat.value, note)
        and bool(rows)
        and all(row.partstat == partstat.value for row in rows)
    )


def _answer(row: Attendee, rsvp: Rsvp, *, is_own: bool) -> None:
    """Write an answer into a row; one that only follows its series remembers none of its own."""
    row.partstat = rsvp.partstat
    row.note = rsvp.note
    row.replied_sequence = rsvp.sequence if is_own else None
    row.replied_at = rsvp.answered_at if is_own else None
    row.save(update_fields=["partstat", "note", "replied_sequence", "replied_at"])
