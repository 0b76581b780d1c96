"""What a batch of claimed deliveries needs from the database, read once for all of them."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Mapping
from functools import cached_property
from typing import Any, NamedTuple

from convoca.accounts.listing import numbers, texts
from convoca.calendars.models import Attendee, Event, EventVersion
from convoca.invitations.content.readers import Reader, reader, wishes_no_mail
from convoca.invitations.messages.versions import Versions
from convoca.invitations.models import Invitation
from convoca.mail.models import Delivery, DeliveryAttempt
from convoca.mail.outbox import suppressions
from convoca.mail.transit import Due
from convoca.standards.ical import model as ical
from convoca.standards.ical.model import Partstat
from convoca.standards.itip.outgoing import Telling

Answers = dict[dt.datetime | None, Partstat]
"""One guest's answers: to the series (None) and to dates, by original start (wall clock)."""


_PARTSTATS = {one.value: one for one in Partstat}


class Invited(NamedTuple):
    """One of the invited as their mail needs them; a plain tuple, for these are many."""

    event: Event
    event_id: int
    email: str
    email_key: str
    name: str
    nonce: str
    token_hash: str
    reply_token: str
    since_version: int
    resends: int
    nudge_until: dt.datetime | None
    nudges_stopped_at: dt.datetime | None
    reader: Reader
    is_silent: bool


_OWN = Invited._fields[2:-2]
_WISHES = (
    *("language", "guest__language", "guest__timezone", "guest__opted_out_at"),
    *("member_id", "member__notify_by_email", "member__user__language", "member__user__timezone"),
)


class Batch:
    """The invitations behind some deliveries, and the versions and words of their events."""

    def __init__(self, deliveries: Iterable[Due], versions: Versions) -> None:
        self.deliveries = list(deliveries)
        self._versions = versions

    @cached_property
    def invited(self) -> dict[int, Invited]:
        """Return who is behind each delivery, with all that their mail names."""
        by_id = {one.pk: one for one in self.deliveries}
        invitations = Invitation.objects.filter(delivery__in=numbers(by_id)).order_by()
        rows: list[Any] = list(invitations.values_list("delivery_id", "event_id", *_OWN, *_WISHES))
        events = Event.objects.select_related("host__user", "sender", "team").in_bulk(
            {event for _delivery, event, *_rest in rows}
        )
        readers: dict[tuple[Any, ...], tuple[Reader, bool]] = {}
        found, wanted = {}, set()
        for row in rows:
            key, event_id = row[:2]
            event, one, wishes = events[event_id], by_id[key], row[-len(_WISHES) :]
            if (event_id, wishes) not in readers:
                readers[event_id, wishes] = _reader(event, *wishes)
            own = row[2 : -len(_WISHES)]
            found[key] = Invited._make((event, event_id, *own, *readers[event_id, wishes]))
            wanted |= {(event_id, event.version), (event_id, one.sent)}
            if one.half_sent or one.doubted:
                wanted |= {(event_id, one.half_sent), (event_id, one.doubted)}
        self._versions.read(events.values(), wanted)
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

    def answers(self, invited: Invited) -> Answers:
        """Return the guest's answers as they stand now; the version was stored before they came."""
        return self._answers.get((invited.event_id, invited.email_key), {})

    def first_message_id(self, delivery: Due) -> str:
        """Return the id of the first mail that reached the guest, for the thread; or ""."""
        return self._first_ids.get(delivery.pk, "")

    def is_suppressed(self, invited: Invited) -> bool:
        """Tell whether mail to the address came back before, so that none is written to it."""
        return (invited.event.team_id, invited.email_key) in self._suppressed

    @cached_property
    def _suppressed(self) -> set[tuple[int, str]]:
        return suppressions.among({row.event.team_id for row in self.invited.values()})

    @cached_property
    def _events(self) -> set[int]:
        return {row.event_id for row in self.invited.values()}

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
        addresses = {row.email_key for row in self.invited.values()}
        # Asked for in one condition, the database would look through all attendees there are.
        dates = Event.objects.filter(series__in=self._events).values_list("pk", flat=True)
        rows = Attendee.objects.filter(
            event__in={*self._events, *dates}, email_key__in=texts(addresses)
        ).order_by()
        found: defaultdict[tuple[int, str], Answers] = defaultdict(dict)
        for event, series, original, address, partstat in rows.values_list(
            "event_id", "event__series_id", "event__recurrence_id", "email_key", "partstat"
        ):
            found[series or event, address][original] = _PARTSTATS[partstat]
        return found

    @cached_property
    def _first_ids(self) -> dict[int, str]:
        reached = [one.pk for one in self.deliveries if one.attempts or one.sent]
        if not reached:
            return {}
        tries = DeliveryAttempt.objects.filter(
            delivery__in=numbers(reached), outcome=Delivery.Status.SENT
        ).exclude(message_id="")
        newest_first = tries.order_by("-at", "-id").values_list("delivery_id", "message_id")
        return dict(newest_first)


def _reader(
    event: Event,
    language: str,
    guest_language: str | None,
    guest_zone: str | None,
    opted_out_at: dt.datetime | None,
    member: int | None,
    notify_by_email: bool | None,
    member_language: str | None,
    member_zone: str | None,
) -> tuple[Reader, bool]:
    """Return how somebody is written to, and whether not at all: see `readers`."""
    known_language, zone = (
        (member_language, member_zone) if member else (guest_language, guest_zone)
    )
    language = language or known_language or ""
    written_to = reader(event, language, zone or "", is_member=member is not None)
    return written_to, wishes_no_mail(opted_out_at, notify_by_email)
