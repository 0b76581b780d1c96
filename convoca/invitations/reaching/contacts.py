"""A guest's card: what became of the mails to them, event by event."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from django.db.models import QuerySet
from django.db.models.functions import Coalesce
from django.utils import timezone

from convoca.accounts.models import Membership
from convoca.calendars.models import Attendee, Event, EventStatus
from convoca.guests.models import Guest
from convoca.invitations import failures
from convoca.invitations.models import Invitation
from convoca.invitations.reaching import ledger
from convoca.invitations.reaching.ledger import Reach

MOST = 10  # events that a card shows


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact:
    """One event that a guest was invited to, and how far its mail has come."""

    event: Event
    reach: Reach


def of(member: Membership, guest: Guest) -> list[Contact]:
    """Return the events a guest of the team was last invited to, the newest first."""
    rows = list(_rows(member).filter(guest=guest).order_by("-id")[:MOST])
    is_silent, halts = guest.opted_out_at is not None, ledger.halts_over(rows)
    return [
        Contact(event=row.event, reach=ledger.reach(row, is_silent=is_silent, halts=halts))
        for row in rows
    ]


def unreached(member: Membership, guests: Collection[Guest]) -> dict[int, Contact]:
    """Return, by the guest's key, the newest mail of those whom one did not reach; one query."""
    rows = _rows(member).filter(guest__in=guests, delivery__status__in=failures.LOST)
    return {
        row.guest_id: Contact(event=row.event, reach=ledger.reach(row, is_silent=False, halts=()))
        for row in rows.order_by("id")
        if row.guest_id is not None
    }


def with_former_address(guest: Guest) -> int:
    """Return how many events to come have a guest at another address than the card's."""
    on_it = Attendee.objects.filter(guest=guest).exclude(email_key=guest.email_key)
    masters = Coalesce("event__series", "event")
    rows = on_it.filter(event__status=EventStatus.CONFIRMED, event__span_end__gt=timezone.now())
    return rows.values(master=masters).distinct().count()


def _rows(member: Membership) -> QuerySet[Invitation]:
    rows = Invitation.objects.select_related("event", "delivery")
    return rows.filter(event__team=member.team_id, ended_at=None)
