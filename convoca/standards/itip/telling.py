"""From what a guest last got to what they should hold: the one message that carries them there."""

from collections.abc import Hashable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TypeVar

from convoca.standards.ical import moments
from convoca.standards.ical.model import Attendee, Event, Moment, Partstat, Status, VEvent
from convoca.standards.ical.recurrence import is_over
from convoca.standards.itip.changes import (
    Difference,
    InstanceChange,
    Pair,
    difference,
    effective,
    paired_dates,
)
from convoca.standards.itip.messages import Message, Method, Reason
from convoca.standards.itip.views import Scope, Viewer

_T = TypeVar("_T")

_NOWHERE = Scope(has_master=False)


def message_for(
    seen: Event | None, current: Event | None, address: str, now: datetime
) -> Message | None:
    """Return the message that carries one guest from the version they last got to the current one.

    `seen` is None when they were never reached, `current` is None when the event is gone without
    a tombstone. Returns a REQUEST for a first invitation or an update, a CANCEL when they are
    removed or it is cancelled, and None when there is nothing to tell: never reached and gone,
    nothing changed that they can see, or all of it lies in the past.
    """
    return Telling(seen, current, now).message_for(address)


class Telling:
    """The step from one version to another, compiled once for all guests who have to take it."""

    def __init__(self, seen: Event | None, current: Event | None, now: datetime) -> None:
        known = [event for event in (seen, current) if event is not None]
        self._is_over = all(is_over(event, now) for event in known)
        self._seen, self._current, self._now = seen, current, now
        self._old = Viewer(seen) if seen else None
        self._new = Viewer(current) if current else None
        self._differences: dict[tuple[Scope, Scope], Difference] = {}
        self._all_pairs: tuple[Pair, ...] | None = None
        self._returned: dict[Scope, Event] = {}
        self._cancelled: dict[Hashable, Event] = {}

    def message_for(self, address: str) -> Message | None:
        """Return the message for one guest, as the function of this name promises."""
        if self._is_over:
            return None
        old = self._old.scope(address) if self._old else _NOWHERE
        new = self._new.scope(address) if self._new else _NOWHERE
        if self._is_continued:
            return self._continue(address, old, new)
        if not new:
            return self._cancel(address, old) if old else None
        if not old or (new.has_master and not old.has_master):
            return self._request(address, new, Reason.INVITED, None)
        if old.has_master and not new.has_master:
            rest = self._request(address, new, Reason.UPDATED, None)
            return replace(self._cancel(address, old, _known(self._seen).sequence + 1), then=rest)
        return self._update(address, old, new)

    def kin(self, address: str) -> Hashable:
        """Return what decides, beside their address and name, what this attendee is told.

        The messages of two for whom it is equal differ in nothing else. None when theirs is like
        nobody's.
        """
        kin = [viewer.kin(address) for viewer in (self._old, self._new) if viewer]
        return None if None in kin else tuple(kin)

    def name(self, method: Method, address: str) -> str:
        """Return how a message to this attendee names them."""
        viewer = _known(self._old if method == Method.CANCEL else self._new)
        return viewer.attendances(address)[0].name

    def partstat(self, address: str) -> Partstat | None:
        """Return what they have answered to the series as it is now; None without a part in it."""
        return self._new.partstat(address) if self._new else None

    def _continue(self, address: str, old: Scope, new: Scope) -> Message | None:
        """Return the rest of a series under its own UID; of dates that went the old one tells."""
        if not new:
            return None
        if not old:
            return self._request(address, new, Reason.INVITED, None)
        change = self._difference(old, new)
        pending = any(_is_pending(one) for one in _known(self._new).attendances(address))
        reason = Reason.ASKED_AGAIN if change.significant and pending else Reason.CONTINUED
        return self._request(address, new, reason, change)

    def _update(self, address: str, old: Scope, new: Scope) -> Message | None:
        change = self._difference(old, new)
        if self._is_replaced:
            former = replace(self._cancel(address, old), reason=Reason.REPLACED)
            return replace(self._request(address, new, Reason.UPDATED, change), then=former)
        if not change:
            return None
        dropped = [one for one in change.instances if one.dropped]
        if dropped == [*change.instances] and not replace(change, instances=()):
            return self._cancel_dates(address, old, dropped, change)
        reason = Reason.ASKED_AGAIN if self._is_asked(address) else Reason.UPDATED
        message = self._request(address, new, reason, change)
        gone = [one for one in change.instances if one.dropped or one.former]
        if gone and not new.has_master:
            return replace(message, then=self._cancel_dates(address, old, gone, change))
        return message

    @property
    def _is_continued(self) -> bool:
        """Tell whether what they saw is a series of which this is the rest."""
        return bool(self._seen and self._current and self._current.continues(self._seen))

    @property
    def _is_replaced(self) -> bool:
        """Tell whether the event got another UID, as a change of organizer asks."""
        return bool(self._seen and self._current and self._seen.uid != self._current.uid)

    def _difference(self, old: Scope, new: Scope) -> Difference:
        known = self._differences.get((old, new))
        if known is None:
            before, after = _visible(self._old, old), _visible(self._new, new)
            known = difference(before, after, self._pairs(before, after))
            self._differences[old, new] = known
        return known

    def _pairs(self, before: Event, after: Event) -> list[Pair] | None:
        """Return which of their dates are the same, where they do not see the series itself."""
        if before.master and after.master:
            return None
        if self._all_pairs is None:
            self._all_pairs = paired_dates(_known(self._seen), _known(self._current))
        held = {_key(part.recurrence_id) for part in before.overrides}
        wanted = {_key(part.recurrence_id) for part in after.overrides}
        return [
            (old, new) for old, new in self._all_pairs if _key(old) in held or _key(new) in wanted
        ]

    def _is_asked(self, address: str) -> bool:
        """Tell whether an answer is wanted that was not wanted of what they hold."""
        now = [one for one in _known(self._new).attendances(address) if _is_pending(one)]
        then = _known(self._old).attendances(address)
        last = max(one.asked_sequence for one in then)
        return any(one.asked_sequence > last for one in now)

    def _request(
        self, address: str, scope: Scope, reason: Reason, change: Difference | None
    ) -> Message:
        viewer = _known(self._new)
        is_returning = self._is_returning(address)
        shown = viewer.shown(scope, address)
        common = self._for_returning(scope) if is_returning else shown
        return Message(
            method=Method.REQUEST,
            reason=reason,
            recipient=viewer.attendances(address)[0],
            event=viewer.own(common, address),
            difference=change,
            common=common,
        )

    def _for_returning(self, scope: Scope) -> Event:
        """Return what they may see, above all they hold."""
        if scope not in self._returned:
            least = self._next_sequence
            self._returned[scope] = _visible(self._new, scope).map(
                lambda part: replace(part, sequence=max(part.sequence, least))
            )
        return self._returned[scope]

    def _is_returning(self, address: str) -> bool:
        """Tell whether the last thing they got was a CANCEL of this UID (RFC 5546, 4.2.9)."""
        if self._old is None or self._is_replaced:  # or a series continued
            return False
        return not self._old.scope(address)

    @property
    def _next_sequence(self) -> int:
        """Return a SEQUENCE above what they hold, and not below the event's own."""
        held = _known(self._seen).sequence + 1
        if self._current is None or self._is_replaced:
            return held
        return max(held, self._current.sequence)

    @property
    def _stamp(self) -> datetime:
        if self._current is not None and self._current.dtstamp is not None:
            return self._current.dtstamp
        held = _known(self._seen).dtstamp or self._now
        return max(self._now, held + timedelta(seconds=1)).replace(microsecond=0)

    def _cancel(self, address: str, scope: Scope, sequence: int | None = None) -> Message:
        """Return the CANCEL of all they hold: the whole series, or each of their single dates."""
        held = _visible(self._old, scope)
        parts = [held.master] if held.master else list(held.overrides)
        return self._cancel_message(address, scope, parts, None, sequence)

    def _cancel_dates(
        self, address: str, scope: Scope, dropped: list[InstanceChange], change: Difference
    ) -> Message:
        """Return the CANCEL of single dates; the rest of what they hold stands."""
        held = _visible(self._old, scope)
        parts = [_known(effective(held, one.former or one.recurrence_id)) for one in dropped]
        message = self._cancel_message(address, scope, parts, change)
        is_renamed = all(one.former for one in dropped)
        return replace(message, reason=Reason.REPLACED) if is_renamed else message

    def _cancel_message(
        self,
        address: str,
        scope: Scope,
        parts: list[VEvent],
        change: Difference | None,
        sequence: int | None = None,
    ) -> Message:
        sequence = self._next_sequence if sequence is None else sequence
        key = scope, tuple(part.recurrence_id for part in parts), sequence
        if key not in self._cancelled:
            self._cancelled[key] = self._cancelled_event(parts, sequence)
        common = self._cancelled[key]
        recipient = _known(self._old).attendances(address)[0]
        mine = replace(recipient, rsvp=False)
        is_gone = self._takes_place_no_more(parts[0].recurrence_id)
        return Message(
            method=Method.CANCEL,
            reason=Reason.CANCELLED if is_gone else Reason.REMOVED,
            recipient=recipient,
            event=common.map(lambda part: replace(part, attendees=(mine,))),
            difference=change,
            common=common,
        )

    def _cancelled_event(self, parts: list[VEvent], sequence: int) -> Event:
        """Return what is cancelled, without the attendee it is cancelled for."""
        cancelled = [
            replace(
                part,
                attendees=(),
                attachments=(),
                sequence=sequence,
                dtstamp=self._stamp,
                status=Status.CANCELLED if self._takes_place_no_more(part.recurrence_id) else "",
                comment=self._current.main.comment if self._current else "",
            )
            for part in parts
        ]
        whole = cancelled[0].recurrence_id is None
        return Event(
            master=cancelled[0] if whole else None, overrides=() if whole else tuple(cancelled)
        )

    def _takes_place_no_more(self, recurrence_id: Moment | None) -> bool:
        """Tell whether it is cancelled for everybody, which STATUS then says."""
        if self._current is None or self._current.is_cancelled or self._is_replaced:
            return True
        return recurrence_id is not None and effective(self._current, recurrence_id) is None


def _visible(viewer: Viewer | None, scope: Scope) -> Event:
    return _known(viewer).visible(scope)


def _key(recurrence_id: Moment | None) -> moments.Key | None:
    return recurrence_id and moments.key(recurrence_id)


def _is_pending(one: Attendee) -> bool:
    return one.partstat == Partstat.NEEDS_ACTION


def _known(value: _T | None) -> _T:
    """Return a value that cannot be missing here: the scopes say that it is there."""
    assert value is not None
    return value
