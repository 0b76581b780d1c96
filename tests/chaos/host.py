"""Alice with a script: she makes, changes and cancels meetings through the API, come what may."""

from __future__ import annotations

import random
import threading
import time
from collections import Counter
from itertools import cycle
from typing import Any

import httpx

from tests.chaos.mailserver import NOBODY

POOL = [f"g{number}@guest.example" for number in range(14)] + [f"{NOBODY}@guest.example"]
CROWD = [f"crowd{number}@guest.example" for number in range(40)]
SPAN = {"from": "2027-01-01", "to": "2027-12-31", "limit": "5000"}
KINDS = {"create": 4, "title": 3, "hour": 3, "guest": 5, "cancel": 2, "crowd": 2, "nudge": 3}
SCOPES = ["this", "this", "following", "all"]


class Host:
    """One round's script; the same seed gives the same steps, applied to what there is."""

    def __init__(
        self, doors: list[httpx.Client], dice: random.Random, title: str, saving: threading.Event
    ) -> None:
        self.title, self.saving = title, saving
        self._doors = cycle(doors)  # as a load balancer does that knows of no illness
        self.said: Counter[str] = Counter()  # what the web server answered
        self._dice = dice
        self._number = 0
        self.is_over = False

    def play(self, steps: int) -> None:
        """Take the steps one after the other; an answer that never comes is not asked for again."""
        try:
            for _ in range(steps):
                self._step()
        finally:
            self.is_over = True

    def dates(self) -> list[dict[str, Any]]:
        """Return every date of this round's events as the calendar lists it."""
        return self.read("events", **SPAN, q=self.title)

    def read(self, path: str, **query: str) -> Any:
        """Return what the API says, however long the web server takes to come back."""
        end = time.monotonic() + 300
        while (answer := self._ask("GET", path, query)) is None or answer.status_code >= 500:
            assert time.monotonic() < end, f"the web server does not come back: {answer}"
            time.sleep(0.2)
        return answer.raise_for_status().json()

    def _step(self) -> None:
        self._number += 1
        number = self._dice.randrange(10_000)
        (kind,) = self._dice.choices(list(KINDS), list(KINDS.values()))
        scope = self._dice.choice(SCOPES)
        people = self._dice.sample(POOL, self._dice.randint(1, 6))
        time.sleep(self._dice.random() / 5)
        found = self.dates()
        if kind in {"create", "crowd"} or not found:
            self._create(CROWD if kind == "crowd" else people, number)
            return
        one = found[number % len(found)]
        query = {"scope": scope, "recurrence_id": one["recurrence_id"]}
        query = query if one["recurrence_id"] else {}
        if kind == "nudge":  # refused where nobody was reached yet
            self._write("POST", f"events/{one['id']}/nudge", {}, None)
        elif kind == "cancel":
            self._write("DELETE", f"events/{one['id']}", query, None)
        else:
            self._write("PATCH", f"events/{one['id']}", query, self._change(kind, one, number))

    def _create(self, people: list[str], number: int) -> None:
        hour, day = 8 + number % 9, 1 + number % 28
        event = {
            "title": f"{self.title} step {self._number}",
            "start": f"2027-03-{day:02}T{hour:02}:00",
            "end": f"2027-03-{day:02}T{hour + 1:02}:00",
            "timezone": "Europe/Madrid",
            "recurrence": "FREQ=WEEKLY;COUNT=4" if number % 3 == 0 and people != CROWD else "",
            "attendees": [{"email": one, "first_name": one.partition("@")[0]} for one in people],
        }
        self._write("POST", "events", {}, event)

    def _change(self, kind: str, one: dict[str, Any], number: int) -> dict[str, Any]:
        if kind == "title":
            return {"title": f"{self.title} step {self._number}"}
        if kind == "hour":
            day, hour = one["start"][:10], 8 + number % 12
            return {"start": f"{day}T{hour:02}:30", "end": f"{day}T{hour + 1:02}:30"}
        query = {"recurrence_id": one["recurrence_id"]} if one["recurrence_id"] else {}
        people = self.read(f"events/{one['id']}", **query)["attendees"]
        who = POOL[number % len(POOL)]
        rest = [invitee for invitee in people if invitee["email"] != who]
        return {"attendees": rest if len(rest) < len(people) else [*rest, {"email": who}]}

    def _write(self, method: str, path: str, query: dict[str, str], body: object) -> None:
        self.saving.set()
        answer = self._ask(method, path, query, body)
        self.saving.clear()
        self.said["no answer" if answer is None else str(answer.status_code)] += 1

    def _ask(
        self, method: str, path: str, query: dict[str, str], body: object = None
    ) -> httpx.Response | None:
        """Ask one web server; where none takes the question yet, ask again, as people do."""
        end = time.monotonic() + 30
        while time.monotonic() < end:
            try:
                return next(self._doors).request(method, path, params=query, json=body)
            except httpx.ConnectError:
                time.sleep(0.2)
            except httpx.TransportError:
                return None
        return None
