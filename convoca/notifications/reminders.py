"""Remind the host, and colleagues who are coming, before an event starts."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from zoneinfo import ZoneInfo

from django.db.models import Exists, OuterRef, Q

from convoca.accounts.models import Membership
from convoca.calendars import snapshot
from convoca.calendars.models import Attendee, Event, EventStatus, Kind
from convoca.notifications import notify, words
from convoca.notifications.models import Notification
from convoca.standards.ical import recurrence
from convoca.standards.ical.model import Partstat

LONGEST = dt.timedelta(days=28)


def tell_due(now: dt.datetime) -> list[Notification]:
    """Ring for every reminder that has come due; return what was told, to be mailed too.

    Safe to call at any time and from several workers: each reminder rings once a member, also
    when it comes late, as long as the event has not begun.
    """
    told: list[Notification] = []
    for event in _candidates(now):
        for row, start, minutes in _due(event, now):
            key = f"reminder:{event.public_id}:{start:%Y%m%dT%H%M}:{minutes}"
            facts = words.event_facts(row, start) | {"place": row.location}
            told += notify.tell_all(_members(row), Notification.Kind.REMINDER, event, facts, key)
    return told


def _candidates(now: dt.datetime) -> list[Event]:
    """Return the events with reminders, on any date, that may start within the longest one."""
    own = Event.objects.filter(series=OuterRef("pk")).exclude(reminders=[])
    events = Event.objects.filter(~Q(reminders=[]) | Exists(own), series=None)
    events = events.filter(status=EventStatus.CONFIRMED).overlapping(now, now + LONGEST)
    return list(events.select_related("host__user", "host__team").prefetch_related("overrides"))


def _due(event: Event, now: dt.datetime) -> Iterator[tuple[Event, dt.datetime, int]]:
    """Yield row, wall-clock start and minutes of the latest reminder due for each date."""
    changed = {row.recurrence_id: row for row in event.overrides.all()}
    furthest = dt.timedelta(
        minutes=max(minutes for row in (event, *changed.values()) for minutes in row.reminders)
    )
    home = ZoneInfo(event.host.user.timezone)
    dates = recurrence.instances(
        snapshot.times(event), now, now + furthest + dt.timedelta(minutes=1), day_zone=home
    )
    for date in dates:
        original = date.recurrence_id
        row = event if original is None else changed.get(snapshot.wall(original), event)
        wall = _wall(date.start)
        start = wall.replace(tzinfo=home if row.all_day else row.zone)
        due = [
            minutes
            for minutes in row.reminders
            if event.created_at < start - dt.timedelta(minutes=minutes) <= now
        ]
        if due and start > now:
            yield row, wall, min(due)


def _wall(moment: dt.date) -> dt.datetime:
    if isinstance(moment, dt.datetime):
        return moment.replace(tzinfo=None)
    return dt.datetime.combine(moment, dt.time())


def _members(event: Event) -> list[Membership]:
    """Return the host and the colleagues who are, or may be, coming."""
    coming = Attendee.objects.filter(event=event, kind=Kind.MEMBER, member__isnull=False)
    coming = coming.filter(partstat__in=[Partstat.ACCEPTED.value, Partstat.TENTATIVE.value])
    ids = {event.host_id, *coming.values_list("member_id", flat=True)}
    return list(Membership.objects.current().filter(pk__in=ids))
