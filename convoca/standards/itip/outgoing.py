"""The organizer's side: what a saved change asks for, and who has to be told of it."""

import hashlib
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from convoca.standards.ical import moments
from convoca.standards.ical.model import Attendee, Event, Moment, Partstat, Status, VEvent
from convoca.standards.ical.recurrence import is_over
from convoca.standards.itip.changes import (
    Difference,
    asks_again,
    difference,
    effective,
    paired_dates,
    part_change,
    raises_sequence,
)
from convoca.standards.itip.telling import Telling, message_for

__all__ = ["Plan", "Telling", "cancelled", "message_for", "plan"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What has to be stored and who has to be told after a save.

    `event` is to be stored in place of what was planned: UID, SEQUENCE, DTSTAMP, PARTSTAT and
    `asked_sequence` are set. A deleted event is kept as its cancelled self (the tombstone of
    RFC 5546, 4.2.9). `told` are the addresses that must come to hold it; `affected` are those of
    them who were added, removed or asked again. Both are empty for an event wholly in the past.
    `attendees_only` tells that nothing but the list of attendees changed, so that the host may
    choose to tell `affected` instead of `told`.
    """

    event: Event
    told: tuple[str, ...] = ()
    affected: tuple[str, ...] = ()
    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    asked: tuple[str, ...] = ()
    difference: Difference | None = None
    attendees_only: bool = False


def plan(
    before: Event | None,
    after: Event | None,
    now: datetime,
    *,
    returning: Collection[str] = (),
) -> Plan:
    """Plan what carries every attendee from `before` to `after`.

    `before` is None for a new event and `after` is None for a deleted one. SEQUENCE rises when
    the time, the rule or the status changes and when somebody is cancelled (RFC 5546, 2.1.4);
    answers are reset only where the time moved (RFC 6638, 3.2.8). DTSTAMP rises strictly, also
    when the clock goes back. Another organizer makes it another UID (RFC 5546, 3.2.2.4).
    An event that continues another one (this and the following dates of a series, rule 19) is a
    new UID for who knew the other: answers stand where the time did not move.
    `returning` names attendees added now who were told a CANCEL of this UID earlier: they need a
    higher SEQUENCE (RFC 5546, 4.2.9). The cost is linear in the attendees.
    """
    if before is None:
        if after is None:
            raise ValueError("nothing to plan")
        return _plan_new(after, now)
    if after is None:
        after = cancelled(before)
    if before.is_cancelled and after.is_cancelled:
        return Plan(event=before)
    if after.continues(before):
        return _plan_continuation(before, after, now)
    return _plan_change(before, after, now, returning)


def cancelled(event: Event) -> Event:
    """Return the event with every component cancelled."""
    return event.map(lambda part: replace(part, status=Status.CANCELLED))


def _plan_new(after: Event, now: datetime) -> Plan:
    stamp, sequence = now.replace(microsecond=0), after.sequence
    event = after.map(lambda part: _stored(part, None, sequence, stamp, is_asking=False))
    if is_over(event, now) or event.is_cancelled:
        return Plan(event=event)
    told = _without_organizer(event.addresses(), event)
    return Plan(event=event, told=told, affected=told, added=told)


def _plan_change(before: Event, after: Event, now: datetime, returning: Collection[str]) -> Plan:
    changed = difference(before, after)
    steps = list(_steps(before, after))
    event = _next_event(before, after, steps, now, set(returning))
    if event.dtstamp == before.dtstamp or (is_over(before, now) and is_over(after, now)):
        return Plan(event=event, difference=changed)
    told = _without_organizer(_told(steps), after, before)
    added, removed = set(_missing(before, after)), set(_missing(after, before))
    asked = {one for step in steps if step.asks for one in _addresses(step.new)}
    touched = {one for step in steps for one in (*step.added, *step.removed)}
    return Plan(
        event=event,
        told=told,
        affected=tuple(one for one in told if one in touched or one in asked),
        added=tuple(one for one in told if one in added),
        removed=tuple(one for one in told if one in removed),
        asked=tuple(one for one in told if one in asked),
        difference=changed,
        attendees_only=not any(step.shows_more_than_attendees for step in steps),
    )


def _plan_continuation(before: Event, after: Event, now: datetime) -> Plan:
    """Plan the rest of a series under a UID of its own; `before` is how it was until now."""
    steps = list(_steps(before, after))
    asking = {id(_owner(step, after)) for step in steps if step.asks and step.is_own}
    olds = _olds(before, steps)
    stamp = now.replace(microsecond=0)
    event = after.map(
        lambda part: _forgetting(
            _stored(part, olds.get(id(part), before.main), 0, stamp, is_asking=id(part) in asking)
        )
    )
    changed = difference(before, after)
    if is_over(event, now):
        return Plan(event=event, difference=changed)
    told = _without_organizer(event.addresses(), event)
    added = set(_missing(before, after))
    asked = {one for step in steps if step.asks for one in _addresses(step.new)}
    return Plan(
        event=event,
        told=told,
        affected=told,
        added=tuple(one for one in told if one in added),
        asked=tuple(one for one in told if one in asked),
        difference=changed,
    )


class _Step:
    """One component, or one date without its own any more, as it was and as it will be.

    `old` and `new` are None where that date did not or will not take place.
    """

    def __init__(self, old: VEvent | None, new: VEvent | None, part: VEvent | None) -> None:
        self.old, self.new, self.part = old, new, part
        self.added, self.removed = _missing_from(old, new), _missing_from(new, old)
        self.is_turned = is_turned = (old is None) != (new is None)
        self.asks = new is not None and (old is None or asks_again(old, new))
        self.raises = is_turned or bool(self.removed) or raises_sequence(old, new)
        change = part_change(old, new)
        files = change.attachments_added or change.attachments_removed
        self.shows_more_than_attendees = bool(
            is_turned or change.fields or files or raises_sequence(old, new)
        )
        self.is_seen_by_all = self.shows_more_than_attendees or bool(change)

    @property
    def is_own(self) -> bool:
        """Tell whether it is asked about by itself: as a component, or as a date put back."""
        return self.part is not None or self.is_turned

    def is_outnumbering(self, main: VEvent) -> bool:
        """Tell whether a date rejoins its series with a higher SEQUENCE than that has."""
        return self.part is None and self.old is not None and self.old.sequence > main.sequence


def _steps(before: Event, after: Event) -> Iterator[_Step]:
    if before.master is not None or after.master is not None:
        yield _Step(before.master, after.master, after.master)
    pairs = paired_dates(before, after)
    former = {moments.key(new): old for old, new in pairs}
    later = {moments.key(old): new for old, new in pairs}
    kept = set()
    for part in after.overrides:
        original = _original(part)
        old = former[moments.key(original)]
        kept.add(moments.key(old))
        new = None if part.is_cancelled else part
        yield _Step(effective(before, old), new, part)
    for part in before.overrides:
        original = _original(part)
        was = None if part.is_cancelled else part
        now = effective(after, later[moments.key(original)])
        if moments.key(original) not in kept and (was or now):
            yield _Step(was, now, None)


def _original(part: VEvent) -> Moment:
    """Return the original start of an override."""
    return part.start if part.recurrence_id is None else part.recurrence_id


def _told(steps: Iterable[_Step]) -> tuple[str, ...]:
    """Return everyone on a date on which something can be seen to change, each once, in order."""
    found: dict[str, None] = {}
    for step in steps:
        people = (*_addresses(step.old), *_addresses(step.new))
        found |= dict.fromkeys(people if step.is_seen_by_all else (*step.added, *step.removed))
    return tuple(found)


def _next_event(
    before: Event, after: Event, steps: list[_Step], now: datetime, returning: set[str]
) -> Event:
    """Return `after` with all that scheduling has to set."""
    raised = _raised(before, after, steps, returning)
    asking = {id(_owner(step, after)) for step in steps if step.asks and step.is_own}
    seen = raised or any(step.is_seen_by_all or step.added for step in steps)
    stamp = _next_stamp(before, now) if seen else before.dtstamp
    olds = _olds(before, steps)

    def store(part: VEvent) -> VEvent:
        old = olds.get(id(part), before.main)
        sequence = raised.get(id(part), old.sequence)
        return _stored(part, old, sequence, stamp, is_asking=id(part) in asking)

    event = after.map(store)
    return _reborn(event, before) if _is_other_organizer(before, after) else event


def _olds(before: Event, steps: list[_Step]) -> dict[int, VEvent]:
    """Return what each component was before, by identity."""
    known = {_part_key(part): part for part in before.components()}
    found = {}
    for step in steps:
        old = step.part and (step.old or known.get(_part_key(step.part)))
        if old:
            found[id(step.part)] = old
    return found


def _raised(before: Event, after: Event, steps: list[_Step], returning: set[str]) -> dict[int, int]:
    """Return the new SEQUENCE of each component in which it rises, by identity.

    Above all before (RFC 5546, 4.4), so that it never falls for anyone. It also rises where
    somebody comes back who may have been told a CANCEL of it (4.2.9): for one date that means
    the series too, of whose EXDATEs it was. Who keeps single dates of a series is told a CANCEL
    of the whole first, and these rise above that.
    """
    next_one = before.sequence + 1
    known = returning.union(before.addresses())
    found: dict[int, int] = {}
    for step in steps:
        is_back = step.is_turned or not known.isdisjoint(step.added)
        if step.raises or is_back or step.is_outnumbering(before.main):
            found[id(_owner(step, after))] = next_one
        if is_back:
            found[id(after.main)] = next_one
    demoted = set(_missing_from(after.master, before.master))
    for part in after.overrides:
        if not (part.is_cancelled or demoted.isdisjoint(_addresses(part))):
            found[id(part)] = next_one + 1
    return found


def _owner(step: _Step, after: Event) -> VEvent:
    """Return the component that tells of the step: its own, or that of the series."""
    return after.main if step.part is None else step.part


def _stored(
    part: VEvent, old: VEvent | None, sequence: int, stamp: datetime | None, *, is_asking: bool
) -> VEvent:
    """Return one component with SEQUENCE, DTSTAMP and what each attendee was asked."""
    organizer = part.organizer.address if part.organizer else ""
    known = {one.address: one for one in old.attendees} if old else {}

    def ask(one: Attendee) -> Attendee:
        past = known.get(one.address)
        if past is None:
            return replace(one, asked_sequence=sequence)
        if is_asking and one.address != organizer:
            return replace(
                one,
                partstat=Partstat.NEEDS_ACTION,
                rsvp=True,
                asked_sequence=sequence,
                replied_sequence=one.replied_sequence or past.replied_sequence,
                replied_at=one.replied_at or past.replied_at,
            )
        if one.asked_sequence >= past.asked_sequence and one.replied_at == past.replied_at:
            return one
        return replace(
            one,
            asked_sequence=max(one.asked_sequence, past.asked_sequence),
            replied_sequence=one.replied_sequence or past.replied_sequence,
            replied_at=one.replied_at or past.replied_at,
        )

    attendees = tuple(ask(one) for one in part.attendees)
    return replace(part, sequence=sequence, dtstamp=stamp, attendees=attendees)


def _next_stamp(before: Event, now: datetime) -> datetime:
    """Return the DTSTAMP of the next state: now, but later than the last one and than any answer.

    Thunderbird dates its copy by the answer, and takes what is not later for known.
    """
    replied = [one.replied_at for part in before.components() for one in part.attendees]
    known = [stamp for stamp in (before.dtstamp, *replied) if stamp is not None]
    later = [stamp.replace(microsecond=0) + timedelta(seconds=1) for stamp in known]
    return max([now.replace(microsecond=0), *later])


def _is_other_organizer(before: Event, after: Event) -> bool:
    if before.organizer is None or after.organizer is None:
        return False
    return before.organizer.address != after.organizer.address


def _reborn(event: Event, before: Event) -> Event:
    """Return the event under a new UID, for a UID belongs to one organizer; answers are kept."""
    address = event.organizer.address if event.organizer else ""
    digest = hashlib.sha256(f"{before.uid}\n{address}".encode()).hexdigest()[:12]
    name, at, host = before.uid.partition("@")
    uid = f"{name.partition('~')[0]}~{digest}{at}{host}"

    return event.map(lambda part: replace(_forgetting(part), uid=uid, sequence=0))


def _forgetting(part: VEvent) -> VEvent:
    """Return a component of a new UID, which counts from nothing; answers are kept."""

    def forget(one: Attendee) -> Attendee:
        replied = None if one.replied_sequence is None else 0
        return replace(one, asked_sequence=0, replied_sequence=replied)

    return replace(part, attendees=tuple(forget(one) for one in part.attendees))


def _part_key(part: VEvent) -> moments.Key | None:
    return None if part.recurrence_id is None else moments.key(part.recurrence_id)


def _addresses(part: VEvent | None) -> tuple[str, ...]:
    return tuple(one.address for one in part.attendees) if part else ()


def _missing_from(old: VEvent | None, new: VEvent | None) -> tuple[str, ...]:
    """Return who is on `new` and not on `old`."""
    known = set(_addresses(old))
    return tuple(one for one in _addresses(new) if one not in known)


def _missing(old: Event, new: Event) -> Iterator[str]:
    """Yield who has a part in `new` and none in `old`."""
    known = set() if old.is_cancelled else set(old.addresses())
    return (one for one in new.addresses() if one not in known and not new.is_cancelled)


def _without_organizer(addresses: Iterable[str], *events: Event) -> tuple[str, ...]:
    """Return whom the organizer writes to: nobody, where there is none to answer to."""
    own = {event.organizer.address for event in events if event.organizer}
    return tuple(one for one in addresses if one not in own) if own else ()
