"""What one attendee may see of an event: only their dates, and the guest list if it is open."""

from collections.abc import Hashable
from dataclasses import dataclass, replace
from functools import cached_property

from convoca.standards.ical import moments
from convoca.standards.ical.model import Attendee, Event, Partstat, VEvent
from convoca.standards.itip.changes import effective

MAX_LISTED = 100
"""With more attendees a guest's copy names only the guest: the page shows the list.

At 500 guests a full list would make each mail 70 to 230 KB, and all of them a hundred megabytes.
"""


@dataclass(frozen=True, slots=True)
class Scope:
    """The parts of an event an attendee takes part in; equal scopes see equal events."""

    has_master: bool
    overrides: tuple[int, ...] = ()

    def __bool__(self) -> bool:
        return self.has_master or bool(self.overrides)


class Viewer:
    """An event prepared for being looked at by many attendees, each in constant time."""

    def __init__(self, event: Event) -> None:
        self._event = event
        self._indexes = {part.recurrence_id: _index(part) for part in event.components()}
        self._scopes: dict[Scope, Event] = {}
        self._shown: dict[tuple[Scope, tuple[int, ...]], Event] = {}

    def scope(self, address: str) -> Scope:
        """Return which parts the address takes part in; cancelled ones do not count."""
        event = self._event
        if event.master is not None and event.master.is_cancelled:
            return Scope(has_master=False)
        return Scope(
            has_master=address in self._indexes.get(None, {}),
            overrides=tuple(
                at
                for at, part in enumerate(event.overrides)
                if not part.is_cancelled and address in self._indexes[part.recurrence_id]
            ),
        )

    def visible(self, scope: Scope) -> Event:
        """Return the event as this scope sees it, with all attendees still named."""
        if scope not in self._scopes:
            self._scopes[scope] = _within(self._event, scope)
        return self._scopes[scope]

    def shown(self, scope: Scope, address: str) -> Event:
        """Return what a full REQUEST to the address has to carry of what it can see.

        That is all but the dates that say what their series says, and on which this guest answered
        what they answered to the series: rows of their own they have for somebody else's answer.
        In a long series these are many, and each would name everybody again.
        """
        event = self.visible(scope)
        if event.master is None:
            return event
        kept = tuple(at for at in scope.overrides if not self._is_idle(at, address))
        if kept == scope.overrides:
            return event
        if (scope, kept) not in self._shown:
            overrides = tuple(self._event.overrides[at] for at in kept)
            self._shown[scope, kept] = replace(event, overrides=overrides)
        return self._shown[scope, kept]

    def _is_idle(self, at: int, address: str) -> bool:
        """Tell whether a date is nothing of its own to this guest."""
        if at not in self._usual:
            return False
        own = self._indexes[self._event.overrides[at].recurrence_id][address]
        return own.partstat == self._indexes[None][address].partstat

    @cached_property
    def _usual(self) -> frozenset[int]:
        """Return which dates say what their series says, answers apart."""
        event = self._event
        return frozenset(at for at, part in enumerate(event.overrides) if _is_usual(part, event))

    def attendances(self, address: str) -> tuple[Attendee, ...]:
        """Return the attendee as each part has them, the master first."""
        indexes = self._indexes.values()
        return tuple(index[address] for index in indexes if address in index)

    def kin(self, address: str) -> Hashable:
        """Return what decides, beside their address and name, what they are shown.

        Two for whom it is equal differ in nothing else. None when their copy is like nobody's.
        """
        found: list[Hashable] = []
        name = None
        for part in self._event.components():
            one = self._indexes[part.recurrence_id].get(address)
            if one is None:
                found.append(None)
                continue
            name = one.name if name is None else name
            is_organizer = part.organizer is not None and part.organizer.address == address
            if is_organizer or not one.rsvp or one.name != name:
                return None
            state = one.partstat, one.asked_sequence, one.role, one.cutype
            found.append((*state, one.delegated_to, one.delegated_from))
        return tuple(found)

    def partstat(self, address: str) -> Partstat | None:
        """Return what they have answered to the series; None when they have no part in it."""
        one = self._indexes.get(None, {}).get(address)
        return one.partstat if one else None

    def own(self, event: Event, address: str) -> Event:
        """Return the visible event made the copy of one attendee; the same object if nothing is."""
        copy = event.map(lambda part: self._own_part(part, address))
        return event if copy.is_made_of(event) else copy

    def _own_part(self, part: VEvent, address: str) -> VEvent:
        """Return the component with the attendees shown to one of them, always among them."""
        if not part.hide_guests and len(part.attendees) <= MAX_LISTED:
            lines = tuple(_own_line(one, address) for one in part.attendees)
            return part if lines == part.attendees else replace(part, attendees=lines)
        index = self._indexes[part.recurrence_id]
        organizer = part.organizer.address if part.organizer else ""
        shown = (address,) if part.hide_guests or organizer == address else (organizer, address)
        listed = (_own_line(index[one], address) for one in shown if one in index)
        return replace(part, attendees=tuple(listed))


def view(event: Event, address: str) -> Event | None:
    """Return what the attendee may see of the event, None when they have no part in it.

    Dates from which they are excluded become EXDATEs; one who is on single dates only gets those
    without a master (RFC 6638, 3.2.6).
    """
    viewer = Viewer(event)
    scope = viewer.scope(address)
    return viewer.own(viewer.visible(scope), address) if scope else None


def _is_usual(part: VEvent, event: Event) -> bool:
    """Tell whether a date is as its series makes it, with the same people, and never was newer."""
    master = event.master
    if master is None or part.recurrence_id is None or part.sequence > master.sequence:
        return False
    made = effective(Event(master=master), part.recurrence_id)
    if made is None or _index(made).keys() != _index(part).keys():
        return False
    return _content(made) == _content(part)


def _content(part: VEvent) -> VEvent:
    return replace(part, attendees=(), recurrence_id=None, sequence=0, dtstamp=None)


def _index(part: VEvent) -> dict[str, Attendee]:
    return {one.address: one for one in part.attendees}


def _within(event: Event, scope: Scope) -> Event:
    overrides = tuple(event.overrides[at] for at in scope.overrides)
    if not scope.has_master or event.master is None:
        return Event(master=None, overrides=overrides)
    hidden = [part for at, part in enumerate(event.overrides) if at not in scope.overrides]
    return Event(master=_without_dates(event.master, hidden), overrides=overrides)


def _without_dates(master: VEvent, hidden: list[VEvent]) -> VEvent:
    """Return the series without these dates, with the SEQUENCE at which they were taken out.

    The guest was told of that by a CANCEL, below which nothing may come (RFC 5546, 2.1.5).
    """
    known = {moments.key(one) for one in master.exdates}
    dates = (part.recurrence_id for part in hidden)
    more = [one for one in dates if one is not None and moments.key(one) not in known]
    sequence = max([master.sequence, *(part.sequence for part in hidden)])
    if not more and sequence == master.sequence:
        return master
    return replace(master, exdates=(*master.exdates, *more), sequence=sequence)


def _own_line(one: Attendee, address: str) -> Attendee:
    """Return an attendee's line, the reader's own with RSVP=TRUE even when they have answered.

    Mail programs take that for the permission to show their buttons, and minds change.
    """
    return replace(one, rsvp=True) if one.address == address and not one.rsvp else one
