"""Asking everyone once more who was reached and has not answered."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from convoca.accounts.invalid import Invalid
from convoca.accounts.models import Membership
from convoca.calendars import snapshot
from convoca.calendars.models import Attendee, Event, Kind
from convoca.calendars.refusals import NotAllowed
from convoca.invitations import invitees
from convoca.invitations.models import Invitation
from convoca.mail import outbox, suppressions
from convoca.mail.models import Delivery
from convoca.standards.ical.model import Partstat
from convoca.standards.ical.recurrence import is_over

PAUSE = dt.timedelta(days=1)  # between two reminders of one guest
CHUNK = 500  # keys in one query


@dataclass(frozen=True, slots=True)
class Silent:
    """Who has not answered: those who can be reminded now, and those who were within a day."""

    now: tuple[Invitation, ...] = ()
    lately: tuple[Invitation, ...] = ()


def unanswered(event: Event, now: dt.datetime) -> Silent:
    """Return who was reached and has not answered; the number of queries is fixed.

    Nobody who wishes for no mail, whose mail failed or came back, or to whom one is on its way:
    that asks by itself.
    """
    if event.is_cancelled or event.sender_id is None:
        return Silent()
    waiting = list(_waiting(event).order_by("email_key"))
    if not waiting or is_over(snapshot.take(event), now):
        return Silent()
    dead = {key for _team, key in suppressions.among({event.team_id})}
    closed = invitees.silent(event.team) | dead
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
        rows = Event.objects.select_for_update(of=("self",)).select_related("team")
        silent = unanswered(rows.get(pk=event.pk), now)
        if not silent.now:
            raise Invalid.field("attendees", _none(silent))
        deliveries = [row.delivery_id for row in silent.now if row.delivery_id is not None]
        for start in range(0, len(deliveries), CHUNK):
            _remind(Delivery.objects.filter(pk__in=deliveries[start : start + CHUNK]), now)
    return silent


def _remind(deliveries: QuerySet[Delivery], now: dt.datetime) -> None:
    reminded = outbox.remind(deliveries)
    Invitation.objects.filter(delivery__in=reminded).update(
        nudged_at=now, nudges=F("nudges") + 1, resends=F("resends") + 1
    )


def _none(silent: Silent) -> str:
    if silent.lately:
        return str(_("Everyone who has not answered was reminded less than a day ago."))
    return str(_("There is nobody to remind."))


def _waiting(event: Event) -> QuerySet[Invitation]:
    """Return the invitations that arrived, with no answer to the event or to a date of theirs."""
    asked = Attendee.objects.filter(
        Q(event=event) | Q(event__series=event),
        partstat=Partstat.NEEDS_ACTION,
        kind__in=[Kind.GUEST, Kind.MEMBER],
    ).exclude(member=event.host_id)
    whole = Attendee.objects.filter(event=event).exclude(partstat=Partstat.NEEDS_ACTION)
    return Invitation.objects.filter(
        event=event,
        ended_at=None,
        email_key__in=asked.values("email_key"),
        delivery__status=Delivery.Status.SENT,
        delivery__sent__gt=0,
        delivery__due_at=None,
    ).exclude(email_key__in=whole.values("email_key"))
