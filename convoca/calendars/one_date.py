"""This date only: one date of a series changed or cancelled, the others left alone."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

from django.utils.translation import gettext_lazy as _

from convoca.accounts.invalid import FieldError, Invalid
from convoca.accounts.models import Membership
from convoca.calendars import attending, overrides
from convoca.calendars.checking import check, check_guests_have_sender
from convoca.calendars.drafts import EventDraft
from convoca.calendars.layout import Date, Layout, lay_over, organize, same_people, values
from convoca.calendars.models import Event


def change(
    member: Membership, draft: EventDraft, layout: Layout, recurrence_id: dt.datetime
) -> Event:
    """Lay a draft over one date and return the row that describes the date from now on.

    A date that comes to say the same as its series gives up its row. Raise Invalid.
    """
    event, was_known = layout.event, layout.has_people
    date = layout.date(recurrence_id)
    was_at = values(date.row, overrides.TIME)
    errors = _complaints(draft, layout)
    draft, more = check(member, replace(draft, rrule="", answer_by=None), event)
    attendance = attending.arrange(member, draft.attendees, date.row, date.attendance.rows)
    errors += [*more, *attendance.errors, *check_guests_have_sender(draft, attendance)]
    if errors:
        raise Invalid(errors)
    lay_over(date.row, draft)
    date.attendance = attendance
    layout.dates = [one for one in layout.dates if one is not date]
    if _is_plain(date, layout) and (
        date.row.pk is None or was_at == values(date.row, overrides.TIME)
    ):
        layout.dropped += [date] if date.row.pk else []
        row = event
    else:
        layout.dates = [*layout.dates, date]
        row = date.row
    organize(layout, draft, was_known=was_known)
    return row


def cancel(layout: Layout, recurrence_id: dt.datetime) -> Event:
    """Take one date out of the series (RFC 5546, 4.4.3); return it as it was.

    It leaves an EXDATE, and no row of its own.
    """
    date = layout.date(recurrence_id)
    layout.dates = [one for one in layout.dates if one is not date]
    layout.dropped += [date] if date.row.pk else []
    text = recurrence_id.isoformat()
    layout.event.exdates = sorted({*layout.event.exdates, text})
    return date.row


def _complaints(draft: EventDraft, layout: Layout) -> list[FieldError]:
    """Return what cannot be said of one date, because it belongs to the whole series."""
    event, errors = layout.event, []
    if draft.rrule not in ("", event.rrule):
        words = _("One date cannot repeat by itself. Change the following dates too, or all.")
        errors.append(FieldError("rrule", words))
    if {file.pk for file in draft.files} != {file.pk for file in layout.files}:
        words = _("Files belong to the whole series. Change them for all dates.")
        errors.append(FieldError("files", words))
    if event.sender_id and draft.sender != event.sender:
        words = _("The whole series is sent from one address. Change it for all dates.")
        errors.append(FieldError("sender", words))
    asked = (draft.answer_by, draft.remind_guests)
    if asked != (event.answer_by, event.remind_guests):
        words = _("The whole series is answered by one deadline. Change it for all dates.")
        errors.append(FieldError("answer_by", words))
    return errors


def _is_plain(date: Date, layout: Layout) -> bool:
    """Tell whether a date says nothing that the series does not say, answers to it included."""
    if any(one.replied_at for one in date.attendance.rows):
        return False
    usual = overrides.regular(layout.event, date.row.recurrence_id or date.row.start)
    names = (*overrides.OWN, *overrides.TIME)
    people = date.attendance.rows
    is_answered = any(row.replied_at for row in people)  # by somebody, singly
    return (
        not is_answered
        and values(date.row, names) == values(usual, names)
        and same_people(people, layout.attendance.rows)
    )
