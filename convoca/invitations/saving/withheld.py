"""What can be stopped in the grace after a save, what was, and telling it after all."""

from __future__ import annotations

from dataclasses import dataclass

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from convoca.accounts import bulk
from convoca.accounts.models import Membership
from convoca.calendars import snapshot
from convoca.calendars.models import Event
from convoca.calendars.refusals import NotAllowed
from convoca.invitations import invitees
from convoca.invitations.models import Invitation
from convoca.mail.models import Delivery
from convoca.mail.outbox import grace
from convoca.mail.outbox.grace import Held
from convoca.standards.ical.recurrence import is_over


@dataclass(frozen=True, slots=True)
class Stopped:
    """How many mails were stopped, and how many of the same save had left, or are leaving."""

    count: int
    left: int


def leaving(event: Event) -> Held | None:
    """Return how many mails about the event can still be stopped, and until when; or None."""
    return grace.held(_deliveries(_together(event)))


def stop(member: Membership, event: Event) -> Stopped:
    """Stop the mails of a save that no worker has claimed yet, as if it had told nobody.

    Those they were for are told by the next save that tells everyone, or by `tell`. Both halves
    of a series that was cut are stopped. Raises NotAllowed.
    """
    count = left = 0
    with transaction.atomic():
        for half in _lock(member, event):
            deliveries = _deliveries([half])
            count += grace.withhold(deliveries)
            left += grace.forget(deliveries, half.version)
            _forget_unsent(half)
    return Stopped(count, left)


def lagging(event: Event) -> list[str]:
    """Return the addresses that a save should have told, and was not sent to."""
    if not _is_somebody_behind(event) or is_over(snapshot.take(event), timezone.now()):
        return []
    known = invitees.invited(event)
    people = [] if event.is_cancelled else list(invitees.attendees(event))
    wanted = {key: row.wanted for key, row in known.items() if row.delivery_id}
    behind = [key for key in people if wanted.get(key, 0) < event.version]
    silent = invitees.silent(event.team)
    return [
        key
        for key in (*behind, *invitees.unaware(event, known, people, event.version))
        if key not in silent
    ]


def tell(member: Membership, event: Event) -> int:
    """Queue what the event is now for all who lag behind; return for how many.

    Raises NotAllowed.
    """
    with transaction.atomic():
        (locked,) = _lock(member, event, of=[event])
        addresses = lagging(locked)
        invitees.settle(locked, invitees.invited(locked), addresses, timezone.now())
    return len(addresses)


def _is_somebody_behind(event: Event) -> bool:
    """Look first, in one query, whether there can be anybody: mostly there is not."""
    behind = Q(delivery=None) | Q(delivery__wanted__lt=event.version)
    rows = Invitation.objects.filter(behind, event=event)
    return event.sender_id is not None and rows.exists()


def _lock(member: Membership, event: Event, of: list[Event] | None = None) -> list[Event]:
    if not event.is_editable_by(member):
        raise NotAllowed
    keys = [one.pk for one in of or _together(event)]
    return list(Event.objects.locked().filter(pk__in=keys).order_by("pk"))


def _together(event: Event) -> list[Event]:
    """Return the event, and the other half where a series was cut in two."""
    cut = Q(related_to=event.uid)
    if event.related_to:
        cut |= Q(uid=event.related_to)
    return [event, *Event.objects.filter(cut, team=event.team_id, series=None)]


def _deliveries(events: list[Event]) -> QuerySet[Delivery]:
    mine = Invitation.objects.filter(event__in=events, delivery__isnull=False)
    return Delivery.objects.filter(pk__in=mine.values("delivery"))


def _forget_unsent(event: Event) -> None:
    """Leave no trace of deliveries that were never to begin, as if the save had told nobody."""
    never = _deliveries([event]).filter(wanted=0, sent=0, doubted=0, half_sent=0, lease="")
    for some in bulk.batches(list(never.values_list("pk", flat=True))):
        Delivery.objects.filter(pk__in=some).delete()
