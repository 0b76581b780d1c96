"""What the API reads: the contract's fields, their types and nothing else."""

from __future__ import annotations

import datetime as dt
import re
from typing import Annotated, Any, Literal
from uuid import UUID

from django.utils.translation import gettext as _
from ninja import Field, Schema
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    PlainValidator,
    WithJsonSchema,
)
from pydantic_core import PydanticCustomError

from convoca.accounts.models import LONGEST_GRACE
from convoca.accounts.text import many_lines
from convoca.calendars.scopes import Scope

MOST_WORDS = 5_000


def _moment(value: Any) -> dt.date | dt.datetime:
    """Read `2026-11-24` or `2026-11-24T10:00`; a zone has no place in a local time."""
    moment = _read(value)
    if isinstance(moment, dt.datetime) and moment.tzinfo is not None:
        raise PydanticCustomError(
            "said_local", _("Write the local time, without an offset; the zone has its own field.")
        )
    return moment


def _original(value: Any) -> dt.date | dt.datetime:
    """Read how one date of a series is named: its original start, a local time or a date."""
    return _within_years(_moment(value))


def _moment_asked(value: Any) -> dt.date | dt.datetime:
    """Read a date or time, with or without an offset, whose `+` a query turns into a space."""
    return _within_years(_read(re.sub(r" (\d\d:?\d\d)$", r"+\1", value)))


def _within_years(moment: dt.date | dt.datetime) -> dt.date | dt.datetime:
    if not 1900 <= moment.year <= 2300:
        raise PydanticCustomError("said_years", _("Choose a date between 1900 and 2300."))
    return moment


def _read(value: Any) -> dt.date | dt.datetime:
    try:
        if len(value) == len("2026-11-24"):
            return dt.date.fromisoformat(value)
        return dt.datetime.fromisoformat(value)
    except (TypeError, ValueError):
        raise PydanticCustomError(
            "said_moment", _("Write a date such as 2026-11-24, or a time such as 2026-11-24T10:00.")
        ) from None


def _file_id(value: Any) -> Any:
    """Take a file as it is shown, too: so an event can be sent back as it came."""
    return value.get("id") if isinstance(value, dict) else value


Moment = Annotated[
    dt.date | dt.datetime,
    PlainValidator(_moment),
    WithJsonSchema({"type": "string", "examples": ["2026-11-24T10:00", "2026-11-24"]}),
]
MomentAsked = Annotated[
    dt.date | dt.datetime,
    PlainValidator(_moment_asked),
    WithJsonSchema({"type": "string", "examples": ["2026-11-24", "2026-11-24T10:00+01:00"]}),
]
Original = Annotated[
    dt.date | dt.datetime,
    PlainValidator(_original),
    WithJsonSchema({"type": "string", "examples": ["2026-11-24T10:00", "2026-11-24"]}),
]
FileId = Annotated[UUID, BeforeValidator(_file_id)]
Words = Annotated[str, Field(max_length=MOST_WORDS), AfterValidator(many_lines)]


class Typed(BaseModel):
    """Anything sent to the API; unknown fields are refused, so that no typo passes unnoticed."""

    model_config = ConfigDict(extra="forbid")


class Gracious(Typed):
    """What may leave its mails a while in which they can be stopped."""

    grace: int = Field(
        0, ge=0, le=LONGEST_GRACE, description="Seconds in which the mails can be stopped."
    )

    @property
    def wait(self) -> dt.timedelta:
        return dt.timedelta(seconds=self.grace)


class AttendeeIn(BaseModel):
    """Somebody to invite: by address, or by the id of a guest, colleague, room or attendee.

    More fields may stand beside: attendees can be sent back as they came.
    """

    guest: UUID | None = None
    member: UUID | None = None
    room: UUID | None = None
    attendee: UUID | None = Field(
        None, description="Who is on the event already, and on no card any more."
    )
    email: str | None = None
    first_name: str | None = ""
    last_name: str | None = ""


class EventFields(Gracious):
    """The fields of an event; in a PATCH those that are left out stay as they are."""

    title: str | None = None
    start: Moment | None = Field(None, description="Local time in `timezone`, or a date.")
    end: Moment | None = Field(
        None,
        description="Local time in `timezone`; of an all-day event the date after its last day.",
    )
    timezone: str | None = Field(None, description="IANA name; a new event has the user's.")
    all_day: bool | None = Field(None, description="Follows from `start` when it is left out.")
    recurrence: str | None = Field(None, description="An RRULE value; empty: it does not repeat.")
    location: str | None = None
    description: str | None = Field(None, description="Plain text or HTML, which is sanitised.")
    sender: UUID | None = Field(None, description="null: the address chosen in the settings.")
    notify_answers: bool | None = None
    hide_guests: bool | None = None
    answer_by: Moment | None = Field(
        None,
        description="Until when answers are hoped for, of the whole series: local time in "
        "`timezone`, or a date, which means its end. null: no deadline.",
    )
    remind_guests: bool | None = Field(
        None, description="Remind who has not answered, twice at most before `answer_by`."
    )
    reminders: list[int] | None = Field(
        None, max_length=100, description="Minutes before the start."
    )
    files: list[FileId] | None = Field(
        None, max_length=100, description="Ids of uploaded files: the whole list."
    )
    attendees: list[AttendeeIn] | None = Field(
        None, max_length=50_000, description="The whole list."
    )
    message: Words = Field("", description="Personal words in the mails this save sends.")


class EventIn(EventFields):
    """A new event."""

    title: str
    start: Moment


class EventPatch(EventFields):
    """A change of an event."""

    notify: Literal["all", "affected"] = Field(
        "all",
        description="affected: when only attendees change, tell just those added or removed.",
    )
    revision: int | None = Field(
        None, description="The revision that was read; the change is refused if it is older."
    )


class CancelIn(Gracious):
    """How to cancel an event."""

    message: Words = Field("", description="Personal words in the mails.")


class GuestIn(Typed):
    """A card of the address book; empty language and zone are the team's."""

    email: str
    first_name: str = ""
    last_name: str = ""
    language: str = ""
    timezone: str = ""


class GuestPatch(Typed):
    """A change of a card."""

    email: str | None = None
    first_name: str | None = None
    last_name: str | None = None
    language: str | None = None
    timezone: str | None = None


class SettingsPatch(Typed):
    """A change of one's own settings."""

    default_sender: UUID | None = Field(None, description="null: the account's own address.")
    language: str | None = None
    timezone: str | None = None
    notify_by_email: bool | None = None


class DateAsked(Schema):
    """Which date of a series is meant."""

    recurrence_id: Original | None = Field(
        None,
        description="The original start of one date of a series, as `GET /events` lists it.",
    )

    @property
    def original(self) -> dt.datetime | None:
        """Return it as rows name it: the wall-clock time, midnight of an all-day date."""
        named = self.recurrence_id
        if named is None or isinstance(named, dt.datetime):
            return named
        return dt.datetime.combine(named, dt.time())


class ScopeAsked(DateAsked):
    """Which dates of a series a change is meant for."""

    scope: Literal["this", "following", "all"] | None = Field(
        None,
        description="Only this date, this and the following, or all. `this` if a date is named.",
    )

    @property
    def meant(self) -> Scope:
        """Return the scope, also where it was left out."""
        return Scope(self.scope or ("this" if self.recurrence_id else "all"))


class EventsAsked(Schema):
    """Which events are asked for."""

    model_config = ConfigDict(populate_by_name=True)

    start: MomentAsked | None = Field(
        None,
        alias="from",
        description="A date or time, of the user where it has no offset; today by default.",
    )
    end: MomentAsked | None = Field(None, alias="to", description="31 days later by default.")
    q: str = Field("", max_length=200, description="Words of title, place or description.")
    mine: bool = Field(False, description="Only what the user hosts or is invited to.")
