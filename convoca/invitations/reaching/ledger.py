"""Who was reached and who is coming: one line per attendee, for the event's page and the API."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Literal

from django.utils import timezone

from convoca.calendars import snapshot
from convoca.calendars.models import Attendee, Event, Kind
from convoca.invitations import invitees
from convoca.invitations.models import Invitation, Rsvp
from convoca.invitations.reminding import deadline
from convoca.mail.advice import advice
from convoca.mail.models import Delivery, Halt
from convoca.mail.traffic import lanes
from convoca.standards.ical import model as ical

NOT_SENT = "NOT_SENT"
OPTED_OUT = "OPTED_OUT"
NONE = "NONE"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """How far the mail to an attendee has come.

    `status` is a Delivery.Status, or NOT_SENT (saved without sending), OPTED_OUT (they or the
    member wish for no mail) or NONE (rooms and the host get none). `cause` is a Delivery.Reason;
    it and what to do about it are put into words as `reason` and `advice`; `last_error` are the
    server's own.
    """

    status: str
    attempts: int = 0
    cause: str = ""
    reason: str = ""
    advice: str = ""
    last_error: str = ""
    sent_at: dt.datetime | None = None
    next_try_at: dt.datetime | None = None
    opened_at: dt.datetime | None = None
    nudged_at: dt.datetime | None = None  # reminded that their answer is missing
    nudges_at: dt.datetime | None = None  # will be reminded next, by the clock
    nudges_stopped: Literal["", "GUEST", "HOST"] = ""  # reminds them no more: who stopped it

    @property
    def is_lost(self) -> bool:
        """Tell whether the mail did not arrive, and somebody has to do something about it."""
        return self.status in {Delivery.Status.FAILED, Delivery.Status.BOUNCED}


@dataclass(frozen=True, slots=True, kw_only=True)
class OnDate:
    """How an attendee stands to one coming date of a series, where it is not as to the series.

    `recurrence_id` is its original wall-clock start, `start` when it takes place now.
    """

    recurrence_id: dt.datetime
    start: ical.Moment
    partstat: str
    note: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One attendee with their answer and the state of the mail to them.

    `dates` are those coming dates of a series to which they answered otherwise. Who is on single
    dates only is not on the series (`is_whole`), and all of theirs are listed.
    """

    attendee: Attendee
    email: str
    name: str
    kind: str
    partstat: str
    answered_at: dt.datetime | None
    answered_by: str  # the Rsvp.Source of the answer that counts, "" without one
    note: str
    delivery: Reach
    is_whole: bool = True
    dates: tuple[OnDate, ...] = ()


def attendees(
    event: Event, recurrence_id: dt.datetime | None = None, *, only: str | None = None
) -> list[Line]:
    """Return everyone on the event in the host's order; the number of queries is fixed.

    `recurrence_id` asks for one date of a series, by its original wall-clock start: who is on that
    date, and what they said to it. `only` asks for one attendee, by address.
    """
    dates = {row.recurrence_id: row for row in event.overrides.all()}
    row = dates.get(recurrence_id) if recurrence_id else None
    known = invitees.of(event, only=only)
    book = _Book(
        event=event,
        known=known,
        halts=halts_over(known.values()),
        silent=invitees.silent(event.team),
        upcoming=deadline.upcoming(event, timezone.now(), only=only),
        sources=_sources(event, None, only) | (_sources(event, recurrence_id, only) if row else {}),
    )
    rows = (row or event).attendees.select_related("guest", "member__user", "room")
    people = list(rows if only is None else rows.filter(email_key=only))
    if recurrence_id is not None:
        return [book.line(one) for one in people]
    single = _single(event, dates.values(), only)
    lines = []
    for one in people:
        theirs = [date for _row, date in single.pop(one.email_key, ())]
        lines.append(book.line(one, [date for date in theirs if date.partstat != one.partstat]))
    for pairs in single.values():
        lines.append(book.line(pairs[0][0], [date for _row, date in pairs], is_whole=False))
    return lines


def halts_over(invitations: Iterable[Invitation]) -> list[Halt]:
    """Return what may hold up the mails of these; nothing is asked when none of them waits."""
    is_waiting = any(one.delivery and one.delivery.due_at for one in invitations)
    return list(Halt.objects.all()) if is_waiting else []


def reach(invitation: Invitation | None, *, is_silent: bool, halts: Iterable[Halt]) -> Reach:
    """Return how far an invitation's mail has come; `is_silent` are those who wish for none."""
    mailed = _mailed(invitation.delivery if invitation else None, halts)
    if is_silent:
        mailed = Reach(status=OPTED_OUT)
    if invitation is None:
        return mailed
    return replace(
        mailed,
        opened_at=invitation.opened_at,
        nudged_at=invitation.nudged_at,
        nudges_stopped=_stopped(invitation),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Book:
    """What the lines of one event are written from."""

    event: Event
    known: Mapping[str, Invitation]
    halts: list[Halt]
    silent: set[str]
    upcoming: Mapping[str, dt.datetime]
    sources: Mapping[str, str]

    def line(self, row: Attendee, dates: Iterable[OnDate] = (), *, is_whole: bool = True) -> Line:
        """Return the line of one attendee."""
        return Line(
            attendee=row,
            email=row.email,
            name=row.name,
            kind=row.kind,
            partstat=row.partstat,
            answered_at=row.replied_at,
            answered_by=self.sources.get(row.email_key, ""),
            note=row.note,
            delivery=self._reach(row),
            is_whole=is_whole,
            dates=tuple(dates),
        )

    def _reach(self, row: Attendee) -> Reach:
        if row.kind == Kind.ROOM or row.member_id == self.event.host_id:
            return Reach(status=NONE)
        invitation, is_silent = self.known.get(row.email_key), row.email_key in self.silent
        mailed = reach(invitation, is_silent=is_silent, halts=self.halts)
        return replace(mailed, nudges_at=self.upcoming.get(row.email_key))


def _single(
    event: Event, dates: Iterable[Event], only: str | None
) -> dict[str, list[tuple[Attendee, OnDate]]]:
    """Return who is on which coming dates that have a row of their own, by address, in order."""
    now = timezone.now()
    coming = {row.pk: row for row in dates if not row.is_cancelled and row.span_end > now}
    rows = Attendee.objects.filter(event__in=coming, kind__in=[Kind.GUEST, Kind.MEMBER])
    if only is not None:
        rows = rows.filter(email_key=only)
    found: dict[str, list[tuple[Attendee, OnDate]]] = defaultdict(list)
    for one in rows.exclude(member=event.host_id).select_related("guest", "member__user"):
        date = coming[one.event_id]
        assert date.recurrence_id is not None
        start, _end = snapshot.when(date)
        on_date = OnDate(
            recurrence_id=date.recurrence_id, start=start, partstat=one.partstat, note=one.note
        )
        found[one.email_key].append((one, on_date))
    for pairs in found.values():
        pairs.sort(key=lambda pair: pair[1].recurrence_id)
    return found


def _mailed(delivery: Delivery | None, halts: Iterable[Halt]) -> Reach:
    """Return how far the mail has come, by itself, or what of these keeps it waiting."""
    if delivery is None:
        return Reach(status=NOT_SENT)
    is_held = delivery.is_held and not delivery.lease
    status = Delivery.Status.QUEUED if is_held else delivery.status
    cause, words, next_try_at = delivery.reason, delivery.last_error, None
    if status in {Delivery.Status.QUEUED, Delivery.Status.DELAYED}:
        next_try_at = delivery.due_at
        if halt := lanes.halted(delivery.lane, halts):
            cause, words = halt.reason or Delivery.Reason.PAUSED, halt.words
            status = Delivery.Status.DELAYED if halt.reason else status
            next_try_at = max(halt.until, next_try_at or halt.until) if halt.until else None
    return Reach(
        status=status,
        attempts=delivery.attempts,
        cause=cause,
        reason=str(Delivery.Reason(cause).label) if cause else "",
        advice=advice(status, cause),
        last_error=words,
        sent_at=delivery.sent_at,
        next_try_at=next_try_at,
    )


def _stopped(invitation: Invitation) -> Literal["", "GUEST", "HOST"]:
    if invitation.nudges_stopped_at is None:
        return ""
    return "HOST" if invitation.nudges_stopped_by_id else "GUEST"


def _sources(event: Event, recurrence_id: dt.datetime | None, only: str | None) -> dict[str, str]:
    """Return how the answer that counts came, by address: the last one that was applied."""
    rows = Rsvp.objects.filter(
        invitation__event=event, is_applied=True, recurrence_id=recurrence_id
    ).order_by("id")
    if only is not None:
        rows = rows.filter(invitation__email_key=only)
    return dict(rows.values_list("invitation__email_key", "source"))
