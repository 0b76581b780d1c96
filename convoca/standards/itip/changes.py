"""What changed between two versions of an event, and what of it makes everyone be asked again."""

from dataclasses import dataclass
from enum import StrEnum

from convoca.standards.ical.model import Attachment, Attendee, Event, Moment


class Field(StrEnum):
    """The fields of an event a guest can see."""

    SUMMARY = "summary"
    WHEN = "when"
    RECURRENCE = "recurrence"
    LOCATION = "location"
    DESCRIPTION = "description"
    URL = "url"
    STATUS = "status"
    ORGANIZER = "organizer"


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """From when until when; `end` is exclusive."""

    start: Moment
    end: Moment


@dataclass(frozen=True, slots=True, kw_only=True)
class Recurrence:
    """How an event repeats; an empty `rrule` and no `rdates` mean that it does not."""

    rrule: str
    rdates: tuple[Moment, ...] = ()
    exdates: tuple[Moment, ...] = ()


Value = str | Span | Recurrence


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldChange:
    """One changed field: a Span for WHEN, a Recurrence for RECURRENCE, else text."""

    name: Field
    old: Value
    new: Value


@dataclass(frozen=True, slots=True, kw_only=True)
class InstanceChange:
    """What changed on one date of a series; `dropped` when it does not take place any more."""

    recurrence_id: Moment
    fields: tuple[FieldChange, ...] = ()
    attendees_added: tuple[Attendee, ...] = ()
    attendees_removed: tuple[Attendee, ...] = ()
    attachments_added: tuple[Attachment, ...] = ()
    attachments_removed: tuple[Attachment, ...] = ()
    dropped: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """Everything that changed between two versions of an event, as a mail can show it.

    `significant` tells that the time of something changed, so that answers to it are void.
    False in a boolean context when nothing changed at all.
    """

    fields: tuple[FieldChange, ...] = ()
    attendees_added: tuple[Attendee, ...] = ()
    attendees_removed: tuple[Attendee, ...] = ()
    attachments_added: tuple[Attachment, ...] = ()
    attachments_removed: tuple[Attachment, ...] = ()
    instances: tuple[InstanceChange, ...] = ()
    significant: bool = False

    def __bool__(self) -> bool:
        return bool(
            self.fields
            or self.attendees_added
            or self.attendees_removed
            or self.attachments_added
            or self.attachments_removed
            or self.instances
        )

    def field(self, name: Field) -> FieldChange | None:
        """Return the change of one field of the event as a whole."""
        return next((change for change in self.fields if change.name == name), None)


def difference(before: Event, after: Event) -> Difference:
    """Return what a guest can see changed from `before` to `after`.

    Spelling is no change: the order of EXDATEs, INTERVAL=1, the same instant in another zone's
    words. Answers are no change either.
    """
    raise NotImplementedError
