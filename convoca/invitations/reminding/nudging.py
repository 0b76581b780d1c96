"""Asking once more who was reached and has not answered, unless somebody stopped that."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass

from django.db import transaction
from django.db.models import F, OuterRef, Q, QuerySet, Subquery
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from convoca.accounts import bulk
from convoca.accounts.invalid import Invalid
from convoca.accounts.models import Membership
from convoca.calendars import snapshot
from convoca.calendars.models import Attendee, Event, Kind
from convoca.calendars.refusals import NotAllowed
from convoca.invitations import invitees
from convoca.invitations.models import Invitation, Nudge
from convoca.mail import outbox
from convoca.mail.models import Delivery
from convoca.mail.outbox import suppressions
from convoca.standards.ical.model import Partstat
from convoca.standards.ical.recurrence import is_over

PAUSE = dt.timedelta(days=1)  # between two reminders of one guest


@dataclass(frozen=True, slots=True)
class Silent:
    """Who has not answered: those who can be reminded now, and those who were within a day."""

    now: tuple[Invitation, ...] = ()
    lately: tuple[Invitation, ...] = ()


def unanswered(event: Event, now: dt.datetime) -> Silent:
    """Return who was reached and has not answered; the number of queries is fixed.

    Nobody who wishes for no mail or no reminder, whose mail failed or came back, or to whom one is
    on its way: that asks by itself.
    """
    if event.is_cancelled or event.sender_id is None:
        return Silent()
    waiting = list(waiting_for(event).order_by("email_key"))
    if not waiting or is_over(snapshot.take(event), now):
        return Silent()
    closed = unreachable(event)
    rows = [row for row in waiting if row.email_key not in closed]
    since = now - PAUSE
    return Silent(
        now=tuple(row for row in rows if row.nudged_at is None or row.nudged_at <= since),
        lately=tuple(row for row in rows if row.nudged_at is not None and row.nudged_at > since),
    )


def nudge(member: Membership, event: Event) -> Silent:
    """Queue a reminder to everyone who has not answered; return to whom, and to whom not yet.

    It is the event as it is, with the same SEQUENCE, in the same thread. Raises NotAllowed, and
    Invalid where there is nobody to remind.
    """
    if not event.is_editable_by(member):
        raise NotAllowed
    now = timezone.now()
    with transaction.atomic():
        silent = unanswered(Event.objects.locked().get(pk=event.pk), now)
        if not silent.now:
            raise Invalid.field("attendees", _none(silent))
        remind({row.delivery_id: row.pk for row in silent.now if row.delivery_id}, now, by=member)
    return silent


def remind(
    invitations: Mapping[int, int],
    now: dt.datetime,
    *,
    by: Membership | None = None,
    until: dt.datetime | None = None,
) -> int:
    """Queue reminders by the ids of deliveries, each with that of its invitation; return how many.

    Without `by` they are automatic. What has not left by `until` does not leave any more. Call it
    in a transaction, with the event's row locked.
    """
    count = 0
    for keys in bulk.batches(sorted(invitations)):
        reminded = outbox.remind(Delivery.objects.filter(pk__in=keys))
        Invitation.objects.filter(delivery__in=reminded).update(
            nudged_at=now, nudge_until=until, resends=F("resends") + 1
        )
        Nudge.objects.bulk_create(
            Nudge(
                invitation_id=invitations[key],
                nudged_at=now,
                nudged_by=by,
                is_automatic=by is None,
            )
            for key in reminded
        )
        count += len(reminded)
    return count


def take_back_unsent(now: dt.datetime) -> int:
    """Forget the automatic reminders that did not leave in time; return how many.

    Nobody got them, so they count for nothing. One whose fate at the server is unknown stays.
    """
    over = Invitation.objects.filter(nudge_until__lt=now, delivery__due_at=None)
    unsent = over.filter(nudged_at__gt=F("delivery__sent_at"), delivery__doubted=0)
    with transaction.atomic():
        keys = list(unsent.select_for_update(of=("self",)).values_list("pk", flat=True))
        for some in bulk.batches(keys):
            these = Invitation.objects.filter(pk__in=some)
            last = Nudge.objects.filter(invitation=OuterRef("pk")).order_by("-nudged_at", "-id")
            Nudge.objects.filter(
                invitation__in=these, nudged_at=F("invitation__nudged_at"), is_automatic=True
            ).delete()
            these.update(nudged_at=Subquery(last.values("nudged_at")[:1]))
        over.update(nudge_until=None)
    return len(keys)


def switch(member: Membership, event: Event, *, is_on: bool) -> None:
    """Let reminders go out by themselves before the deadline, or none. Raises NotAllowed."""
    if not event.is_editable_by(member):
        raise NotAllowed
    Event.objects.filter(pk=event.pk).exclude(remind_guests=is_on).update(
        remind_guests=is_on, revision=F("revision") + 1
    )


def stop(invitation: Invitation, now: dt.datetime, by: Membership | None = None) -> None:
    """Remind somebody of this event no more; without `by` they ask for it themselves.

    Their own wish stands above that of a colleague. What waits to be sent is not.
    """
    rows = Invitation.objects.filter(pk=invitation.pk)
    if by is not None:
        rows = rows.filter(nudges_stopped_at=None)
    rows.update(nudges_stopped_at=now, nudges_stopped_by=by)


def go_on(invitation: Invitation, by: Membership | None = None) -> None:
    """Remind somebody again; a colleague does not undo what they asked for themselves."""
    rows = Invitation.objects.filter(pk=invitation.pk, nudges_stopped_by__isnull=by is None)
    rows.update(nudges_stopped_at=None, nudges_stopped_by=None)


def choose(member: Membership, event: Event, attendee: Attendee, *, is_on: bool) -> None:
    """Let one attendee be reminded, or not any more.

    Raises NotAllowed, and Invalid where there is no invitation or they asked for no reminders.
    """
    if not event.is_editable_by(member) or event.pk not in {
        attendee.event_id,
        attendee.event.series_id,
    }:
        raise NotAllowed
    row = Invitation.objects.filter(event=event, email_key=attendee.email_key).first()
    if row is None or not attendee.email_key:
        raise Invalid.field("attendee", _("There is no invitation to remind of."))
    if not is_on:
        stop(row, timezone.now(), member)
        return
    if row.nudges_stopped_at is not None and row.nudges_stopped_by_id is None:
        words = _("%(name)s wishes for no reminders.") % {"name": attendee}
        raise Invalid.field("attendee", words)
    go_on(row, member)


def waiting_for(event: Event) -> QuerySet[Invitation]:
    """Return the invitations that arrived, with no answer to the event or to a date of theirs."""
    return Invitation.objects.filter(
        silent_on(event),
        ended_at=None,
        nudges_stopped_at=None,
        delivery__status=Delivery.Status.SENT,
        delivery__sent__gt=0,
        delivery__due_at=None,
    )


def silent_on(event: Event) -> Q:
    """Return the condition for invitations to an event, or to a date of it, without an answer."""
    asked = Attendee.objects.filter(
        Q(event=event) | Q(event__series=event),
        partstat=Partstat.NEEDS_ACTION,
        kind__in=[Kind.GUEST, Kind.MEMBER],
    ).exclude(member=event.host_id)
    whole = Attendee.objects.filter(event=event).exclude(partstat=Partstat.NEEDS_ACTION)
    return Q(event=event, email_key__in=asked.values("email_key")) & ~Q(
        email_key__in=whole.values("email_key")
    )


def unreachable(event: Event) -> set[str]:
    """Return the addresses that wish for no mail, and those to which mail came back."""
    return invitees.silent(event.team) | {key for _team, key in suppressions.among({event.team_id})}


def _none(silent: Silent) -> str:
    if silent.lately:
        return str(_("Everyone who has not answered was reminded less than a day ago."))
    return str(_("There is nobody to remind."))
