"""Instances as the calendar's grid draws them: one JSON object each, in the viewer's zone."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Count, F

from convoca.accounts.models import Membership
from convoca.calendars.agenda import Instance
from convoca.calendars.models import Attendee, Kind
from convoca.standards.ical.model import Partstat
from convoca.web import dates

STATES = {
    Partstat.NEEDS_ACTION.value: "waiting",
    Partstat.TENTATIVE.value: "maybe",
    Partstat.DECLINED.value: "declined",
}


def feed(
    member: Membership, instances: Sequence[Instance], now: dt.datetime
) -> list[dict[str, Any]]:
    """Describe instances for the grid; one query, however many there are."""
    zone = ZoneInfo(member.user.timezone)
    told = _count_told({instance.event.pk for instance in instances})
    return [_describe(member, instance, zone, told, now) for instance in instances]


def state_of(instance: Instance) -> str:
    """Name how the viewer stands to an event: it decides the look and is spoken as words."""
    if not instance.is_mine:
        return "others"
    return STATES.get(instance.partstat, "")


def _describe(
    member: Membership,
    instance: Instance,
    zone: ZoneInfo,
    told: dict[int, int],
    now: dt.datetime,
) -> dict[str, Any]:
    event = instance.event
    master = event.series or event
    return {
        "id": _identify(master.public_id.hex, instance.recurrence_id),
        "title": event.title,
        "start": _edge(instance.start, instance.all_day, zone),
        "end": _edge(instance.end, instance.all_day, zone),
        "allDay": instance.all_day,
        "editable": event.is_editable_by(member),
        "url": dates.address("event", master, instance.recurrence_id),
        "card": dates.address("event-card", master, instance.recurrence_id),
        "move": dates.address("event-move", master, instance.recurrence_id),
        "moveAudience": dates.address("event-move-audience", master, instance.recurrence_id),
        "series": instance.recurrence_id is not None,
        "told": told.get(event.pk, 0) if instance.end > now else 0,
        "guests": instance.has_guests,
        "place": event.location,
        "state": state_of(instance),
    }


def _identify(event: str, recurrence_id: dt.datetime | None) -> str:
    """Instances of one series are separate to the grid, which would drag equal ids together."""
    return event if recurrence_id is None else f"{event}-{recurrence_id:%Y%m%dT%H%M}"


def _edge(moment: dt.datetime, all_day: bool, zone: ZoneInfo) -> str:
    shown = moment.astimezone(zone)
    return shown.date().isoformat() if all_day else shown.isoformat()


def _count_told(events: set[int]) -> dict[int, int]:
    """Count the people who would hear of a change; rooms and the host need no mail."""
    people = Attendee.objects.filter(event__in=events).exclude(kind=Kind.ROOM)
    counted = people.exclude(member=F("event__host")).values("event").annotate(n=Count("id"))
    return {row["event"]: row["n"] for row in counted.order_by()}
