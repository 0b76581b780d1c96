"""What a batch of claimed deliveries needs from the database, read once for all of them."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Mapping
from functools import cached_property

from convoca.calendars.models import Attendee, Event, EventVersion
from convoca.invitations.messages.versions import Versions
from convoca.invitations.models import Invitation
from convoca.mail import suppressions
from convoca.mail.models import Delivery, DeliveryAttempt
from convoca.mail.transit import Due
from convoca.standards.ical import model as ical
from convoca.standards.ical.model import Partstat
from convoca.standards.itip.outgoing import Telling

Answers = dict[dt.datetime | None, Partstat]
"""One guest's answers: to the series (None) and to dates, by original start (wall clock)."""


# Nothing else is read of the many rows: making objects of them is most of what a mail costs.
_NEEDED = (
    *("delivery_id", "event_id", "email", "email_key", "name", "language"),
    *("nonce", "token_hash", "reply_token", "since_version", "resends"),
    *("nudge_until", "nudges_stopped_at"),
    *("guest__language", "guest__timezone", "guest__opted_out_at"),
    *("member__notify_by_email", "member__user__language", "member__user__timezone"),
)


class Batch:
    """The invitations behind some deliveries, and the versions and words of their events."""

    def __init__(self, deliveries: Iterable[Due], versions: Versions) -> None:
        self.deliveries = list(deliveries)
        self._versions = versions

    @cached_property
    def invitations(self) -> dict[int, Invitation]:
        """Return the invitation of each delivery, with all that its mail names."""
        by_id = {one.pk: one for one in self.deliveries}
        rows = Invitation.objects.filter(delivery__in=by_id)
        found = {}
        for row in rows.select_related("guest", "member__user").only(*_NEEDED):
            if row.delivery_id is not None:
                found[row.delivery_id] = row
        events = Event.objects.select_related("host__user", "sender", "team").in_bulk(
            {row.event_id for row in found.values()}
        )
        wanted = set()
        for key, row in found.items():
            row.event = events[row.event_id]
            delivery = by_id[key]
            numbers = row.event.version, delivery.sent, delivery.half_sent, delivery.doubted
            wanted |= {(row.event_id, number) for number in numbers}
        self._versions.read(wanted)
        return found

    def telling(self, event: Event, seen: int, wanted: int) -> Telling:
        """Return the step from the version a guest has seen to the one they must hold."""
        return self._versions.telling(event, seen, wanted)

    def version(self, event: Event, number: int) -> ical.Event | None:
        """Return what attendees saw at a version."""
        return self._versions.version(event, number)

    def personal(self, event: Event, after: int, last: int) -> str:
        """Return the host's words to the attendees in the versions after `after`, up to `last`."""
        told = [text for number, text in self._personal[event.pk] if after < number <= last]
        return "\n\n".join(told)

    def answers(self, invitation: Invitation) -> Answers:
        """Return the guest's answers as they stand now; the version was stored before they came."""
        return self._answers.get((invitation.event_id, invitation.email_key), {})

    def first_message_id(self, delivery: Due) -> str:
        """Return the id of the first mail that reached the guest, for the thread; or ""."""
        return self._first_ids.get(delivery.pk, "")

    def is_suppressed(self, invitation: Invitation) -> bool:
        """Tell whether mail to the address came back before, so that none is written to it."""
        return (invitation.event.team_id, invitation.email_key) in self._suppressed

    @cached_property
    def _suppressed(self) -> set[tuple[int, str]]:
        return suppressions.among({row.event.team_id for row in self.invitations.values()})

    @cached_property
    def _events(self) -> set[int]:
        return {row.event_id for row in self.invitations.values()}

    @cached_property
    def _personal(self) -> Mapping[int, list[tuple[int, str]]]:
        rows = EventVersion.objects.filter(event__in=self._events).exclude(message="")
        found: dict[int, list[tuple[int, str]]] = defaultdict(list)
        for event, number, text in rows.order_by("number").values_list(
            "event_id", "number", "message"
        ):
            found[event].append((number, text))
        return found

    @cached_property
    def _answers(self) -> Mapping[tuple[int, str], Answers]:
        addresses = {row.email_key for row in self.invitations.values()}
        # Asked for in one condition, the database would look through all attendees there are.
        dates = Event.objects.filter(series__in=self._events).values_list("pk", flat=True)
        rows = Attendee.objects.filter(
            event__in={*self._events, *dates}, email_key__in=addresses
        ).order_by()
        found: dict[tuple[int, str], Answers] = defaultdict(dict)
        for event, series, original, address, partstat in rows.values_list(
            "event_id", "event__series_id", "event__recurrence_id", "email_key", "partstat"
        ):
            found[series or event, address][original] = Partstat(partstat)
        return found

    @cached_property
    def _first_ids(self) -> dict[int, str]:
        reached = [one.pk for one in self.deliveries if one.attempts or one.sent]
        tries = DeliveryAttempt.objects.filter(
            delivery__in=reached, outcome=Delivery.Status.SENT
        ).exclude(message_id="")
        newest_first = tries.order_by("-at", "-id").values_list("delivery_id", "message_id")
        return dict(newest_first)
