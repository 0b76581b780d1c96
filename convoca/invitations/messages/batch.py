"""What a batch of claimed deliveries needs from the database, read once for all of them."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Mapping
from functools import cached_property

from convoca.calendars import snapshot
from convoca.calendars.models import Attendee, Event, EventVersion
from convoca.invitations.models import Invitation
from convoca.mail.models import Delivery, DeliveryAttempt
from convoca.standards.ical import model as ical
from convoca.standards.ical.model import Partstat
from convoca.standards.itip.outgoing import Telling


class Batch:
    """The invitations behind some deliveries, and the versions and words of their events."""

    def __init__(self, deliveries: Iterable[Delivery], now: dt.datetime) -> None:
        self.deliveries = list(deliveries)
        self._now = now
        self._tellings: dict[tuple[int, int], Telling] = {}
        self._versions: dict[tuple[int, int], ical.Event | None] = {}

    @cached_property
    def invitations(self) -> dict[int, Invitation]:
        """Return the invitation of each delivery, with all that its mail names."""
        rows = Invitation.objects.filter(delivery__in=[one.pk for one in self.deliveries])
        rows = rows.select_related(
            "event__host__user", "event__sender", "event__team", "guest", "member__user"
        )
        return {row.delivery_id: row for row in rows if row.delivery_id is not None}

    def telling(self, event: Event, seen: int) -> Telling:
        """Return the step from the version a guest has seen to the current one."""
        if (event.pk, seen) not in self._tellings:
            self._tellings[event.pk, seen] = Telling(
                self.version(event, seen), self.version(event, event.version), self._now
            )
        return self._tellings[event.pk, seen]

    def version(self, event: Event, number: int) -> ical.Event | None:
        """Return what attendees saw at a version."""
        if (event.pk, number) not in self._versions:
            self._versions[event.pk, number] = snapshot.load(event, number)
        return self._versions[event.pk, number]

    def personal(self, event: Event, after: int) -> str:
        """Return the host's words to the attendees in the versions later than `after`."""
        told = [text for number, text in self._personal[event.pk] if number > after]
        return "\n\n".join(told)

    def partstat(self, invitation: Invitation) -> Partstat | None:
        """Return the guest's answer as it stands now; the version was stored before it came."""
        value = self._partstats.get((invitation.event_id, invitation.email_key))
        return Partstat(value) if value else None

    def first_message_id(self, delivery: Delivery) -> str:
        """Return the id of the first mail that reached the guest, for the thread; or ""."""
        return self._first_ids.get(delivery.pk, "")

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
    def _partstats(self) -> dict[tuple[int, str], str]:
        addresses = {row.email_key for row in self.invitations.values()}
        rows = Attendee.objects.filter(event__in=self._events, email_key__in=addresses)
        return {
            (event, address): partstat
            for event, address, partstat in rows.values_list("event_id", "email_key", "partstat")
        }

    @cached_property
    def _first_ids(self) -> dict[int, str]:
        reached = [one.pk for one in self.deliveries if one.attempts or one.sent]
        tries = DeliveryAttempt.objects.filter(
            delivery__in=reached, outcome=Delivery.Status.SENT
        ).exclude(message_id="")
        newest_first = tries.order_by("-at", "-id").values_list("delivery_id", "message_id")
        return dict(newest_first)
