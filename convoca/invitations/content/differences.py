"""What changed since the version a guest last got, line by line: the old value beside the new."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from convoca.calendars import words
from convoca.invitations.content.facts import name_of
from convoca.standards.ical import model as ical
from convoca.standards.itip.changes import (
    Difference,
    Field,
    FieldChange,
    InstanceChange,
    Recurrence,
    Span,
    effective,
)

_LISTED = 10
_LONGEST = 600
_ONE_LINE = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One changed thing; `old` or `new` is "" where there is nothing to strike or to show."""

    label: str
    old: str = ""
    new: str = ""

    @property
    def is_long(self) -> bool:
        """Tell whether old and new read better below each other."""
        return len(self.old) + len(self.new) > _ONE_LINE or "\n" in self.old + self.new


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """The lines about the event as a whole (`heading` is "") or about one date of it."""

    lines: tuple[Line, ...]
    heading: str = ""


def sections(
    difference: Difference | None, event: ical.Event, zone: dt.tzinfo
) -> tuple[Section, ...]:
    """Put a difference into the active language, with times in `zone`.

    `event` is what it is now: a rule that names no weekday means that of its start, and a date is
    called by the time from which it changed.
    """
    if difference is None:
        return ()
    whole = Section(lines=tuple(_lines(difference, event.main.start, zone)))
    dates = [_date(one, event, zone) for one in difference.instances]
    return tuple(section for section in (whole, *dates) if section.lines)


def _lines(
    change: Difference | InstanceChange, start: ical.Moment, zone: dt.tzinfo
) -> Iterable[Line]:
    spans = [one.old for one in change.fields if isinstance(one.old, Span)]
    for one in change.fields:
        if isinstance(one.old, Recurrence) and isinstance(one.new, Recurrence):
            former = spans[0].start if spans else start
            yield _repeats(_repeat(one.old, former), _repeat(one.new, start))
        else:
            yield from _field(one, zone)
    if change.attendees_added:
        yield Line(label=_("Also invited"), new=_names(change.attendees_added))
    if change.attendees_removed:
        yield Line(label=_("No longer invited"), old=_names(change.attendees_removed))
    if change.attachments_added:
        yield Line(label=_("New files"), new=_files(change.attachments_added))
    if change.attachments_removed:
        yield Line(label=_("Removed files"), old=_files(change.attachments_removed))


def _field(change: FieldChange, zone: dt.tzinfo) -> Iterable[Line]:
    old, new = change.old, change.new
    if isinstance(old, Span) and isinstance(new, Span):
        yield from _when(old, new, zone)
    elif change.name in _labels() and old != new:
        label = _labels()[change.name]
        yield Line(label=label, old=_short(str(old)), new=_short(str(new)))


def _when(old: Span, new: Span, zone: dt.tzinfo) -> Iterable[Line]:
    before = words.when(old.start, old.end, zone)
    after = words.when(new.start, new.end, zone)
    if before == after:  # the same time, thought of in another zone
        before, after = words.when(old.start, old.end), words.when(new.start, new.end)
    yield Line(label=_("When"), old=before, new=after)


def _repeats(old: str, new: str) -> Line:
    once = _("does not repeat")
    return Line(label=_("Repeats"), old=old or once, new=new or once)


def _repeat(value: Recurrence, start: ical.Moment) -> str:
    return words.repeat(value.rrule, start, value.rdates, value.exdates)


def _date(change: InstanceChange, event: ical.Event, zone: dt.tzinfo) -> Section:
    start = _known_start(change, event)
    heading = words.when_briefly(start, zone)
    if change.dropped:
        return Section(
            heading=heading, lines=(Line(label=_("Does not take place, or without you")),)
        )
    if change.added:
        return Section(heading=heading, lines=(Line(label=_("Is a new date")),))
    return Section(heading=heading, lines=tuple(_lines(change, start, zone)))


def _known_start(change: InstanceChange, event: ical.Event) -> ical.Moment:
    """Return when a date was until now; its original start where nothing else is known."""
    spans = [one.old for one in change.fields if isinstance(one.old, Span)]
    if spans:
        return spans[0].start
    part = effective(event, change.recurrence_id)
    return part.start if part else change.recurrence_id


def _labels() -> dict[Field, str]:
    return {
        Field.SUMMARY: _("Title"),
        Field.LOCATION: _("Place"),
        Field.DESCRIPTION: _("Description"),
        Field.URL: _("Link"),
        Field.ORGANIZER: _("Organizer"),
    }


def _names(people: Sequence[ical.Attendee]) -> str:
    shown = [name_of(one) for one in people[:_LISTED]]
    return words.listed([*shown, *_rest(len(people) - len(shown))])


def _files(files: Sequence[ical.Attachment]) -> str:
    shown = [one.name or one.identity for one in files[:_LISTED]]
    return words.listed([*shown, *_rest(len(files) - len(shown))])


def _rest(count: int) -> list[str]:
    return [ngettext("%(count)d more", "%(count)d more", count) % {"count": count}] if count else []


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST].rstrip()}…"
