"""What the invited see behind their link, and what they may still do there."""

from __future__ import annotations

import datetime as dt
import uuid
from dataclasses import dataclass, replace
from enum import StrEnum
from zoneinfo import ZoneInfo

from django.utils import translation

from convoca.calendars import snapshot
from convoca.calendars.models import Attendee, Event, EventVersion, File
from convoca.invitations import copies, facts, links
from convoca.invitations.differences import Section, sections
from convoca.invitations.models import Invitation
from convoca.invitations.readers import Host, Reader, host_of, reader_of
from convoca.standards.ical import model as ical
from convoca.standards.ical import writing
from convoca.standards.itip.changes import difference
from convoca.standards.itip.views import view

LINK_ENDS_AFTER = dt.timedelta(days=90)
FILES_END_AFTER = dt.timedelta(days=30)
_LISTED = 300


class State(StrEnum):
    """How an invitation stands."""

    OPEN = "OPEN"
    CANCELLED = "CANCELLED"
    OVER = "OVER"
    REMOVED = "REMOVED"
    ENDED = "ENDED"


@dataclass(frozen=True, slots=True, kw_only=True)
class GuestView:
    """The page of one invitation; `event` is None once the link shows nothing any more.

    `sequence` is what an answer given on this page answers to. `changes` are those since their
    last answer, or since they were invited.
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

    @property
    def is_asked_again(self) -> bool:
        """Tell whether their answer became void, because the time was changed."""
        return not self.answer and self.answered_at is not None

    @property
    def is_open(self) -> bool:
        """Tell whether an answer is taken."""
        return self.state == State.OPEN


def see(invitation: Invitation, now: dt.datetime) -> GuestView:
    """Return what the invited see now, in their language and zone; nothing is written."""
    event, reader = invitation.event, reader_of(invitation)
    attendee = Attendee.objects.filter(event=event, email_key=invitation.email_key).first()
    state = _state(invitation, attendee, now)
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
        if attendee is None or mine is None or state in {State.REMOVED, State.ENDED}:
            return frame
        return _fill(frame, invitation, attendee, mine, current, now)


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


def _state(invitation: Invitation, attendee: Attendee | None, now: dt.datetime) -> State:
    event = invitation.event
    if has_ended(event, now):
        return State.ENDED
    if attendee is None or invitation.ended_at is not None:
        return State.REMOVED
    if event.is_cancelled:
        return State.CANCELLED
    return State.OVER if event.span_end <= now else State.OPEN


def _with_status(event: ical.Event) -> ical.Event:
    """Return the event as if it took place: nobody takes part in a cancelled one any more."""
    if not event.is_cancelled:
        return event
    return event.map(lambda part: replace(part, status=ical.Status.CONFIRMED))


def _fill(
    frame: GuestView,
    invitation: Invitation,
    attendee: Attendee,
    mine: ical.Event,
    current: ical.Event,
    now: dt.datetime,
) -> GuestView:
    event, token = invitation.event, links.token(invitation)
    zone = ZoneInfo(frame.reader.zone)
    part = mine.main if _gives_files(event, now) else replace(mine.main, attachments=())
    is_answered = attendee.partstat != ical.Partstat.NEEDS_ACTION.value
    return replace(
        frame,
        event=facts.of(
            part,
            zone,
            lambda key: links.file_url(token, key),
            people=current.main,
            most_people=_LISTED,
        ),
        changes=_changes(invitation, attendee, mine, zone) if frame.is_open else (),
        sequence=event.sequence,
        answer=attendee.partstat if is_answered else "",
        answered_at=attendee.replied_at,
        note=attendee.note,
        ics_url=links.ics_url(token) if frame.is_open else "",
    )


def _gives_files(event: Event, now: dt.datetime) -> bool:
    return not event.is_cancelled and event.span_end + FILES_END_AFTER >= now


def _changes(
    invitation: Invitation, attendee: Attendee, mine: ical.Event, zone: dt.tzinfo
) -> tuple[Section, ...]:
    """Return what changed since they last looked at it closely enough to answer, or were asked."""
    since = invitation.since_version
    if attendee.replied_at is not None:
        answered = EventVersion.objects.filter(
            event=invitation.event, created_at__lte=attendee.replied_at
        ).order_by("-number")
        since = max(since, answered.values_list("number", flat=True).first() or 0)
    if since >= invitation.event.version:
        return ()
    known = snapshot.load(invitation.event, since)
    before = view(known, invitation.email_key) if known else None
    if before is None:
        return ()
    return sections(difference(before, mine), mine.main.start, zone)
