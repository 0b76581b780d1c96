"""An event as a person typed it: what every door hands to the save, and gets back to change."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from convoca.accounts.invalid import FieldError, Invalid
from convoca.accounts.models import Membership
from convoca.calendars import overrides
from convoca.calendars.models import Attendee, Event, File, Room
from convoca.guests.addressbook import NewGuest
from convoca.guests.models import Guest
from convoca.mail.models import Sender

__all__ = ["EventDraft", "FieldError", "Invalid", "Invitee", "NewGuest", "draft_of", "end_of"]


Invitee = Guest | Membership | Room | NewGuest | Attendee
"""Whom a draft invites. The save finds the card or colleague behind a NewGuest's address, or adds
a card. An Attendee stands for itself: the card it came from was deleted since."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EventDraft:
    """Everything of S1's form, not checked yet; change one with `dataclasses.replace`.

    `start` and `end` are wall-clock times in `timezone`; an all-day event runs from midnight to
    the midnight after its last day. `answer_by` is one, too, and speaks of the whole series; until
    then `remind_guests` lets who has not answered be reminded. `description` is HTML or plain
    text. `reminders` are minutes before the start. `revision` is the one the form was opened with:
    a save refuses to overwrite what somebody else saved in the meantime. None skips that check.
    """

    title: str
    start: dt.datetime
    end: dt.datetime
    timezone: str
    all_day: bool = False
    rrule: str = ""
    location: str = ""
    description: str = ""
    reminders: Sequence[int] = ()
    notify_answers: bool = True
    hide_guests: bool = False
    answer_by: dt.datetime | None = None
    remind_guests: bool = True
    sender: Sender | None = None
    files: Sequence[File] = ()
    attendees: Sequence[Invitee] = ()
    revision: int | None = None


def end_of(day: dt.date) -> dt.datetime:
    """Return the last minute of a day: what a deadline without an hour means."""
    return dt.datetime.combine(day, dt.time(23, 59))


def draft_of(event: Event, recurrence_id: dt.datetime | None = None) -> EventDraft:
    """Return the event, or one date of a series, as a draft; saving it unchanged changes nothing.

    The draft of a date has the rule of its series. It has no `revision`: a program's PATCH and a
    drag state one change on whatever stands there. A form passes `replace(draft, revision=...)`
    with the revision of the event it was opened with. Raise Invalid where there is no such date.
    """
    row = event
    if recurrence_id is not None:
        row = overrides.find(event, recurrence_id) or overrides.regular(event, recurrence_id)
    people = (row if row.pk else event).attendees.select_related("guest", "member__user", "room")
    return EventDraft(
        title=row.title,
        start=row.start,
        end=row.end,
        timezone=row.timezone,
        all_day=row.all_day,
        rrule=event.rrule,
        location=row.location,
        description=row.description,
        reminders=list(row.reminders),
        notify_answers=row.notify_answers,
        hide_guests=row.hide_guests,
        answer_by=event.answer_by,
        remind_guests=event.remind_guests,
        sender=event.sender,
        files=list(event.files.all()),
        attendees=[one.guest or one.member or one.room or one for one in people],
    )
