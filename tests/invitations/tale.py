"""A host who changes a series, and guests whose calendars are kept by a program of another make."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from convoca.accounts.models import Membership
from convoca.calendars import snapshot
from convoca.calendars.drafts import draft_of
from convoca.calendars.models import Event
from convoca.guests.models import Guest
from convoca.invitations.saving import scheduling
from convoca.invitations.saving.scheduling import Scope
from convoca.mail.models import Sender
from convoca.standards.ical.recurrence import instances
from convoca.standards.itip.views import view
from tests.builders import draft
from tests.invitations.post import deliver_all, part
from tests.invitations.series import FIRST
from tests.standards import world
from tests.standards.client import Client

DAWN, DUSK = (dt.datetime(year, 1, 1, tzinfo=dt.UTC) for year in (2035, 2037))
Step = tuple[str, Scope, int]


class Tale:
    """A host who changes a series, and the guests' programs."""

    def __init__(self, host: Membership, sender: Sender, guests: Sequence[Guest]) -> None:
        self.host, self.guests = host, guests
        self.clients = {guest.email_key: Client() for guest in guests}
        typed = draft(
            start=str(FIRST),
            rrule="FREQ=WEEKLY;COUNT=5;BYDAY=TU",
            sender=sender,
            attendees=guests[:2],
        )
        scheduling.save_event(host, typed)

    def dates(self) -> list[tuple[Event, dt.datetime]]:
        """Return every date that takes place, in order, with its series."""
        found = []
        for event in Event.objects.filter(series=None, status="CONFIRMED"):
            for one in instances(snapshot.times(event), DAWN, DUSK):
                if one.recurrence_id is not None:
                    found.append((one.start, event, snapshot.wall(one.recurrence_id)))
        found.sort(key=lambda one: (one[0], one[1].pk))
        return [(event, original) for _start, event, original in found]

    def play(self, kind: str, scope: Scope, number: int) -> None:
        if kind == "deliver":
            self.deliver()
        elif found := self.dates():
            event, original = found[number % len(found)]
            event = Event.objects.get(pk=event.pk)
            if kind == "cancel":
                scheduling.cancel_event(self.host, event, scope=scope, recurrence_id=original)
                return
            made = self.change(kind, draft_of(event, original), number)
            scheduling.save_event(self.host, made, event, scope=scope, recurrence_id=original)

    def change(self, kind: str, typed: Any, number: int) -> Any:
        if kind == "title":
            return replace(typed, title=f"Title {number}")
        if kind == "guest":
            guest = self.guests[number % len(self.guests)]
            rest = [one for one in typed.attendees if one != guest]
            is_there = len(rest) < len(typed.attendees)
            return replace(typed, attendees=rest if is_there else [*rest, guest])
        step = dt.timedelta(hours=number % 3 + 1) if kind == "hour" else dt.timedelta(days=1)
        return replace(typed, start=typed.start + step, end=typed.end + step)

    def deliver(self) -> None:
        for address, mail in deliver_all():
            calendar = part(mail, "calendar").replace("\n", "\r\n")
            self.clients[address].receive(calendar.encode())

    def check(self) -> None:
        """Check that each guest's calendar shows exactly their part of the host's."""
        events = [snapshot.take(event) for event in Event.objects.filter(series=None)]
        for address, program in self.clients.items():
            seen = [entry for uid in program.events for entry in program.entries(uid)]
            meant = [
                entry
                for event in events
                if (mine := view(event, address)) is not None
                for entry in world.entries(mine)
            ]
            assert sorted(seen, key=str) == sorted(meant, key=str), address
