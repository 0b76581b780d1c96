"""A weekly meeting, mailed, and changing some of its dates as a door does."""

from __future__ import annotations

import dataclasses
import datetime as dt
from typing import Any

from convoca.accounts.models import Membership
from convoca.calendars.drafts import draft_of
from convoca.calendars.models import Event
from convoca.invitations.saving import scheduling
from convoca.invitations.saving.scheduling import Scope
from tests.builders import wall

FIRST, SECOND, THIRD, FOURTH = (
    wall("2035-11-27 10:00") + dt.timedelta(weeks=week) for week in range(4)
)


def change_dates(
    member: Membership, event: Event, scope: Scope, date: dt.datetime, **fields: Any
) -> Event:
    event = Event.objects.get(pk=event.pk)
    typed = dataclasses.replace(draft_of(event, date), **fields)
    return scheduling.save_event(member, typed, event, scope=scope, recurrence_id=date)


def cancel_dates(member: Membership, event: Event, scope: Scope, date: dt.datetime) -> Event:
    return scheduling.cancel_event(member, event, scope=scope, recurrence_id=date)


def at(date: dt.datetime, hour: int) -> dict[str, dt.datetime]:
    """Return start and end of an hour on that day."""
    start = date.replace(hour=hour)
    return {"start": start, "end": start + dt.timedelta(hours=1)}
