"""Another time is proposed, by mail or on the page: the host takes it for all, or refuses it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass, replace
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from convoca.accounts.invalid import FieldError, Invalid
from convoca.accounts.models import Membership
from convoca.calendars import snapshot
from convoca.calendars.drafts import EventDraft, draft_of
from convoca.calendars.models import Attendee, Event
from convoca.calendars.refusals import Conflict, NotAllowed
from convoca.invitations import links, notices
from convoca.invitations.answers import rsvp, standing
from convoca.invitations.answers.standing import Standing
from convoca.invitations.messages.refusing import queue_refusal
from convoca.invitations.models import Invitation, Proposal, Rsvp
from convoca.invitations.saving import scheduling
from convoca.standards.ical import moments
from convoca.standards.ical.cleaning import clean
from convoca.standards.ical.model import Partstat
from convoca.standards.ical.recurrence import instance_at
from convoca.standards.itip.changes import Span
from convoca.standards.itip.refusing import refuse as refusal_of

LONGEST = dt.timedelta(days=31)
FURTHEST = dt.timedelta(days=100 * 366)
Decision = Proposal.Decision


def propose(
    invitation: Invitation,
    span: Span,
    *,
    note: str = "",
    source: Rsvp.Source,
    now: dt.datetime,
    at: dt.datetime | None = None,
    sequence: int | None = None,
    recurrence_id: dt.datetime | None = None,
) -> Proposal:
    """Keep another time that somebody invited proposes, and tell the host; nothing else changes.

    `at` is when it was written, by default now. `sequence` is the SEQUENCE of what they saw, by
    default the current one. A newer proposal of the same guest replaces the older; the same one
    twice is one. Raises rsvp.Closed where there is nothing to answer (any more), Invalid for a time
    that cannot be, or that answers an older one.
    """
    _check(span, now)
    with transaction.atomic():
        event = Event.objects.locked().get(pk=invitation.event_id)
        stand = standing.of(event, invitation.email_key, lock=True)
        asked = _asked_sequence(stand, recurrence_id, now)
        sequence = stand.sequence if sequence is None else min(sequence, stand.sequence)
        if sequence < asked:
            raise Invalid.field("start", _("The time was changed meanwhile. Please look again."))
        row = Proposal(
            invitation=invitation,
            recurrence_id=recurrence_id,
            note=clean(note).strip()[: rsvp.LONGEST_NOTE],
            source=source,
            sequence=sequence,
            proposed_at=at or now,
            **_columns(span, event),
        )
        return _keep(row, now)


def waiting(event: Event) -> list[Proposal]:
    """Return the proposals the host has not decided on, oldest first; at most three queries.

    A proposal dies when the event or its date is cancelled, its guest uninvited or asked again for
    another time, and when the time it proposes has passed.
    """
    if event.is_cancelled:
        return []
    rows = Proposal.objects.filter(
        invitation__event=event, invitation__ended_at=None, decision=""
    ).select_related("invitation__guest", "invitation__member__user")
    found = [row for row in rows if moments.instant(span_of(row).start) > timezone.now()]
    asked = _asked(event, {row.invitation.email_key for row in found}) if found else {}
    gone = _without_date(event, {row.recurrence_id for row in found})
    return [row for row in found if row.recurrence_id not in gone and _is_alive(row, asked)]


def accept(
    member: Membership,
    event: Event,
    proposal_id: UUID,
    *,
    message: str = "",
    grace: dt.timedelta = scheduling.NO_GRACE,
) -> Event:
    """Move the event, or its one date, to the proposed time and tell everyone; return the row.

    The proposal counts as the guest's acceptance; the mails leave after the `grace`. Raises
    NotAllowed, Conflict when it is decided or dead, Proposal.DoesNotExist, and as
    `scheduling.save_event` does.
    """
    with transaction.atomic():
        event, proposal = _take(member, event, proposal_id)
        date = proposal.recurrence_id
        saved = scheduling.save_event(
            member,
            _moved(draft_of(event, date), proposal),
            event,
            scope=scheduling.Scope.THIS if date else scheduling.Scope.ALL,
            recurrence_id=date,
            message=message,
            grace=grace,
        )
        rsvp.record(
            proposal.invitation,
            Partstat.ACCEPTED,
            note=proposal.note,
            source=Rsvp.Source(proposal.source),
            now=timezone.now(),
            member=member,
            recurrence_id=date,
        )
        _note(proposal, Decision.ACCEPTED, member)
    return saved


def refuse(member: Membership, event: Event, proposal_id: UUID, *, message: str = "") -> Proposal:
    """Keep the time, and tell who proposed another one so; `message` are the host's own words.

    Raises NotAllowed, Conflict when it is decided or dead, Proposal.DoesNotExist.
    """
    now = timezone.now()
    with transaction.atomic():
        event, proposal = _take(member, event, proposal_id)
        date = proposal.recurrence_id
        told = refusal_of(
            snapshot.take(event),
            proposal.invitation.email_key,
            span_of(proposal),
            sequence=proposal.sequence,
            now=now,
            recurrence_id=date and snapshot.moment(event, date),
        )
        words = clean(message).strip()
        proposal.delivery = queue_refusal(proposal, told, words, now) if told else None
        _note(proposal, Decision.REFUSED, member)
    return proposal


@dataclass(frozen=True, slots=True, kw_only=True)
class Slot:
    """A time that can be moved: of the event, or of one date (`recurrence_id`) of a series."""

    span: Span
    recurrence_id: dt.datetime | None = None

    @property
    def key(self) -> str:
        """Return by what a form names it; "" for an event that does not repeat."""
        return links.date_name(self.recurrence_id) if self.recurrence_id else ""


def slots(invitation: Invitation, now: dt.datetime, most: int) -> list[Slot]:
    """Return for which times the guest may propose others: those to come, at most `most`."""
    event = invitation.event
    stand = standing.of(event, invitation.email_key)
    if not stand.is_invited or not rsvp.is_open(event, now):
        return []
    if stand.whole is not None and not event.is_recurring:
        start, end = snapshot.when(event)
        return [Slot(span=Span(start=start, end=end))]
    return [
        Slot(span=Span(start=date.start, end=date.end), recurrence_id=date.recurrence_id)
        for date in stand.coming(now, most)
    ]


def of_guest(invitation: Invitation) -> list[Proposal]:
    """Return what one guest has proposed that still waits."""
    return [one for one in waiting(invitation.event) if one.invitation_id == invitation.pk]


def span_of(proposal: Proposal) -> Span:
    """Return the proposed time as the standards' moments."""
    if proposal.all_day:
        return Span(start=proposal.start.date(), end=proposal.end.date())
    zone = ZoneInfo(proposal.timezone)
    return Span(start=proposal.start.replace(tzinfo=zone), end=proposal.end.replace(tzinfo=zone))


def _check(span: Span, now: dt.datetime) -> None:
    """Raise Invalid unless the time can be proposed."""
    start, end = moments.instant(span.start), moments.instant(span.end)
    if end <= start:
        raise Invalid.field("end", _("The end must be after the start."))
    if end - start > LONGEST:
        raise Invalid.field("end", _("Propose at most a month."))
    if not now < start < now + FURTHEST:
        raise Invalid.field("start", _("Propose a time that is still to come."))


def _asked_sequence(stand: Standing, recurrence_id: dt.datetime | None, now: dt.datetime) -> int:
    """Return the SEQUENCE they were last asked at; raise rsvp.Closed where nothing can be moved."""
    if not stand.is_invited or not rsvp.is_open(stand.event, now):
        raise rsvp.Closed
    if recurrence_id is None:
        row = stand.whole
    else:
        date = stand.date(recurrence_id)
        if date is None or standing.is_over(date, now):
            raise rsvp.Closed
        row = stand.dates.get(recurrence_id) or stand.whole
    if row is None:
        raise rsvp.Closed
    return row.asked_sequence


def _columns(span: Span, event: Event) -> dict[str, object]:
    """Return the span as columns, in the event's zone."""
    all_day = not isinstance(span.start, dt.datetime)
    zone = event.zone
    start, end = (
        one.astimezone(zone) if isinstance(one, dt.datetime) else one
        for one in (span.start, span.end)
    )
    return {
        "start": snapshot.wall(start),
        "end": snapshot.wall(end),
        "timezone": event.timezone,
        "all_day": all_day,
    }


def _keep(row: Proposal, now: dt.datetime) -> Proposal:
    older = Proposal.objects.filter(
        invitation=row.invitation, recurrence_id=row.recurrence_id, decision=""
    )
    same = older.filter(
        **{
            name: getattr(row, name)
            for name in ("start", "end", "timezone", "all_day", "note", "sequence")
        }
    ).first()
    if same is not None:
        return same
    older.update(decision=Decision.REPLACED, decided_at=now)
    row.save()
    notices.proposed(row)
    return row


def _asked(event: Event, addresses: set[str]) -> dict[tuple[dt.datetime | None, str], int]:
    """Return at which SEQUENCE each of them was asked, for the series (None) and each date."""
    rows = Attendee.objects.filter(
        Q(event=event) | Q(event__series=event), email_key__in=addresses
    ).values_list("event__recurrence_id", "email_key", "asked_sequence")
    return {(date, key): asked for date, key, asked in rows}


def _without_date(event: Event, dates: Iterable[dt.datetime | None]) -> set[dt.datetime | None]:
    """Return those original starts on which the series does not take place (any more)."""
    named = {date for date in dates if date is not None}
    if not named:
        return set()
    times = snapshot.times(event)
    return {date for date in named if not instance_at(times, snapshot.moment(event, date))}


def _is_alive(row: Proposal, asked: dict[tuple[dt.datetime | None, str], int]) -> bool:
    key = row.invitation.email_key
    sequence = asked.get((row.recurrence_id, key), asked.get((None, key)))
    return sequence is not None and row.sequence >= sequence


def _take(member: Membership, event: Event, proposal_id: UUID) -> tuple[Event, Proposal]:
    """Return event and proposal, locked, if it is still to be decided on."""
    if not event.is_editable_by(member):
        raise NotAllowed
    event = Event.objects.locked().get(pk=event.pk)
    rows = Proposal.objects.select_for_update(of=("self",)).filter(invitation__event=event)
    proposal = rows.select_related(
        "invitation__guest", "invitation__member__user", "decided_by__user"
    ).get(public_id=proposal_id)
    proposal.invitation.event = event
    if proposal.decided_by is not None:
        said = _("%(who)s has decided already.") % {"who": proposal.decided_by.name}
        raise Conflict([FieldError("decision", said)])
    if proposal not in waiting(event):
        raise Conflict([FieldError("decision", _("This proposal does not stand any more."))])
    return event, proposal


def _moved(draft: EventDraft, proposal: Proposal) -> EventDraft:
    return replace(
        draft,
        start=proposal.start,
        end=proposal.end,
        timezone=proposal.timezone,
        all_day=proposal.all_day,
    )


def _note(proposal: Proposal, decision: Proposal.Decision, member: Membership) -> None:
    proposal.decision = decision
    proposal.decided_by = member
    proposal.decided_at = timezone.now()
    proposal.save(update_fields=["decision", "decided_by", "decided_at", "delivery"])
