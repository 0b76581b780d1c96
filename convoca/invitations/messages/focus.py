"""What a mail is about: the whole event, or single dates of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from convoca.standards.ical import model as ical
from convoca.standards.ical.model import Partstat
from convoca.standards.itip.changes import InstanceChange, effective
from convoca.standards.itip.messages import Message, Method, Reason


@dataclass(frozen=True, slots=True, kw_only=True)
class Focus:
    """What the words around a message are about.

    `part` is shown as the event. `dates` are the single dates meant, as they are now or were
    until now; none means the whole. `has_rest`: other dates stand as they did. `partstat` is what
    the reader answered to `part`. `reason` is the message's, as its reader sees it.
    """

    part: ical.VEvent
    reason: Reason
    partstat: Partstat
    dates: tuple[ical.VEvent, ...] = ()
    has_rest: bool = False
    is_moved: bool = False
    is_added: bool = False

    @property
    def date(self) -> ical.VEvent | None:
        """Return the one date that all is about."""
        return self.dates[0] if len(self.dates) == 1 else None


def focus(message: Message) -> Focus:
    """Return what the words around a message have to be about."""
    event, change = message.event, message.difference
    whole = Focus(part=event.main, reason=message.reason, partstat=message.recipient.partstat)
    if message.method != Method.REQUEST:
        singles = event.overrides if event.master is None else ()
        return replace(whole, dates=singles, has_rest=bool(singles) and change is not None)
    changed = change.instances if change and not replace(change, instances=()) else ()
    dates = tuple(_standing(event, changed)) or (event.overrides if event.master is None else ())
    if not dates:
        return whole
    mine = dates[0].attendee(message.recipient.address)
    is_reminder = message.reason == Reason.REMINDED
    is_invited = change is None and event.master is None
    return Focus(
        part=dates[0],
        reason=Reason.INVITED if is_invited and not is_reminder else message.reason,
        partstat=mine.partstat if mine else whole.partstat,
        dates=dates,
        has_rest=event.master is not None or len(event.overrides) > len(dates),
        is_moved=any(one.is_moved for one in changed),
        is_added=bool(changed) and all(one.added for one in changed),
    )


def people(current: ical.Event | None, about: Focus) -> ical.VEvent:
    """Return the component that names everyone who comes; a guest's own may name them alone."""
    if current is None:
        return about.part
    original = about.part.recurrence_id
    if original is None:
        return current.main
    return effective(current, original) or about.part


def _standing(event: ical.Event, changed: tuple[InstanceChange, ...]) -> Iterator[ical.VEvent]:
    for one in changed:
        part = effective(event, one.recurrence_id)
        if part is not None:
            yield part
