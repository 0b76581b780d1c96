"""Whom mails do not reach, as a host's bell tells it: one line for each event and cause."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet

from convoca.calendars.models import Event
from convoca.invitations.models import Invitation, Proposal
from convoca.mail.models import Delivery, DeliveryAttempt, Halt
from convoca.mail.traffic import lanes
from convoca.notifications import notify
from convoca.notifications.models import Notification
from convoca.notifications.words import event_facts

NAMED = 5  # people whom a line names
LATE = dt.timedelta(hours=2)  # after which a host hears that mails are still being tried
LOST = (Delivery.Status.FAILED, Delivery.Status.BOUNCED)


def ring(deliveries: Iterable[Delivery]) -> list[Notification]:
    """Ring each host whose guests were not reached after all; return the lines they read.

    However many batches and workers it takes, those of one event and cause are one line until it
    is read. Telling the same twice changes nothing.
    """
    failed = {one.pk: one for one in deliveries}
    groups: dict[tuple[int, str], list[int]] = defaultdict(list)
    events: dict[int, Event] = {}
    rows = Invitation.objects.select_related("event__host__user", "event__host__team")
    for row in rows.filter(delivery__in=failed):
        delivery = failed[row.delivery_id or 0]
        groups[row.event_id, delivery.reason].append(delivery.pk)
        events[row.event_id] = row.event
    # In one order for all workers, so that none waits for the other in a circle.
    told = [_line(events[key], reason, ids) for (key, reason), ids in sorted(groups.items())]
    return told + _refusals(failed)


def ring_for_late(now: dt.datetime) -> list[Notification]:
    """Ring each host whose guests' mails have been put off for hours and are tried again.

    One line for each event and cause, once a day at most; return the new ones. Nothing is told of
    events that are over.
    """
    groups: dict[str, list[int]] = defaultdict(list)
    about: dict[str, tuple[int, str]] = {}
    for invitation_id, event_id, reason in _late(now):
        key = f"late:{event_id}:{reason}:{now:%Y%m%d}"
        groups[key].append(invitation_id)
        about[key] = event_id, reason
    known = set(Notification.objects.filter(key__in=groups).values_list("key", flat=True))
    new = [key for key in groups if key not in known]
    events = Event.objects.select_related("host__user", "host__team").in_bulk(
        {about[key][0] for key in new}
    )
    told = []
    for key in new:
        event_id, reason = about[key]
        event, late = events[event_id], groups[key]
        named = Invitation.objects.select_related("delivery").filter(pk__in=late[:NAMED])
        facts = event_facts(event) | _facts(reason, named.order_by("pk"), len(late))
        kind = Notification.Kind.FAILED
        told.append(notify.tell(event.host, kind, event, facts | {"is_late": True}, key))
    return [one for one in told if one]


def _late(now: dt.datetime) -> Iterator[tuple[int, int, str]]:
    """Yield each invitation whose mail has waited too long, with its event and the cause.

    It was refused for now, or nothing leaves for where it goes to.
    """
    since = now - LATE
    halts = list(Halt.objects.filter(since__lte=since))
    rows = Invitation.objects.filter(
        ended_at=None,
        event__span_end__gt=now,
        delivery__kind=Delivery.Kind.INVITATION,
        delivery__due_at__isnull=False,
    )
    refused = Q(delivery__status=Delivery.Status.DELAYED, delivery__failing_since__lte=since)
    if not halts:
        rows = rows.filter(refused)
    given = ("pk", "event", "delivery__lane", "delivery__reason", "delivery__failing_since")
    for pk, event_id, lane, reason, failing_since in rows.order_by("pk").values_list(*given):
        if halt := lanes.halted(lane, halts):
            yield pk, event_id, halt.reason or Delivery.Reason.PAUSED
        elif failing_since is not None and failing_since <= since:
            yield pk, event_id, reason


def _line(event: Event, reason: str, these: Collection[int]) -> Notification:
    def facts(since: dt.datetime | None) -> Mapping[str, Any]:
        rows = _lost(event, reason, since, these)
        named = rows.select_related("delivery").order_by("pk")[:NAMED]
        return event_facts(event) | _facts(reason, named, rows.count())

    key = f"failed:{event.pk}:{reason}"
    return notify.tell_together(event.host, Notification.Kind.FAILED, event, facts, key)


def _lost(
    event: Event, reason: str, since: dt.datetime | None, these: Collection[int]
) -> QuerySet[Invitation]:
    """Return who is not reached for this reason now, of those that failed after `since`."""
    rows = Invitation.objects.filter(
        event=event, delivery__status__in=LOST, delivery__reason=reason
    )
    if since is None:
        return rows
    later = DeliveryAttempt.objects.filter(delivery=OuterRef("delivery"), at__gt=since)
    return rows.filter(Q(Exists(later)) | Q(delivery__in=these))


def _refusals(failed: Mapping[int, Delivery]) -> list[Notification]:
    """Tell of mails that refuse a proposed time; each is a line of its own."""
    rows = Proposal.objects.filter(delivery__in=failed).select_related(
        "invitation__event__host__user", "invitation__event__host__team"
    )
    told = []
    for row in rows:
        event, delivery = row.invitation.event, failed[row.delivery_id or 0]
        row.invitation.delivery = delivery  # not saved: what is told is about this mail
        facts = event_facts(event) | _facts(delivery.reason, [row.invitation], 1)
        kind, key = Notification.Kind.FAILED, f"failed:refusal:{row.pk}"
        told.append(notify.tell(event.host, kind, event, facts, key))
    return [one for one in told if one]


def _facts(reason: str, named: Iterable[Invitation], count: int) -> dict[str, Any]:
    people = [
        {
            "name": row.name or row.email,
            "email": row.email,
            "response": row.delivery.last_error if row.delivery else "",
        }
        for row in named
    ]
    return {"reason": reason, "people": people, "count": count}
