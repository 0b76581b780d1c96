"""What takes place in a span of time: singles and the dates of series, as one list."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, TypedDict, cast
from zoneinfo import ZoneInfo

from django.db.models import Exists, OuterRef, Prefetch, Q, QuerySet, Subquery
from django.utils.translation import gettext_lazy as _

from convoca.accounts.invalid import Invalid
from convoca.accounts.models import Membership
from convoca.accounts.text import fold, one_line
from convoca.calendars import snapshot
from convoca.calendars.models import Attendee, Event, EventStatus, Kind
from convoca.standards.ical import model as ical
from convoca.standards.ical import recurrence

if TYPE_CHECKING:
    from django_stubs_ext import WithAnnotations

LONGEST_WINDOW = dt.timedelta(days=400)
MOST_INSTANCES = 20_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Instance:
    """One date of an event.

    `start` and `end` are aware, in the event's zone; an all-day date runs from midnight to
    midnight in the viewer's zone. `event` is the row that describes this date (the override where
    there is one). `recurrence_id` is the original wall-clock start, None if it does not repeat.
    `is_mine`: the viewer hosts or is invited; `partstat` is then their own answer, "" for hosts.
    """

    event: Event
    start: dt.datetime
    end: dt.datetime
    all_day: bool
    recurrence_id: dt.datetime | None
    is_mine: bool
    partstat: str
    has_guests: bool


def instances(
    member: Membership,
    start: dt.datetime,
    end: dt.datetime,
    *,
    mine: bool = False,
    search: str = "",
) -> list[Instance]:
    """Return what takes place in [start, end) (aware), in order, cancelled events left out.

    `mine` keeps what the member hosts or is invited to; `search` keeps what has every word in
    title, place or description. The number of queries does not grow with the events. Raise
    Invalid on `to` when the span ends before it starts or is longer than 400 days.
    """
    if end <= start:
        raise Invalid.field("to", _("The end must be after the start."))
    if end - start > LONGEST_WINDOW:
        raise Invalid.field("to", _("Ask for at most 400 days at once."))
    terms = fold(one_line(search)).split()
    rows = _rows(member, start, end, mine=mine, terms=terms)
    zone = ZoneInfo(member.user.timezone)
    found = [
        instance
        for event in rows
        for instance in islice(_dates(event, member, start, end, zone), MOST_INSTANCES)
        if (instance.is_mine or not mine)
        and all(term in instance.event.search_text for term in terms)
    ]
    found.sort(key=lambda one: (one.start, not one.all_day, one.event.title, one.event.pk))
    return found[:MOST_INSTANCES]


class _ToViewer(TypedDict):
    """What a viewer has to do with an event; computed by the database."""

    own_partstat: str | None
    has_guests: bool


def _rows(
    member: Membership, start: dt.datetime, end: dt.datetime, *, mine: bool, terms: Sequence[str]
) -> QuerySet[WithAnnotations[Event, _ToViewer]]:
    """Return the masters a viewer may see, each with what the viewer has to do with it.

    The changed dates come along. `mine` and `terms` keep what has any date to keep.
    """
    visible = Event.objects.visible_to(member).overlapping(start, end)
    changed = _to_viewer(Event.objects.all(), member)
    rows = _to_viewer(visible.filter(status=EventStatus.CONFIRMED), member).prefetch_related(
        Prefetch("overrides", queryset=changed)
    )
    dates = Event.objects.filter(series=OuterRef("pk"))
    if mine:
        own = Attendee.objects.filter(member=member)
        on_dates = own.exclude(event__series=None).values("event__series")
        rows = rows.filter(
            Q(host=member) | Exists(own.filter(event=OuterRef("pk"))) | Q(pk__in=on_dates)
        )
    for term in terms:
        has_term = Q(search_text__contains=term)
        rows = rows.filter(has_term | Exists(dates.filter(has_term)))
    return rows


def _to_viewer(
    rows: QuerySet[Event], member: Membership
) -> QuerySet[WithAnnotations[Event, _ToViewer]]:
    own = Attendee.objects.filter(event=OuterRef("pk"), member=member)
    guests = Attendee.objects.filter(event=OuterRef("pk"), kind=Kind.GUEST)
    return rows.select_related("host__user").annotate(
        own_partstat=Subquery(own.values("partstat")[:1]), has_guests=Exists(guests)
    )


def _dates(
    event: WithAnnotations[Event, _ToViewer],
    member: Membership,
    start: dt.datetime,
    end: dt.datetime,
    zone: ZoneInfo,
) -> Iterator[Instance]:
    """Yield the dates of one event that touch the window."""
    changed = {row.recurrence_id: row for row in _changed(event)}
    times = snapshot.times(event)
    for date in recurrence.instances(times, start, end, limit=MOST_INSTANCES, day_zone=zone):
        original = snapshot.wall(date.recurrence_id) if date.recurrence_id else None
        row = changed.get(original, event) if original else event
        yield Instance(
            event=row,
            start=_aware(date.start, zone),
            end=_aware(date.end, zone),
            all_day=row.all_day,
            recurrence_id=original,
            is_mine=row.host_id == member.pk or row.own_partstat is not None,
            partstat=row.own_partstat or "",
            has_guests=row.has_guests,
        )


def _changed(event: Event) -> Iterable[WithAnnotations[Event, _ToViewer]]:
    return cast("Iterable[WithAnnotations[Event, _ToViewer]]", event.overrides.all())


def _aware(moment: ical.Moment, zone: ZoneInfo) -> dt.datetime:
    if isinstance(moment, dt.datetime):
        return moment
    return dt.datetime.combine(moment, dt.time(), zone)
