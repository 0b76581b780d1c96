"""The contract's fields become a draft: ids are looked up, times are put together."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import Any
from uuid import UUID

from django.utils.timezone import localdate
from django.utils.translation import gettext_lazy as _

from convoca.accounts.invalid import FieldError, Invalid
from convoca.accounts.models import Membership
from convoca.api.schemas import AttendeeIn, EventFields, EventPatch
from convoca.calendars import picker
from convoca.calendars.drafts import EventDraft, Invitee, NewGuest, draft_of, end_of
from convoca.calendars.models import Event, File
from convoca.calendars.picker import Reference
from convoca.mail import senders
from convoca.mail.models import Sender

SAME_NAME = {
    *("title", "timezone", "location", "description"),
    *("notify_answers", "hide_guests", "remind_guests", "reminders"),
}
EMPTIABLE = ("location", "description")
HOUR, DAY = dt.timedelta(hours=1), dt.timedelta(days=1)


def draft(
    member: Membership,
    typed: EventFields,
    event: Event | None = None,
    recurrence_id: dt.datetime | None = None,
) -> EventDraft:
    """Return the event, or one date of it, with what was sent in place of what it was.

    Nothing is judged yet.

    Raise Invalid with every id that leads nowhere. What has attendees and no sender goes from
    the host's default address.
    """
    errors: list[FieldError] = []
    base = draft_of(event, recurrence_id) if event else _blank(member)
    given = {name: getattr(typed, name) for name in typed.model_fields_set}
    changes = {name: given[name] for name in SAME_NAME & given.keys() if given[name] is not None}
    changes |= {name: "" for name in EMPTIABLE if name in given and given[name] is None}
    if "recurrence" in given:
        changes["rrule"] = given["recurrence"] or ""
    if "answer_by" in given:
        changes["answer_by"] = _deadline(given["answer_by"])
    for name, find in (("sender", _sender), ("files", _files), ("attendees", _attendees)):
        if given.get(name) is not None:
            try:
                changes[name] = find(member, given[name], event)
            except Invalid as refusal:
                errors += refusal.errors
    changes |= _times(typed, base, errors)
    if errors:
        raise Invalid(errors)
    if isinstance(typed, EventPatch):
        changes["revision"] = typed.revision
    made = replace(base, **changes)
    asks_for_default = "sender" in given and given["sender"] is None
    if asks_for_default or (made.sender is None and made.attendees):
        made = replace(made, sender=senders.default_for(event.host if event else member))
    return made


def _blank(member: Membership) -> EventDraft:
    today = dt.datetime.combine(localdate(), dt.time())
    return EventDraft(title="", start=today, end=today, timezone=member.user.timezone)


def _times(typed: EventFields, base: EventDraft, errors: list[FieldError]) -> dict[str, Any]:
    """Return start, end and all_day; a date as start makes an all-day event."""
    start, end, all_day = typed.start, typed.end, typed.all_day
    if all_day is None:
        all_day = base.all_day if start is None else not isinstance(start, dt.datetime)
    for name, moment in (("start", start), ("end", end)):
        if moment is not None and not all_day and not isinstance(moment, dt.datetime):
            errors.append(FieldError(name, _("Write the time too, such as 2026-11-24T10:00.")))
    changes: dict[str, Any] = {"all_day": all_day}
    if start is not None:
        changes["start"] = _wall(start)
        if end is None and base.start == base.end:
            changes["end"] = changes["start"] + (DAY if all_day else HOUR)
    if end is not None:
        changes["end"] = _wall(end)
    return changes


def _wall(moment: dt.date | dt.datetime) -> dt.datetime:
    if isinstance(moment, dt.datetime):
        return moment
    return dt.datetime.combine(moment, dt.time())


def _deadline(moment: dt.date | dt.datetime | None) -> dt.datetime | None:
    """Return until when answers are hoped for; a date means its end."""
    if moment is None or isinstance(moment, dt.datetime):
        return moment
    return end_of(moment)


def _sender(member: Membership, sender_id: UUID, event: Event | None) -> Sender:
    if event and event.sender and event.sender.public_id == sender_id:
        return event.sender
    found = Sender.objects.of_team(member).filter(public_id=sender_id).first()
    if found is None:
        raise Invalid.field("sender", _("You cannot send from this address. Choose another one."))
    return found


def _files(member: Membership, file_ids: list[UUID], event: Event | None) -> list[File]:
    rows = File.objects.filter(team_id=member.team_id, public_id__in=file_ids)
    found = {file.public_id: file for file in rows}
    gone = [number for number, file_id in enumerate(file_ids) if file_id not in found]
    if gone:
        words = _("This file is not there any more.")
        raise Invalid(FieldError(f"files.{number}", words) for number in gone)
    return [found[file_id] for file_id in file_ids]


def _attendees(member: Membership, typed: list[AttendeeIn], event: Event | None) -> list[Invitee]:
    """Return the invitees in the order sent; ids are looked up together."""
    invitees: dict[int, Invitee] = {}
    references: dict[int, Reference] = {}
    for number, one in enumerate(typed):
        reference = _reference(one)
        if reference:
            references[number] = reference
        else:
            invitees[number] = NewGuest(
                email=one.email or "",
                first_name=one.first_name or "",
                last_name=one.last_name or "",
            )
    numbers = list(references)
    try:
        found = picker.find(member, list(references.values()), event)
    except Invalid as refusal:
        raise Invalid(
            FieldError(f"attendees.{numbers[int(error.field.split('.')[1])]}", error.message)
            for error in refusal.errors
        ) from None
    invitees.update(zip(numbers, found, strict=True))
    return [invitees[number] for number in range(len(typed))]


def _reference(one: AttendeeIn) -> Reference | None:
    for kind in ("guest", "member", "room", "attendee"):
        public_id = getattr(one, kind)
        if public_id is not None:
            return Reference(kind.upper(), public_id)
    return None
