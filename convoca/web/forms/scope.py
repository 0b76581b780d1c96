"""This date, this and the following, or all: what was changed on one date, said of the series."""

from __future__ import annotations

import datetime as dt
from collections.abc import Hashable, Sequence
from dataclasses import fields, replace
from typing import Any, TypedDict

from django.utils.translation import gettext_lazy as _

from convoca.accounts.invalid import Invalid
from convoca.calendars import words
from convoca.calendars.drafts import EventDraft, Invitee, draft_of
from convoca.calendars.models import Attendee, Event
from convoca.calendars.snapshot import when
from convoca.invitations.scheduling import Scope
from convoca.standards.ical.model import Moment
from convoca.standards.ical.moving import moved
from convoca.standards.ical.recurrence import BadRule

TIMES = {"start", "end"}


class Aim(TypedDict):
    """What `scheduling` is told beside the draft."""

    scope: Scope
    recurrence_id: dt.datetime | None


def choices(event: Event, recurrence_id: dt.datetime) -> list[tuple[str, Any]]:
    """Return the scopes to choose from for one date; from the first one on is all of it."""
    only = _("Only this date: %(day)s") % {"day": words.day(recurrence_id.date())}
    following = [(Scope.FOLLOWING.value, _("This and all following dates"))]
    return [
        (Scope.THIS.value, only),
        *(following if recurrence_id > event.start else []),
        (Scope.ALL.value, _("All dates")),
    ]


def aim(scope: Scope, recurrence_id: dt.datetime | None) -> Aim:
    """Say what is meant: all dates are those of the event itself."""
    return Aim(scope=scope, recurrence_id=None if scope == Scope.ALL else recurrence_id)


def spread(event: Event, meant: Aim, shown: EventDraft, typed: EventDraft) -> EventDraft:
    """Return the draft that says of the dates meant what `typed` changed about `shown`.

    `shown` is the draft of the date that was looked at, or of the event. Its days move by as
    many as the date was moved, its hours become those typed. Raise Invalid on `rrule` where the
    repetition cannot move along.
    """
    if meant["scope"] == Scope.THIS:
        return typed
    base = draft_of(event)
    if first := meant["recurrence_id"]:
        base = replace(base, start=first, end=first + (base.end - base.start))
    changes = {
        field.name: getattr(typed, field.name)
        for field in fields(EventDraft)
        if field.name not in TIMES and getattr(typed, field.name) != getattr(shown, field.name)
    }
    if "attendees" in changes:
        changes["attendees"] = _people(base.attendees, shown.attendees, typed.attendees)
    start = _start(base.start, shown.start, typed.start)
    length = typed.end - typed.start
    if length == shown.end - shown.start:
        length = base.end - base.start
    made = replace(base, **changes, start=start, end=start + length)
    return made if "rrule" in changes else replace(made, rrule=_rule(base, made))


def _start(base: dt.datetime, shown: dt.datetime, typed: dt.datetime) -> dt.datetime:
    day = base.date() + (typed.date() - shown.date())
    time = base.time() if typed.time() == shown.time() else typed.time()
    return dt.datetime.combine(day, time)


def _rule(base: EventDraft, made: EventDraft) -> str:
    if not base.rrule:
        return ""
    try:
        return moved(base.rrule, _first(base), _first(made))
    except BadRule:
        raise Invalid.field(
            "rrule", _("This repetition cannot move to other days. Choose a new one.")
        ) from None


def _first(draft: EventDraft) -> Moment:
    start, end = draft.start, draft.end
    row = Event(start=start, end=end, timezone=draft.timezone, all_day=draft.all_day)
    return when(row)[0]


def _people(
    base: Sequence[Invitee], shown: Sequence[Invitee], typed: Sequence[Invitee]
) -> list[Invitee]:
    """Invite to the series whom the date got, and no longer whom it lost."""
    here, before, now = ({_key(one): one for one in people} for people in (base, shown, typed))
    if here.keys() == before.keys():
        return list(typed)
    kept = [one for key, one in here.items() if key in now or key not in before]
    return [*kept, *(one for key, one in now.items() if key not in before and key not in here)]


def _key(invitee: Invitee) -> Hashable:
    return invitee.email_key if isinstance(invitee, Attendee) else invitee
