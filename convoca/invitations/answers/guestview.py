"""What the invited see behind their link, and what they may still do there."""

from __future__ import annotations

import datetime as dt
import uuid
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any, Literal
from zoneinfo import ZoneInfo

from django.utils import translation

from convoca.calendars import snapshot, words
from convoca.calendars.models import Attendee, Event, EventVersion, File
from convoca.invitations import links
from convoca.invitations.answers import standing
from convoca.invitations.answers.standing import Date, Standing
from convoca.invitations.content import copies, facts
from convoca.invitations.content.differences import Section, sections
from convoca.invitations.content.readers import Host, Reader, host_of, reader_of
from convoca.invitations.models import Invitation
from convoca.standards.ical import model as ical
from convoca.standards.ical import moments, writing
from convoca.standards.itip.changes import difference, effective
from convoca.standards.itip.views import view

LINK_ENDS_AFTER = dt.timedelta(days=90)
FILES_END_AFTER = dt.timedelta(days=30)
_LISTED = 300
_NEXT_DATES = 8


class State(StrEnum):
    """How an invitation stands."""

    OPEN = "OPEN"
    CANCELLED = "CANCELLED"
    OVER = "OVER"
    REMOVED = "REMOVED"
    ENDED = "ENDED"


@dataclass(frozen=True, slots=True, kw_only=True)
class DateLine:
    """One date of a series with the answer that holds there; `is_own`: given to this date alone."""

    recurrence_id: dt.datetime
    when: str
    answer: str
    is_own: bool

    @property
    def name(self) -> str:
        """Return how addresses and forms name it."""
        return links.date_name(self.recurrence_id)

    @property
    def said(self) -> str:
        """Return the answer in words."""
        return words.partstat(self.answer or ical.Partstat.NEEDS_ACTION)


@dataclass(frozen=True, slots=True, kw_only=True)
class GuestView:
    """The page of one invitation; `event` is None once the link shows nothing any more.

    `sequence` is what an answer given on this page answers to. `changes` are those since their
    last answer, or since they were invited. Of a series, `dates` are the next of theirs; `date` is
    the one the page is about, None for all of them. `is_date_gone`: the one that was asked for
    does not take place, or not for them, or is over. `answer_by` says until when an answer is
    hoped for, which may be over (`is_late`). `nudges`: whether they are reminded of it, ON until
    they stop it; "" where that is not theirs to choose.
    """

    state: State
    host: Host
    reader: Reader
    name: str
    email: str
    title: str
    event: facts.Facts | None = None
    changes: tuple[Section, ...] = ()
    sequence: int = 0
    answer: str = ""
    answered_at: dt.datetime | None = None
    note: str = ""
    ics_url: str = ""
    has_opted_out: bool = False
    dates: tuple[DateLine, ...] = ()
    date: DateLine | None = None
    is_date_gone: bool = False
    is_on_single_dates: bool = False
    answer_by: str = ""
    is_late: bool = False
    nudges: Literal["ON", "OFF", ""] = ""

    @property
    def is_asked_again(self) -> bool:
        """Tell whether their answer became void, because the time was changed."""
        return not self.answer and self.answered_at is not None

    @property
    def is_open(self) -> bool:
        """Tell whether an answer is taken."""
        return self.state == State.OPEN

    @property
    def has_choice(self) -> bool:
        """Tell whether they may answer one date or all of them."""
        return self.is_open and len(self.dates) > 1


def see(
    invitation: Invitation, now: dt.datetime, recurrence_id: dt.datetime | None = None
) -> GuestView:
    """Return what the invited see now, in their language and zone; nothing is written.

    `recurrence_id` asks for one date of a series, by its original start (wall clock).
    """
    event, reader = invitation.event, reader_of(invitation)
    stand = standing.of(event, invitation.email_key)
    state = _state(invitation, stand, now)
    guest = invitation.guest
    with translation.override(reader.language):
        current = snapshot.take(event)
        frame = GuestView(
            state=state,
            host=host_of(event),
            reader=reader,
            name=invitation.name,
            email=invitation.email,
            title=facts.title_of(current.main),
            has_opted_out=bool(guest and guest.opted_out_at),
        )
        mine = view(_with_status(current), invitation.email_key)
        if mine is None or state in {State.REMOVED, State.ENDED}:
            return frame
        frame = _choose(frame, stand, recurrence_id, now)
        return _fill(frame, invitation, stand, mine, current, now)


def calendar_file(invitation: Invitation, now: dt.datetime) -> bytes | None:
    """Return the event for the guest's own calendar; None when there is nothing to add.

    A published copy (RFC 5546, 3.2.1): it asks for no answer and names nobody but the host.
    """
    mine = view(snapshot.take(invitation.event), invitation.email_key)
    if mine is None or invitation.ended_at or has_ended(invitation.event, now):
        return None
    token = links.token(invitation)
    published = mine.map(
        lambda part: replace(
            copies.own(part, reply_token=invitation.reply_token, token=token), attendees=()
        )
    )
    return writing.write(published, method="PUBLISH")


def find_file(invitation: Invitation, file_id: uuid.UUID, now: dt.datetime) -> File | None:
    """Return a file of the event, as long as the invited may have it.

    Files stop with the invitation, when the event is cancelled, and a month after it.
    """
    if invitation.ended_at or not _gives_files(invitation.event, now):
        return None
    return File.objects.filter(event=invitation.event, public_id=file_id).first()


def open_page(invitation: Invitation, now: dt.datetime) -> None:
    """Note that somebody, not a scanner, used the page; the first time counts."""
    Invitation.objects.filter(pk=invitation.pk, opened_at=None).update(opened_at=now)


def speak(invitation: Invitation, language: str) -> None:
    """Remember in which language the invited want page and mails of this event."""
    Invitation.objects.filter(pk=invitation.pk).update(language=language)


def has_ended(event: Event, now: dt.datetime) -> bool:
    """Tell whether the links of an event show nothing any more."""
    return event.span_end + LINK_ENDS_AFTER < now


def _state(invitation: Invitation, stand: Standing, now: dt.datetime) -> State:
    event = invitation.event
    if has_ended(event, now):
        return State.ENDED
    if not stand.is_invited or invitation.ended_at is not None:
        return State.REMOVED
    if event.is_cancelled:
        return State.CANCELLED
    is_over = event.span_end <= now or (stand.whole is None and not stand.coming(now, 1))
    return State.OVER if is_over else State.OPEN


def _with_status(event: ical.Event) -> ical.Event:
    """Return the event as if it took place: nobody takes part in a cancelled one any more."""
    if not event.is_cancelled:
        return event
    return event.map(lambda part: replace(part, status=ical.Status.CONFIRMED))


def _choose(
    frame: GuestView, stand: Standing, recurrence_id: dt.datetime | None, now: dt.datetime
) -> GuestView:
    """Return the page with the next dates on it, and the one it is about."""
    if not frame.is_open:
        return frame
    zone = ZoneInfo(frame.reader.zone)
    asked = recurrence_id or stand.only_date()
    date = stand.date(asked) if asked else None
    if date is not None and standing.is_over(date, now):
        date = None
    return replace(
        frame,
        dates=tuple(_date_line(one, zone) for one in stand.coming(now, _NEXT_DATES)),
        date=_date_line(date, zone) if date else None,
        is_date_gone=recurrence_id is not None and date is None,
        is_on_single_dates=stand.whole is None,
    )


def _date_line(date: Date, zone: dt.tzinfo) -> DateLine:
    answer = _given(date.partstat)
    return DateLine(
        recurrence_id=date.recurrence_id,
        when=words.when_briefly(date.start, zone),
        answer=answer,
        is_own=date.is_own and bool(answer),
    )


def _given_to_all(stand: Standing) -> str:
    """Return the answer to the whole; of who is on single dates, one that they gave to each."""
    rows = [stand.whole] if stand.whole else stand.dates.values()
    answers = {_given(row.partstat) for row in rows}
    return answers.pop() if len(answers) == 1 else ""


def _given(partstat: str) -> str:
    return "" if partstat == ical.Partstat.NEEDS_ACTION else str(partstat)


def _fill(
    frame: GuestView,
    invitation: Invitation,
    stand: Standing,
    mine: ical.Event,
    current: ical.Event,
    now: dt.datetime,
) -> GuestView:
    event, token, date = invitation.event, links.token(invitation), frame.date
    zone, row = ZoneInfo(frame.reader.zone), _row(stand, date)
    part, people = mine.main, current.main
    if date is not None:
        original = snapshot.moment(event, date.recurrence_id)
        part, people = effective(mine, original) or part, effective(current, original) or people
    if not _gives_files(event, now):
        part = replace(part, attachments=())
    replied_at = row.replied_at or (stand.whole.replied_at if stand.whole else None)
    return replace(
        frame,
        event=facts.of(
            part,
            zone,
            lambda key: links.file_url(token, key),
            people=people,
            most_people=_LISTED,
            following=None if date else facts.next_date(mine, now),
        ),
        changes=_changes(invitation, replied_at, mine, date, zone) if frame.is_open else (),
        sequence=stand.sequence,
        answer=(answer := date.answer if date else _given_to_all(stand)),
        **({} if answer or not frame.is_open else _asking(invitation, zone, now)),
        answered_at=replied_at,
        note=row.note if date is None or date.is_own else "",
        ics_url=links.ics_url(token) if frame.is_open else "",
    )


def _asking(invitation: Invitation, zone: dt.tzinfo, now: dt.datetime) -> dict[str, Any]:
    """Say until when the answer is hoped for, and whether they are reminded of it."""
    deadline = invitation.event.deadline
    is_host_s = invitation.nudges_stopped_by_id is not None
    return {
        "answer_by": words.when(deadline, deadline, zone) if deadline else "",
        "is_late": deadline is not None and deadline <= now,
        "nudges": "" if is_host_s else "OFF" if invitation.nudges_stopped_at else "ON",
    }


def _row(stand: Standing, date: DateLine | None) -> Attendee:
    """Return the row that holds the answer shown: of the date, else of the whole."""
    row = stand.dates.get(date.recurrence_id) if date else None
    return row or stand.whole or next(iter(stand.dates.values()))


def _gives_files(event: Event, now: dt.datetime) -> bool:
    return not event.is_cancelled and event.span_end + FILES_END_AFTER >= now


def _changes(
    invitation: Invitation,
    replied_at: dt.datetime | None,
    mine: ical.Event,
    date: DateLine | None,
    zone: dt.tzinfo,
) -> tuple[Section, ...]:
    """Return what changed since they last looked at it closely enough to answer, or were asked.

    On the page of one date that is what changed there, and of the whole.
    """
    since = invitation.since_version
    if replied_at is not None:
        answered = EventVersion.objects.filter(
            event=invitation.event, created_at__lte=replied_at
        ).order_by("-number")
        since = max(since, answered.values_list("number", flat=True).first() or 0)
    if since >= invitation.event.version:
        return ()
    known = snapshot.load(invitation.event, since)
    before = view(known, invitation.email_key) if known else None
    if before is None:
        return ()
    found = difference(before, mine)
    if date is not None:
        original = moments.key(snapshot.moment(invitation.event, date.recurrence_id))
        theirs = [one for one in found.instances if moments.key(one.recurrence_id) == original]
        found = replace(found, instances=tuple(theirs))
    return sections(found, mine, zone)
