"""Record an answer, however it came: one path for page, app, host and mail."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from convoca.accounts import bulk
from convoca.accounts.invalid import Invalid
from convoca.accounts.models import Membership
from convoca.calendars import overrides, snapshot
from convoca.calendars.models import Attendee, Event
from convoca.calendars.refusals import NotAllowed
from convoca.invitations.answers import answered, standing
from convoca.invitations.answers.answered import Answered
from convoca.invitations.answers.standing import Standing
from convoca.invitations.models import Invitation, Rsvp
from convoca.standards.ical.cleaning import clean
from convoca.standards.ical.model import Partstat
from convoca.standards.itip.incoming import Answer, Ignored, judge_click

ANSWERS = (Partstat.ACCEPTED, Partstat.TENTATIVE, Partstat.DECLINED)
LONGEST_NOTE = 2_000
_ANSWER = ("partstat", "note", "replied_sequence", "replied_at")


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
    note = _short(note)
    with transaction.atomic():
        stand = _lock(invitation, now)
        place = _find(stand, written.recurrence_id if written else recurrence_id, now)
        seen = stand.sequence if seen_sequence is None else seen_sequence
        mark = written or place.mark(partstat, seen, now)
        rows = place.asked_by(written.sequence if written else seen)
        before = invitation.rsvps.filter(recurrence_id=place.recurrence_id)
        last = before.order_by("-id").first()
        rsvp = Rsvp(
            invitation=invitation,
            recurrence_id=place.recurrence_id,
            partstat=partstat.value,
            note=note,
            source=source,
            recorded_by=member,
            sequence=mark.sequence,
            answered_at=mark.at,
        )
        new = _New.judged(rsvp, place, rows, last, is_late=mark.is_late)
        if written is None and last is not None and new.is_repeated:
            return last
        rsvp.save()
        if rsvp.is_applied:
            place.apply(rsvp, rows)
        _tell([new])
    return rsvp


@dataclass(frozen=True, slots=True, kw_only=True)
class Mailed:
    """A mailed answer to the whole of an event, as judged; `last` is the guest's last one to it.

    `stand` is how they stand to the event, locked, no date of which has a row of its own.
    """

    invitation: Invitation
    stand: Standing
    partstat: Partstat
    note: str
    written: Written
    last: Rsvp | None


def record_mailed(answers: Sequence[Mailed]) -> list[Rsvp]:
    """Do what `record` does for answers of different guests, in a fixed number of queries.

    Inside the caller's transaction, in which their events and rows are locked; none is over.
    """
    new = [_of_mailed(one) for one in answers]
    Rsvp.objects.bulk_create([one.rsvp for one in new])
    counting = [(row, one.rsvp) for one in new if one.rsvp.is_applied for row in one.rows]
    for row, rsvp in counting:
        _write(row, rsvp, is_own=True)
    bulk.update([row for row, _rsvp in counting], _ANSWER)
    _tell(new)
    return [one.rsvp for one in new]


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
            _write(row, rsvp, is_own=row not in self.followers)
            row.save(update_fields=_ANSWER)


def _lock(invitation: Invitation, now: dt.datetime) -> Standing:
    """Return how they stand, locked with the event so that no save moves the time meanwhile."""
    event = Event.objects.locked().get(pk=invitation.event_id)
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


@dataclass(frozen=True, slots=True, kw_only=True)
class _New:
    """An answer about to be kept, and the rows in which it counts unless it is late.

    `is_repeated` tells that it is the one that counts already: a second click, a reloaded page.
    """

    rsvp: Rsvp
    place: _Place
    rows: Sequence[Attendee]
    is_late: bool
    is_repeated: bool

    @classmethod
    def judged(
        cls,
        rsvp: Rsvp,
        place: _Place,
        rows: Sequence[Attendee],
        last: Rsvp | None,
        *,
        is_late: bool,
    ) -> _New:
        """Write into the answer whether it counts, and else why not; `last` is the one before."""
        rsvp.is_applied = bool(rows) and not is_late
        if not rsvp.is_applied:
            why = Rsvp.LeftOut.OLD_TIME if place.rows else Rsvp.LeftOut.NO_DATE
            rsvp.left_out = Rsvp.LeftOut.OLDER if is_late else why
        is_repeated = (
            last is not None
            and last.is_applied
            and (last.partstat, last.note) == (rsvp.partstat, rsvp.note)
            and bool(rows)
            and all(row.partstat == rsvp.partstat for row in rows)
        )
        return cls(rsvp=rsvp, place=place, rows=rows, is_late=is_late, is_repeated=is_repeated)


def _of_mailed(one: Mailed) -> _New:
    place = _find(one.stand, None, one.written.at)
    rsvp = Rsvp(
        invitation=one.invitation,
        partstat=one.partstat.value,
        note=_short(one.note),
        source=Rsvp.Source.MAIL,
        sequence=one.written.sequence,
        answered_at=one.written.at,
    )
    rows = place.asked_by(one.written.sequence)
    return _New.judged(rsvp, place, rows, one.last, is_late=one.written.is_late)


def _tell(new: Iterable[_New]) -> None:
    """Tell the hosts of what they do not know already."""
    answered.tell(
        Answered(rsvp=one.rsvp, start=one.place.start, is_current=bool(one.rows))
        for one in new
        if not one.is_repeated and not one.is_late
    )


def _write(row: Attendee, rsvp: Rsvp, *, is_own: bool) -> None:
    """Put an answer into a row; one that only follows its series remembers none of its own."""
    row.partstat = rsvp.partstat
    row.note = rsvp.note
    row.replied_sequence = rsvp.sequence if is_own else None
    row.replied_at = rsvp.answered_at if is_own else None


def _short(note: str) -> str:
    return clean(note).strip()[:LONGEST_NOTE]
