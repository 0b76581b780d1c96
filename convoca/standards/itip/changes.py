"""What changed between two versions of an event, and what of it makes everyone be asked again."""

from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from convoca.standards.ical import moments
from convoca.standards.ical.model import Attachment, Attendee, Event, Moment, Status, VEvent
from convoca.standards.ical.recurrence import BadRule, check, instance_at, instances, span_end
from convoca.standards.ical.series import counterpart

_FAR = datetime(2200, 1, 1, tzinfo=UTC)
_COMPARED = 1_000
"""How many instances of two rules are compared before their ends decide."""


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
Pair = tuple[Moment, Moment]
"""How one date of a series is named before and after."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldChange:
    """One changed field: a Span for WHEN, a Recurrence for RECURRENCE, else text."""

    name: Field
    old: Value
    new: Value


@dataclass(frozen=True, slots=True, kw_only=True)
class InstanceChange:
    """What changed on one date of a series.

    `dropped` when it does not take place any more (or not for this guest), `added` when it is new
    to them; then nothing else is said. `former` is how the date was named before the whole series
    moved, where that differs.
    """

    recurrence_id: Moment
    former: Moment | None = None
    fields: tuple[FieldChange, ...] = ()
    attendees_added: tuple[Attendee, ...] = ()
    attendees_removed: tuple[Attendee, ...] = ()
    attachments_added: tuple[Attachment, ...] = ()
    attachments_removed: tuple[Attachment, ...] = ()
    dropped: bool = False
    added: bool = False

    @property
    def is_moved(self) -> bool:
        """Tell whether its time changed."""
        return any(one.name == Field.WHEN for one in self.fields)

    @property
    def is_visible(self) -> bool:
        """Tell whether there is anything to show."""
        return self != InstanceChange(recurrence_id=self.recurrence_id)


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


def difference(before: Event, after: Event, pairs: Iterable[Pair] | None = None) -> Difference:
    """Return what a guest can see changed from `before` to `after`.

    Spelling is no change: the order of EXDATEs, INTERVAL=1, the same instant told in another
    zone. Answers are no change either. Attendees are left out where the guest list is hidden.
    `pairs` tell which dates are the same (see `paired_dates`) where the two do not say it: a guest
    of single dates does not see the series.
    """
    whole = part_change(before.master, after.master)
    dates = instance_changes(before, after, pairs)
    shown = [_without(one, before, after, whole.fields) for one in dates]
    return Difference(
        fields=whole.fields,
        attendees_added=whole.attendees_added,
        attendees_removed=whole.attendees_removed,
        attachments_added=whole.attachments_added,
        attachments_removed=whole.attachments_removed,
        instances=tuple(one for one in shown if one),
        significant=asks_again(before.master, after.master)
        or any(one.is_moved or one.added for one in dates),
    )


def instance_changes(
    before: Event, after: Event, pairs: Iterable[Pair] | None = None
) -> tuple[InstanceChange, ...]:
    """Return what changed on the single dates that differ from their series, before or after."""
    found = []
    for former, recurrence_id in paired_dates(before, after) if pairs is None else pairs:
        old, new = effective(before, former), effective(after, recurrence_id)
        if old is None and new is None:
            continue
        change = part_change(old, new)
        is_renamed = moments.key(former) != moments.key(recurrence_id)
        found.append(
            InstanceChange(
                recurrence_id=former if new is None else recurrence_id,
                former=former if is_renamed and old and new else None,
                fields=change.fields,
                attendees_added=change.attendees_added,
                attendees_removed=change.attendees_removed,
                attachments_added=change.attachments_added,
                attachments_removed=change.attachments_removed,
                dropped=new is None,
                added=old is None,
            )
        )
    return tuple(found)


def paired_dates(before: Event, after: Event) -> tuple[Pair, ...]:
    """Return how each single date is named before and after, for the two that are compared.

    When the whole series moves, a date is named by another original start and is the same date.
    One that is gone, or new, stands by itself.
    """
    old, new = before.master, after.master
    names = _single_dates(before, after)
    if old is None or new is None or (_when(old) == _when(new) and _pattern(old) == _pattern(new)):
        return tuple((one, one) for one in names)
    was_own = {moments.key(one) for one in _single_dates(before, before)}
    later = [(one, counterpart(one, old, new) or one) for one in names if _is_in(one, was_own)]
    later.sort(key=lambda pair: moments.day(pair[0]) != moments.day(pair[1]))  # same day first
    found: dict[moments.Key, Pair] = {}
    for name, to in later:
        is_taken = moments.key(to) in found
        found.setdefault(moments.key(name if is_taken else to), (name, name if is_taken else to))
    used = {moments.key(former) for former, _to in found.values()}
    for name in names:
        if not (_is_in(name, set(found)) or _is_in(name, used)):
            former = counterpart(name, new, old) or name
            found[moments.key(name)] = (name if _is_in(former, used) else former, name)
    return tuple(sorted(found.values(), key=lambda pair: moments.instant(pair[1])))


def _is_in(one: Moment, keys: Collection[moments.Key]) -> bool:
    return moments.key(one) in keys


def effective(event: Event, recurrence_id: Moment) -> VEvent | None:
    """Return how the series stands on one date: its override, or what the master makes of it."""
    instance = instance_at(event, recurrence_id)
    if instance is None:
        return None
    return replace(
        instance.component,
        start=instance.start,
        end=instance.end,
        recurrence_id=instance.recurrence_id,
        rrule="",
        rdates=(),
        exdates=(),
    )


def asks_again(old: VEvent | None, new: VEvent | None) -> bool:
    """Tell whether answers to `old` say nothing about `new` (RFC 6638, 3.2.8).

    So it is when the time moved or instances were added, and not when some were taken away.
    """
    if old is None or new is None:
        return False
    if old.is_cancelled and not new.is_cancelled:
        return True
    return _when(old) != _when(new) or _adds_instances(old, new)


def raises_sequence(old: VEvent | None, new: VEvent | None) -> bool:
    """Tell whether SEQUENCE has to rise between two states of one component (RFC 5546, 2.1.4)."""
    if old is None or new is None:
        return False
    return (
        old.status != new.status
        or _when(old) != _when(new)
        or _pattern(old) != _pattern(new)
        or _keys(old.exdates) != _keys(new.exdates)
    )


def removed_attendees(old: VEvent, new: VEvent) -> tuple[Attendee, ...]:
    """Return who is an attendee of `old` and not of `new`."""
    left = {one.address for one in new.attendees}
    return tuple(one for one in old.attendees if one.address not in left)


def part_change(old: VEvent | None, new: VEvent | None) -> Difference:
    """Return the changes of one component; nothing where there was or is none."""
    if old is None or new is None:
        return Difference()
    is_hidden = new.hide_guests
    return Difference(
        fields=tuple(_field_changes(old, new)),
        attendees_added=() if is_hidden else removed_attendees(new, old),
        attendees_removed=() if is_hidden else removed_attendees(old, new),
        attachments_added=_missing_files(new, old),
        attachments_removed=_missing_files(old, new),
    )


def _field_changes(old: VEvent, new: VEvent) -> Iterator[FieldChange]:
    for name, read in _TEXTS.items():
        if read(old) != read(new):
            yield FieldChange(name=name, old=read(old), new=read(new))
    if _when(old) != _when(new):
        yield FieldChange(
            name=Field.WHEN,
            old=Span(start=old.start, end=old.end),
            new=Span(start=new.start, end=new.end),
        )
    if _pattern(old) != _pattern(new):
        yield FieldChange(name=Field.RECURRENCE, old=_recurrence(old), new=_recurrence(new))
    is_reworded = old.description.strip() != new.description.strip()
    if is_reworded or old.description_html != new.description_html:
        yield FieldChange(name=Field.DESCRIPTION, old=old.description, new=new.description)


def _organizer(part: VEvent) -> str:
    if part.organizer is None:
        return ""
    return f"{part.organizer.name} <{part.organizer.address}>".strip()


_TEXTS: dict[Field, Callable[[VEvent], str]] = {
    Field.SUMMARY: lambda part: part.summary.strip(),
    Field.LOCATION: lambda part: part.location.strip(),
    Field.URL: lambda part: part.url,
    Field.STATUS: lambda part: part.status or Status.CONFIRMED,
    Field.ORGANIZER: _organizer,
}


def _when(part: VEvent) -> tuple[object, ...]:
    """Return what makes two times the same; a series also lives in its zone's daylight saving."""
    zone = moments.zone_key(part.start) if part.is_recurring else ""
    return moments.key(part.start), moments.key(part.end), zone


def _pattern(part: VEvent) -> tuple[object, ...]:
    return _rule_text(part), _keys(part.rdates)


def _rule_text(part: VEvent) -> str:
    if not part.rrule:
        return ""
    try:
        return str(check(part.rrule, part.start))
    except BadRule:
        return part.rrule


def _recurrence(part: VEvent) -> Recurrence:
    return Recurrence(rrule=part.rrule, rdates=part.rdates, exdates=part.exdates)


def _keys(listed: tuple[Moment, ...]) -> frozenset[moments.Key]:
    return frozenset(moments.key(moment) for moment in listed)


def _missing_files(old: VEvent, new: VEvent) -> tuple[Attachment, ...]:
    left = {one.identity for one in new.attachments}
    return tuple(one for one in old.attachments if one.identity not in left)


def _single_dates(before: Event, after: Event) -> tuple[Moment, ...]:
    """Return the original starts of all overrides and of all dates taken out or put back."""
    overrides = [
        part.recurrence_id
        for part in (*before.overrides, *after.overrides)
        if part.recurrence_id is not None
    ]
    old = before.master.exdates if before.master else ()
    new = after.master.exdates if after.master else ()
    turned = _keys(old) ^ _keys(new)
    found = [*overrides, *(one for one in (*old, *new) if moments.key(one) in turned)]
    unique = {moments.key(one): one for one in reversed(found)}
    return tuple(sorted(unique.values(), key=moments.instant))


def _without(
    change: InstanceChange, before: Event, after: Event, known: tuple[FieldChange, ...]
) -> InstanceChange | None:
    """Return the change of one date less what is told of the whole series, if anything is left."""
    names = {one.name for one in known}
    if change.dropped and Field.RECURRENCE in names and _ends_earlier(change, after):
        return None
    left = [one for one in change.fields if one not in known]
    if Field.WHEN in names and _goes_along(change, before, after):
        left = [one for one in left if one.name != Field.WHEN]
    change = replace(change, fields=tuple(left))
    return change if change.is_visible else None


def _ends_earlier(change: InstanceChange, after: Event) -> bool:
    """Tell whether a date is gone because its series ends before it."""
    end = span_end(after.master) if after.master else None
    return end is not None and moments.instant(change.recurrence_id) >= end


def _goes_along(change: InstanceChange, before: Event, after: Event) -> bool:
    """Tell whether a date has the time of its series before and after."""
    former = change.former or change.recurrence_id
    return _has_usual_time(before, former) and _has_usual_time(after, change.recurrence_id)


def _has_usual_time(event: Event, recurrence_id: Moment) -> bool:
    own = effective(event, recurrence_id)
    usual = effective(replace(event, overrides=()), recurrence_id)
    return own is not None and usual is not None and _when(own) == _when(usual)


def _adds_instances(old: VEvent, new: VEvent) -> bool:
    """Tell whether `new` takes place on dates on which `old` does not.

    Both begin at the same time. A rule without end is compared over its first instances; where
    those agree, only a different end can make a difference later.
    """
    if _pattern(old) == _pattern(new) and _keys(old.exdates) <= _keys(new.exdates):
        return False
    if new.is_cancelled:
        return False
    begin = moments.instant(new.start)
    found = list(instances(new, begin, _FAR, limit=_COMPARED))
    end = moments.instant(found[-1].start) + timedelta(days=1) if found else begin
    known = {moments.key(one.start) for one in instances(old, begin, end, limit=2 * _COMPARED)}
    if any(moments.key(one.start) not in known for one in found):
        return True
    return len(found) == _COMPARED and _ends_later(old, new)


def _ends_later(old: VEvent, new: VEvent) -> bool:
    old_end, new_end = span_end(old), span_end(new)
    return old_end is not None and (new_end is None or new_end > old_end)
