"""All dates: a draft over the whole event; single dates keep what they have of their own."""

from __future__ import annotations

import datetime as dt
from copy import copy
from dataclasses import dataclass, replace
from typing import Any

from django.utils.translation import gettext_lazy as _

from convoca.accounts.invalid import Invalid
from convoca.accounts.models import Membership
from convoca.calendars import attending, overrides, snapshot
from convoca.calendars.attending import Attendance
from convoca.calendars.checking import check, check_deadline, check_guests_have_sender
from convoca.calendars.drafts import EventDraft
from convoca.calendars.layout import Date, Layout, lay_over, organize, set_words, values
from convoca.calendars.models import Event
from convoca.standards.ical import model as ical
from convoca.standards.ical.moving import moved
from convoca.standards.ical.rule import BadRule
from convoca.standards.ical.rule import check as check_rule
from convoca.standards.ical.series import counterpart


def change(
    member: Membership,
    draft: EventDraft,
    layout: Layout,
    recurrence_id: dt.datetime | None,
    stored: Event | None,
) -> Event:
    """Lay a draft over an event and return the row of the date that was meant; raise Invalid.

    With `recurrence_id` the draft is that of one date, and what it changes there is changed for
    all. `stored` is the event that the draft was opened with.
    """
    event, was_known = layout.event, layout.has_people
    before = copy(event)
    shown = layout.find(recurrence_id) if recurrence_id else None
    meant = shown.row if shown else None
    if recurrence_id and meant is None:
        meant = overrides.regular(event, recurrence_id)
    has_same_rule = stored is not None and draft.rrule == before.rrule
    draft, errors = check(member, replace(draft, rrule="") if has_same_rule else draft, stored)
    arranged = _arrange(member, draft, layout, shown)
    errors += [*arranged.errors, *check_guests_have_sender(draft, arranged)]
    if errors:
        raise Invalid(errors)
    _spread(layout, shown, arranged)
    rrule = before.rrule if has_same_rule else draft.rrule
    is_all_that_is_left = meant and meant.recurrence_id == before.start and not rrule
    lay_over(event, _over_all(draft, before, meant) if meant and not is_all_that_is_left else draft)
    _set_deadline(event, draft, stored)
    event.rrule = _moved_along(before, event) if has_same_rule else rrule
    layout.files = draft.files
    organize(layout, draft, was_known=was_known)
    if stored is not None:
        _follow(layout, before)
    if shown is None or shown not in layout.dates:
        return event
    lay_over(shown.row, draft)
    return shown.row


def _set_deadline(event: Event, draft: EventDraft, stored: Event | None) -> None:
    """Set until when answers are hoped for; raise Invalid if the series begins before that."""
    if errors := check_deadline(draft.answer_by, event, stored):
        raise Invalid(errors)
    event.answer_by, event.remind_guests = draft.answer_by, draft.remind_guests


def _arrange(
    member: Membership, draft: EventDraft, layout: Layout, shown: Date | None
) -> Attendance:
    """Return the attendance that the draft asks for, of the date shown or of the whole."""
    row, lead = (shown.row, shown.attendance) if shown else (layout.event, layout.attendance)
    return attending.arrange(member, draft.attendees, row, lead.rows)


def _over_all(draft: EventDraft, event: Event, row: Event) -> EventDraft:
    """Return the draft of the whole event that makes the change seen on one date everywhere.

    The day moves by as many days as it did there; hour and length are those of the draft, where
    they were changed.
    """
    changes: dict[str, Any] = {
        name: getattr(event, name)
        for name in overrides.OWN
        if getattr(draft, name) == getattr(row, name)
    }
    step = draft.start.date() - row.start.date()
    is_same_hour = draft.start.time() == row.start.time()
    hour = event.start.time() if is_same_hour else draft.start.time()
    length = draft.end - draft.start
    if length == row.end - row.start:
        length = event.end - event.start
    start = dt.datetime.combine(event.start.date() + step, hour)
    changes |= {"start": start, "end": start + length}
    for name in ("timezone", "all_day"):
        if getattr(draft, name) == getattr(row, name):
            changes[name] = getattr(event, name)
    return replace(draft, **changes)


def _moved_along(before: Event, event: Event) -> str:
    """Return the rule that was left alone, moved along with the start. Raise Invalid."""
    old, new = snapshot.when(before)[0], snapshot.when(event)[0]
    if old == new or not before.rrule:
        return before.rrule
    try:
        return str(check_rule(moved(before.rrule, old, new), new))
    except BadRule:
        words = _("This repetition cannot move to other days. Choose a new one.")
        raise Invalid.field("rrule", words) from None


def _spread(layout: Layout, shown: Date | None, arranged: Attendance) -> None:
    """Let who was added or removed come to, or go from, the whole and each of its dates."""
    if shown is None:
        layout.attendance = arranged
    else:
        shown.attendance = arranged
        attending.follow(layout.attendance, layout.event, arranged)
    for date in layout.dates:
        if date is not shown:
            attending.follow(date.attendance, date.row, arranged)


def _follow(layout: Layout, before: Event) -> None:
    """Let the changed dates follow their series: what they have of their own stays.

    They are found again under the new rule; those that are no date of it any more are dropped.
    """
    event = layout.event
    event.rdates = [_moved(wall, before, event) for wall in before.rdates]
    names = _Names(before, snapshot.row_times(before), snapshot.row_times(event))
    exdates = (names.find(dt.datetime.fromisoformat(wall)) for wall in before.exdates)
    event.exdates = sorted({wall.isoformat() for wall in exdates if wall})
    kept: dict[dt.datetime, Date] = {}
    pairs = [(date, names.find(date.row.recurrence_id or date.row.start)) for date in layout.dates]
    pairs.sort(key=lambda pair: not _is_same_day(*pair))  # they have the better claim
    for date, found in pairs:
        if not found or found in kept or not _follow_one(date.row, found, before, event):
            layout.dropped.append(date)
        else:
            kept[found] = date
    layout.dates = list(kept.values())


def _is_same_day(date: Date, found: dt.datetime | None) -> bool:
    original = date.row.recurrence_id
    return bool(found and original and found.date() == original.date())


def _follow_one(row: Event, found: dt.datetime, before: Event, event: Event) -> bool:
    """Let one changed date follow its series; False when the series has it no more."""
    usual = overrides.usual_span(before, row.recurrence_id or found)
    to_be = overrides.usual_span(event, found)
    if usual is None or to_be is None:
        return False
    if values(row, overrides.TIME) == _time(before, usual):
        for name, value in _time(event, to_be).items():
            setattr(row, name, value)
    for name in overrides.OWN:
        if getattr(row, name) == getattr(before, name):
            setattr(row, name, getattr(event, name))
    row.recurrence_id = found
    set_words(row)
    return True


@dataclass(frozen=True, slots=True)
class _Names:
    """How dates of a series are found again when its time or its rule has changed."""

    before: Event
    old: ical.VEvent
    new: ical.VEvent

    def find(self, original: dt.datetime) -> dt.datetime | None:
        found = counterpart(snapshot.moment(self.before, original), self.old, self.new)
        return None if found is None else snapshot.wall(found)


def _time(event: Event, span: tuple[dt.datetime, dt.datetime]) -> dict[str, Any]:
    start, end = span
    return {"start": start, "end": end, "timezone": event.timezone, "all_day": event.all_day}


def _moved(wall: str, before: Event, event: Event) -> str:
    """Return an extra date at the new time of day, if it was at the old one."""
    extra = dt.datetime.fromisoformat(wall)
    if extra.time() == before.start.time():
        extra = dt.datetime.combine(extra.date(), event.start.time())
    return extra.isoformat()
