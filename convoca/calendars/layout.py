"""An event laid out in memory: its row, its changed dates, who is on each; then written at once."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import connection
from django.db.models import Q
from django.utils.timezone import now
from django.utils.translation import gettext_lazy as _

from convoca.accounts.invalid import Invalid
from convoca.accounts.models import Membership
from convoca.accounts.text import fold
from convoca.calendars import attending, organizers, overrides, snapshot
from convoca.calendars.attending import Attendance
from convoca.calendars.description import plain_text
from convoca.calendars.drafts import EventDraft
from convoca.calendars.models import Attendee, Event, EventStatus, File
from convoca.standards.ical import model as ical

BATCH = 1_000  # rows read at once

_WRITTEN = (
    *overrides.SHARED,
    *overrides.OWN,
    *overrides.TIME,
    *("series", "recurrence_id", "status", "cancelled_at"),
    *("span_start", "span_end", "search_text"),
)


@dataclass(slots=True, kw_only=True, eq=False)
class Date:
    """A changed date of a series, with who is on it."""

    row: Event
    attendance: Attendance
    stored: dict[str, Any] = field(default_factory=dict)

    @property
    def is_touched(self) -> bool:
        return values(self.row, _WRITTEN) != self.stored


@dataclass(slots=True, kw_only=True)
class Layout:
    """One UID as it shall be; `dropped` are changed dates that lose their row."""

    event: Event
    attendance: Attendance = field(default_factory=Attendance)
    files: Sequence[File] = ()
    dates: list[Date] = field(default_factory=list)
    dropped: list[Date] = field(default_factory=list)
    stored_files: Sequence[File] = ()

    @classmethod
    def load(cls, event: Event) -> Layout:
        """Return a stored event as it stands; the number of queries is fixed."""
        files = list(event.files.all())
        return cls(
            event=event,
            attendance=Attendance(rows=list(event.attendees.all())),
            files=files,
            stored_files=files,
            dates=[
                Date(row=row, attendance=Attendance(rows=people), stored=values(row, _WRITTEN))
                for row, people in snapshot.changed_dates(event)
            ],
        )

    @property
    def attendances(self) -> list[Attendance]:
        return [self.attendance, *(date.attendance for date in self.dates)]

    @property
    def has_guests(self) -> bool:
        return any(one.has_guests for one in self.attendances)

    @property
    def has_people(self) -> bool:
        """Tell whether anybody's program may know the event."""
        return any(row.email_key for one in self.attendances for row in one.rows)

    def shown(self) -> ical.Event:
        """Return the event as attendees would see it."""
        ordered = sorted(self.dates, key=lambda date: date.row.recurrence_id or date.row.start)
        dates = [(date.row, date.attendance.rows) for date in ordered]
        return snapshot.take(self.event, self.attendance.rows, self.files, dates)

    def find(self, recurrence_id: dt.datetime) -> Date | None:
        """Return one date, if it has a row."""
        for date in self.dates:
            if date.row.recurrence_id == recurrence_id and not date.row.is_cancelled:
                return date
        return None

    def date(self, recurrence_id: dt.datetime) -> Date:
        """Return one date, laid out as the series has it where it has no row; raise Invalid."""
        date = self.find(recurrence_id)
        if date is not None:
            return date
        row = overrides.regular(self.event, recurrence_id)
        people = overrides.copies(self.attendance.rows, row)
        return Date(row=row, attendance=Attendance(rows=people))

    def cancel(self, at: dt.datetime) -> None:
        """Mark the event and all its dates as not taking place."""
        for row in (self.event, *(date.row for date in self.dates)):
            row.status = EventStatus.CANCELLED
            row.cancelled_at = at

    def settle(self) -> None:
        """Set what follows from the rest: what dates share, the span of all, the revision."""
        for date in self.dates:
            for name in overrides.SHARED:
                setattr(date.row, name, getattr(self.event, name))
            date.row.span_start, date.row.span_end = snapshot.span(date.row)
        rows = [date.row for date in self.dates]
        self.event.span_start, self.event.span_end = snapshot.span(self.event, rows)
        self.event.revision += 1

    def write(self, member: Membership) -> None:
        """Write everything, inside the caller's transaction, with the event's row locked."""
        self.event.save()
        Event.objects.filter(pk__in=[date.row.pk for date in self.dropped]).delete()
        for date in self.dates:
            date.row.series = self.event
        Event.objects.bulk_create([date.row for date in self.dates if date.row.pk is None])
        taken_along = [date.row.pk for date in self.dates if self._is_taken_along(date)]
        forgetting = Attendee.objects.filter(event__in=taken_along, replied_sequence__gt=0)
        forgetting.update(replied_sequence=0)  # another UID counts from nothing
        touched = [date.row for date in self.dates if date.stored and date.is_touched]
        for row in touched:
            row.updated_at = now()
        Event.objects.bulk_update(touched, [*_WRITTEN, "updated_at"], batch_size=50)
        attending.write(member, self.attendances)
        self._write_files()

    def _is_taken_along(self, date: Date) -> bool:
        return bool(date.stored) and date.stored["series"] != self.event.pk

    def _write_files(self) -> None:
        """Attach files and let others go. Raise Invalid for one that is another event's now."""
        attached = [file for file in self.files if file not in self.stored_files]
        detached = [file for file in self.stored_files if file not in self.files]
        for event, files in ((self.event, attached), (None, detached)):
            for file in files:
                file.event = event
            stored = [file.pk for file in files if file.pk is not None]
            File.objects.bulk_create([file for file in files if file.pk is None])
            free = File.objects.filter(pk__in=stored, event=None if event else self.event)
            if free.update(event=event) < len(stored):
                raise Invalid.field("files", _("This file is not there any more."))


def state_of(event: Event) -> int:
    """Return a number that stays the same as long as nothing about a stored event changes.

    Read as the database has it: rows may be thousands, and are only compared.
    """
    whole_or_date = Q(event=event.pk) | Q(event__series=event.pk)
    every = (
        Event.objects.filter(Q(pk=event.pk) | Q(series=event.pk)),
        Attendee.objects.filter(whole_or_date),
        File.objects.filter(event=event.pk),
    )
    state = 0
    for rows in every:
        statement, values = rows.order_by("pk").values_list().query.sql_with_params()
        with connection.cursor() as cursor:
            cursor.execute(statement, values)
            while some := cursor.fetchmany(BATCH):
                state = hash((state, *some))
    return state


def lay_over(row: Event, draft: EventDraft) -> None:
    """Set everything on a row that the draft says of it, beside rule and attendees."""
    for name in (*overrides.OWN, *overrides.TIME):
        setattr(row, name, getattr(draft, name))
    row.reminders = list(draft.reminders)
    set_words(row)


def set_words(row: Event) -> None:
    """Set by which words a row is found."""
    words = (row.title, row.location, plain_text(row.description))
    row.search_text = fold(" ".join(words))


def organize(layout: Layout, draft: EventDraft, *, was_known: bool) -> None:
    """Set who sends; and who organizes, as long as nobody's program knows an organizer yet."""
    layout.event.sender = draft.sender
    if not (was_known and layout.event.organizer_email):
        layout.event.organizer_email = organizers.address_for(layout.event, draft.sender)


def values(row: Event, names: Sequence[str]) -> dict[str, Any]:
    """Return what a row holds, for telling whether it changed."""
    return {name: row.__dict__.get(f"{name}_id", row.__dict__.get(name)) for name in names}


def same_people(one: Sequence[Attendee], other: Sequence[Attendee]) -> bool:
    """Tell whether two lists name the same people, who were asked and answered the same."""
    return _standing(one) == _standing(other)


def _standing(rows: Sequence[Attendee]) -> dict[object, tuple[str, int]]:
    return {row.email_key or row.room_id: (row.partstat, row.asked_sequence) for row in rows}
