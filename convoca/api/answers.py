"""What the API answers: rows as the contract's fields."""

from __future__ import annotations

import datetime as dt
from typing import Any
from uuid import UUID

from ninja import Schema
from pydantic import BaseModel

from convoca.accounts.limits import UsageReport
from convoca.accounts.models import Membership
from convoca.calendars.agenda import Instance
from convoca.calendars.models import Event, File, Room
from convoca.guests.models import Guest
from convoca.mail import senders
from convoca.mail.models import Sender
from convoca.notifications.models import Notification
from convoca.notifications.words import words


class Complaint(Schema):
    """What is wrong with one field."""

    field: str
    message: str


class Problem(Schema):
    """Why a request is refused (RFC 9457)."""

    type: str
    title: str
    status: int
    detail: str
    errors: list[Complaint] = []


class PersonOut(Schema):
    """A colleague."""

    id: UUID
    name: str
    email: str
    role: str

    @classmethod
    def of(cls, member: Membership) -> PersonOut:
        return cls(
            id=member.public_id, name=member.name, email=member.email, role=member.role.lower()
        )


class TeamOut(Schema):
    """A team."""

    id: UUID
    name: str


class SettingsOut(Schema):
    """One's own settings."""

    default_sender: UUID | None
    language: str
    timezone: str
    notify_by_email: bool

    @classmethod
    def of(cls, member: Membership) -> SettingsOut:
        chosen = senders.chosen(member)
        return cls(
            default_sender=_id(chosen),
            language=member.user.language,
            timezone=member.user.timezone,
            notify_by_email=member.notify_by_email,
        )


class MeOut(PersonOut, SettingsOut):
    """Whom the token stands for, with their settings."""

    team: TeamOut

    @classmethod
    def of(cls, member: Membership) -> MeOut:
        return cls(
            **PersonOut.of(member).model_dump(),
            **SettingsOut.of(member).model_dump(),
            team=TeamOut(id=member.team.public_id, name=member.team.name),
        )


class RoomOut(Schema):
    """A meeting room."""

    id: UUID
    name: str
    capacity: int | None

    @classmethod
    def of(cls, room: Room) -> RoomOut:
        return cls(id=room.public_id, name=room.name, capacity=room.capacity)


class CardOut(Schema):
    """A guest's card, or the colleague who has the address (`kind` member)."""

    id: UUID
    kind: str
    email: str
    name: str
    first_name: str
    last_name: str
    language: str
    timezone: str
    aliases: list[str] = []

    @classmethod
    def of(cls, card: Guest | Membership) -> CardOut:
        is_guest = isinstance(card, Guest)
        place = card if isinstance(card, Guest) else card.user
        return cls(
            id=card.public_id,
            kind="guest" if is_guest else "member",
            email=card.email,
            name=card.name,
            first_name=card.first_name if isinstance(card, Guest) else card.name,
            last_name=card.last_name if isinstance(card, Guest) else "",
            language=place.language,
            timezone=place.timezone,
            aliases=[one.email for one in card.aliases.all()] if isinstance(card, Guest) else [],
        )


class FileOut(Schema):
    """An uploaded file."""

    id: UUID
    name: str
    size: int
    media_type: str

    @classmethod
    def of(cls, file: File) -> FileOut:
        return cls(id=file.public_id, name=file.name, size=file.size, media_type=file.media_type)


class InviteeOut(BaseModel):
    """Somebody invited, in the form in which they can be sent back."""

    email: str
    name: str
    kind: str
    partstat: str
    guest: UUID | None = None
    member: UUID | None = None
    room: UUID | None = None
    attendee: UUID | None = None

    @classmethod
    def all(cls, event: Event) -> list[InviteeOut]:
        """Return everyone on the event; no model instances, for they may be thousands."""
        cards = ("guest__public_id", "member__public_id", "room__public_id", "public_id")
        rows = event.attendees.values_list("email", "name", "kind", "partstat", *cards)
        return [
            cls(
                email=email,
                name=name,
                kind=kind.lower(),
                partstat=partstat,
                guest=guest,
                member=member,
                room=room,
                attendee=None if guest or member or room else attendee,
            )
            for email, name, kind, partstat, guest, member, room, attendee in rows
        ]


class EventHead(Schema):
    """What an event and each of its dates have in common."""

    id: UUID
    title: str
    start: str
    end: str
    timezone: str
    all_day: bool
    location: str
    status: str
    host: PersonOut


class InstanceOut(EventHead):
    """One date of an event; `start` and `end` are local times in `timezone`."""

    recurrence_id: str | None
    is_mine: bool
    partstat: str | None
    has_guests: bool

    @classmethod
    def of(cls, one: Instance) -> InstanceOut:
        event, all_day = one.event, one.all_day
        return cls(
            **_head(event),
            start=local(one.start, all_day),
            end=local(one.end, all_day),
            recurrence_id=_original(event, one.recurrence_id),
            is_mine=one.is_mine,
            partstat=one.partstat or None,
            has_guests=one.has_guests,
        )


class EventOut(EventHead):
    """An event as its host sees it, or one date of a series: then with a `recurrence_id`.

    Rule, deadline, files, sender, uid and revision are those of the series.
    """

    recurrence: str
    recurrence_id: str | None
    continues: str | None
    description: str
    sender: UUID | None
    notify_answers: bool
    hide_guests: bool
    answer_by: str | None
    remind_guests: bool
    reminders: list[int]
    files: list[FileOut]
    attendees: list[InviteeOut]
    uid: str
    sequence: int
    revision: int
    created_at: dt.datetime
    updated_at: dt.datetime
    cancelled_at: dt.datetime | None

    @classmethod
    def of(cls, event: Event) -> EventOut:
        series = event.series or event
        return cls(
            **_head(event),
            start=local(event.start, event.all_day),
            end=local(event.end, event.all_day),
            recurrence=series.rrule,
            recurrence_id=_original(event, event.recurrence_id),
            continues=series.related_to or None,
            description=event.description,
            sender=_id(series.sender),
            notify_answers=event.notify_answers,
            hide_guests=event.hide_guests,
            answer_by=local(series.answer_by, all_day=False) if series.answer_by else None,
            remind_guests=series.remind_guests,
            reminders=event.reminders,
            files=[FileOut.of(file) for file in series.files.all()],
            attendees=InviteeOut.all(event),
            uid=event.uid,
            sequence=event.sequence,
            revision=series.revision,
            created_at=event.created_at,
            updated_at=event.updated_at,
            cancelled_at=event.cancelled_at,
        )


class NotificationOut(Schema):
    """What the bell says, in the reader's language."""

    id: UUID
    kind: str
    text: str
    detail: str
    event: UUID | None
    facts: dict[str, Any]
    created_at: dt.datetime
    read_at: dt.datetime | None

    @classmethod
    def of(cls, one: Notification) -> NotificationOut:
        said = words(one)
        return cls(
            id=one.public_id,
            kind=one.kind,
            text=said.sentence,
            detail=said.detail,
            event=_id(one.event),
            facts=one.facts,
            created_at=one.created_at,
            read_at=one.read_at,
        )


class UsageOut(Schema):
    """What the team has used of its plan; `limit` null: there is none."""

    plan: str
    events_with_guests: int
    limit: int | None

    @classmethod
    def of(cls, report: UsageReport) -> UsageOut:
        return cls(
            plan=report.plan.lower(),
            events_with_guests=report.events_with_guests,
            limit=report.limit,
        )


def _head(event: Event) -> dict[str, Any]:
    return {
        "id": (event.series or event).public_id,
        "title": event.title,
        "timezone": event.timezone,
        "all_day": event.all_day,
        "location": event.location,
        "status": event.status,
        "host": PersonOut.of(event.host),
    }


def _original(event: Event, recurrence_id: dt.datetime | None) -> str | None:
    """Write the name of a date: a date where the series is all-day."""
    if recurrence_id is None:
        return None
    return local(recurrence_id, (event.series or event).all_day)


def _id(row: Sender | Event | None) -> UUID | None:
    return row.public_id if row else None


def local(moment: dt.datetime, all_day: bool) -> str:
    """Write a wall-clock time, of an all-day event its date."""
    wall = moment.replace(tzinfo=None)
    return wall.date().isoformat() if all_day else wall.isoformat()
