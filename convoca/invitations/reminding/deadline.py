"""Before the deadline guests are reminded, twice at most; after it the host hears who is silent."""

from __future__ import annotations

import datetime as dt
import logging
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from itertools import compress
from zoneinfo import ZoneInfo

from django.db import transaction
from django.db.models import Count, Exists, OuterRef, Q

from convoca.calendars.models import Event, EventStatus
from convoca.calendars.models.event import EventQuerySet
from convoca.invitations import notices
from convoca.invitations.models import Invitation
from convoca.invitations.reminding import nudging
from convoca.invitations.reminding.pacing import FURTHEST, MOST, REST, Turn, next_turn
from convoca.mail.traffic import rates
from convoca.notifications import notify

logger = logging.getLogger(__name__)

EVERY = dt.timedelta(minutes=5)  # so often `nudge_due` is called
TOLD_WITHIN = dt.timedelta(days=2)  # of a deadline that passed longer ago the host is told nothing
_ZONES = dt.timedelta(hours=15)  # how far a wall-clock time may lie from UTC
_NAMED = 5


@dataclass(frozen=True, slots=True)
class _Waiting:
    """An invitation whose answer is missing, and when it is reminded of that."""

    invitation_id: int
    delivery_id: int
    email_key: str
    email: str
    asked: int  # how many reminders there were by themselves
    turn: Turn


def upcoming(event: Event, now: dt.datetime, *, only: str | None = None) -> dict[str, dt.datetime]:
    """Return when who has not answered is reminded next, by address; a fixed number of queries.

    `only` asks for one address.
    """
    if not _reminds(event, now):
        return {}
    return {one.email_key: one.turn.at for one in _turns(event, now, only)}


def nudge_due(now: dt.datetime) -> int:
    """Queue the reminders whose time has come; return how many.

    Safe to call at any time and from several workers at once: what was queued is written down in
    the same transaction, with the event locked. What was missed is not made up for: nobody gets
    two reminders within `pacing.REST`, however late this is called. Under the operator's limits
    only as many are queued as have room until the next call: so they keep no other mail waiting,
    and nobody is asked a second time before the others a first time.
    """
    nudging.take_back_unsent(now)
    room, keys = rates.Room(now, EVERY), _to_remind(now)
    rounds = [range(1), range(1, MOST)] if rates.are_set() else [range(MOST)]
    steps = [partial(_nudge, asked=asked, room=room) for asked in rounds]
    return sum(_safely(step, key, now) for step in steps for key in keys)


def tell_passed(now: dt.datetime) -> int:
    """Tell the host of each event whose deadline has passed who has not answered, once."""
    return sum(_safely(_tell, key, now) for key in _passed(now))


def _safely(step: Callable[[int, dt.datetime], int], key: int, now: dt.datetime) -> int:
    """Take one event's step in a transaction of its own; what fails there stops no other event."""
    try:
        with transaction.atomic():
            return step(key, now)
    except Exception:
        logger.exception("The deadline of event %s failed", key)
        return 0


def _nudge(key: int, now: dt.datetime, *, asked: range, room: rates.Room) -> int:
    rows = Event.objects.select_for_update(of=("self",)).select_related("team")
    event = rows.get(pk=key)
    due: dict[dt.datetime, dict[int, int]] = defaultdict(dict)
    if _reminds(event, now):
        ready = [one for one in _turns(event, now) if one.turn.at <= now and one.asked in asked]
        admitted = room.admit([one.email for one in ready], event.sender_id)
        for one in compress(ready, admitted):
            due[one.turn.until][one.delivery_id] = one.invitation_id
    return sum(nudging.remind(ids, now, until=until) for until, ids in due.items())


def _tell(key: int, now: dt.datetime) -> int:
    event = Event.objects.select_related("host__user", "host__team", "team").get(pk=key)
    deadline = event.deadline
    if deadline is None or not now - TOLD_WITHIN < deadline <= now or event.span_end <= now:
        return 0
    asked_in_time = Q(delivery__sent_at=None) | Q(delivery__sent_at__lte=deadline)
    silent = Invitation.objects.filter(nudging.silent_on(event), asked_in_time, ended_at=None)
    silent = silent.exclude(delivery=None).order_by("name", "email_key")
    count = silent.count()
    if count:
        rows = silent.values_list("name", "email")[:_NAMED]
        notices.unanswered(event, count, [name or email for name, email in rows])
    return count


def _reminds(event: Event, now: dt.datetime) -> bool:
    """Tell whether reminders of an event may leave by themselves now, or later."""
    deadline = event.deadline
    return (
        deadline is not None
        and deadline > now
        and event.remind_guests
        and not event.is_cancelled
        and event.sender_id is not None
    )


def _turns(event: Event, now: dt.datetime, only: str | None = None) -> Iterator[_Waiting]:
    """Yield who will be reminded, with the time; in their zone as far as it is known."""
    deadline = event.deadline
    assert deadline is not None
    rows = nudging.waiting_for(event).annotate(
        automatic=Count("nudges", filter=Q(nudges__is_automatic=True))
    )
    if only is not None:
        rows = rows.filter(email_key=only)
    columns = ("pk", "delivery_id", "email_key", "delivery__email", "automatic")
    times = ("nudged_at", "delivery__sent_at")
    zones = ("member__user__timezone", "guest__timezone")
    found = list(rows.filter(automatic__lt=MOST).values_list(*columns, *times, *zones))
    closed = nudging.unreachable(event) if found else set()
    for key, delivery_id, email_key, email, asked, nudged_at, sent_at, members, guests in found:
        zone = ZoneInfo(members or guests or event.timezone)
        turn = next_turn(deadline, zone, now, heard_at=sent_at or now, nudged_at=nudged_at)
        if turn is not None and email_key not in closed:
            yield _Waiting(key, delivery_id, email_key, email, asked, turn)


def _to_remind(now: dt.datetime) -> list[int]:
    """Return the events before whose deadline somebody may have to be reminded now."""
    may_be_due = Invitation.objects.filter(
        event=OuterRef("pk"),
        ended_at=None,
        nudges_stopped_at=None,
        delivery__sent_at__lte=now - REST,
    )
    events = _with_deadline(now, now + FURTHEST).filter(remind_guests=True, sender__isnull=False)
    return list(events.filter(Exists(may_be_due)).values_list("pk", flat=True))


def _passed(now: dt.datetime) -> list[int]:
    """Return the events whose deadline has passed and whose host was not told of that one."""
    events = _with_deadline(now - TOLD_WITHIN, now).filter(notify_answers=True, span_end__gt=now)
    keys = {one.pk: notices.deadline_key(one) for one in events.only("public_id", "answer_by")}
    told = notify.known(keys.values())
    return [pk for pk, key in keys.items() if key not in told]


def _with_deadline(start: dt.datetime, end: dt.datetime) -> EventQuerySet:
    """Return the events whose deadline lies between two moments, and some from around them."""
    first, last = (at.astimezone(dt.UTC).replace(tzinfo=None) for at in (start, end))
    return Event.objects.filter(
        series=None,
        status=EventStatus.CONFIRMED,
        answer_by__gt=first - _ZONES,
        answer_by__lt=last + _ZONES,
    )
