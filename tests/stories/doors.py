"""The two ways in for a host: the pages, filled as a person does, and the API."""

from __future__ import annotations

import datetime as dt
import json
from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from convoca.accounts import tokens
from convoca.accounts.models import Membership
from convoca.calendars.models import Event, Room
from convoca.guests.models import Guest
from tests.stories.reader import Reader

Person = Guest | Membership | Room | tuple[str, str, str]
"""Whom a host invites; three words are address, first and last name of somebody new."""


@dataclass
class Refused(Exception):
    """The door said no; `text` is what the host reads, `typed` what is still in the form."""

    status: int
    text: str
    typed: dict[str, Any]


class Door(ABC):
    """What a host does, whichever way."""

    def __init__(self, member: Membership) -> None:
        self.member = member

    @abstractmethod
    def create(self, *, title: str, start: str, end: str, **fields: Any) -> Event:
        """Save a new event in Madrid's time. `who` are the people, `files` names with bytes."""

    @abstractmethod
    def edit(self, event: Event, **fields: Any) -> Event:
        """Change an event; `add` and `remove` are people, the rest is as in `create`."""

    @abstractmethod
    def edit_date(self, event: Event, date: str, scope: str = "this", **fields: Any) -> None:
        """Change one date of a series, named by its original start (`2026-12-08T10:00`).

        With the scope "following" those after it too, with "all" every one; `add` are people.
        """

    @abstractmethod
    def cancel_date(self, event: Event, date: str, scope: str = "this") -> None:
        """Call off one date of a series, those from it on, or all."""

    @abstractmethod
    def cancel(self, event: Event, message: str = "") -> None:
        """Call it off."""


class Pages(Door):
    """The host at the browser."""

    labels = {"title": "Title", "location": "Place", "description": "Description"} | {
        "message": "Message to the attendees"
    }
    scopes = {"this": "Only this date", "following": "This and all following", "all": "All dates"}

    def __init__(self, member: Membership) -> None:
        super().__init__(member)
        self.client = Client(raise_request_exception=True)
        self.client.force_login(member.user)
        self.reader = Reader(self.client)

    def create(self, *, title: str, start: str, end: str, **fields: Any) -> Event:
        known = set(Event.objects.values_list("pk", flat=True))
        self.reader.open(reverse("event-new") + f"?date={start[:10]}")
        self._fill(title=title, start=start, end=end, **fields)
        self._press("Create")
        return Event.objects.exclude(pk__in=known).get()

    def edit(self, event: Event, **fields: Any) -> Event:
        self.reader.open(reverse("event-edit", args=[event.public_id]))
        gone = {f"guest:{one.public_id}" for one in fields.pop("remove", [])}
        for chip in self.reader.page.select("input[name=attendees]"):
            if chip.get("value") in gone:
                chip.decompose()
        self._fill(who=fields.pop("add", []), **fields)
        self._press("Save")
        return Event.objects.get(pk=event.pk)

    def edit_date(self, event: Event, date: str, scope: str = "this", **fields: Any) -> None:
        where = reverse("event-edit", args=[event.public_id])
        self.reader.open(f"{where}?recurrence_id={date}").tick(self.scopes[scope])
        self._fill(who=fields.pop("add", []), **fields)
        self._press("Save")

    def cancel_date(self, event: Event, date: str, scope: str = "this") -> None:
        where = reverse("event-cancel", args=[event.public_id])
        self.reader.open(f"{where}?recurrence_id={date}").tick(self.scopes[scope])
        self.reader.press("Cancel")

    def cancel(self, event: Event, message: str = "") -> None:
        self.reader.open(reverse("event-cancel", args=[event.public_id]))
        if message:
            self.reader.fill("Message to the attendees", message)
        self.reader.press("Cancel event")

    def _fill(self, **fields: Any) -> None:
        page = self.reader
        for edge, label in (("start", "Starts"), ("end", "Ends")):
            if moment := fields.pop(edge, ""):
                date, _, time = moment.partition("T")
                page.fill(label, date)
                page.fill("Start time" if edge == "start" else "End time", time)
        for person in fields.pop("who", []):
            page.add("attendees", self._pick(person))
        for name, content in fields.pop("files", []):
            page.add("files", self._upload(name, content))
        for box, label in (
            ("all_day", "All day"),
            ("notify_answers", "Notify me of attendees' answers"),
            ("hide_guests", "Hide the guest list"),
        ):
            if (wanted := fields.pop(box, None)) is not None:
                (page.tick if wanted else page.untick)(label)
        if timezone := fields.pop("timezone", ""):
            page.fill("Time zone", timezone)
        if notify := fields.pop("notify", ""):
            page.typed["notify"] = [notify]
        for name, value in fields.items():
            page.fill(self.labels[name], value)

    def _pick(self, person: Person) -> str:
        """Return the key a picked person leaves in the form; somebody new gets a card first."""
        if isinstance(person, tuple):
            email, first_name, last_name = person
            saved = self.client.post(
                reverse("guest-new"),
                {"email": email, "first_name": first_name, "last_name": last_name},
                headers={"accept": "application/json"},
            )
            return str(saved.json()["key"])
        kind = {Guest: "guest", Membership: "member", Room: "room"}[type(person)]
        return f"{kind}:{person.public_id}"

    def _upload(self, name: str, content: bytes) -> str:
        response = self.client.post(
            reverse("file-upload"), {"file": SimpleUploadedFile(name, content)}
        )
        return str(response.json()["id"])

    def _press(self, button: str) -> None:
        typed = dict(self.reader.typed)
        self.reader.press(button)
        if self.reader.status >= 400:
            raise Refused(self.reader.status, self.reader.text, typed)


class Api(Door):
    """The host's program."""

    def __init__(self, member: Membership) -> None:
        super().__init__(member)
        self.client = Client()
        _, token = tokens.issue(member, "story")
        self.headers = {"authorization": f"Bearer {token}"}

    def create(self, *, title: str, start: str, end: str, **fields: Any) -> Event:
        body = self._body(title=title, start=start, end=end, **fields)
        made = self.post("/events", {"timezone": "Europe/Madrid"} | body)
        return Event.objects.get(public_id=made["id"])

    def edit(self, event: Event, **fields: Any) -> Event:
        add, remove = fields.pop("add", []), fields.pop("remove", [])
        body = self._body(**fields)
        if add or remove:
            gone = {one.email for one in remove}
            kept = [one for one in self.attendees(event) if one["email"] not in gone]
            body["attendees"] = [{"email": one["email"]} for one in kept]
            body["attendees"] += [_reference(person) for person in add]
        self.call("patch", f"/events/{event.public_id}", body)
        return Event.objects.get(pk=event.pk)

    def edit_date(self, event: Event, date: str, scope: str = "this", **fields: Any) -> None:
        where = f"/events/{event.public_id}?recurrence_id={date}"
        body = self._body(**fields)
        if add := body.pop("add", []):
            body["attendees"] = self.get(where)["attendees"]
            body["attendees"] += [_reference(person) for person in add]
        self.call("patch", f"{where}&scope={scope}", body)

    def cancel_date(self, event: Event, date: str, scope: str = "this") -> None:
        self.call("delete", f"/events/{event.public_id}?recurrence_id={date}&scope={scope}")

    def cancel(self, event: Event, message: str = "") -> None:
        self.call("delete", f"/events/{event.public_id}", {"message": message})

    def attendees(self, event: Event) -> list[dict[str, Any]]:
        return list(self.get(f"/events/{event.public_id}/attendees"))

    def get(self, path: str) -> Any:
        return self.call("get", path)

    def post(self, path: str, body: Any) -> Any:
        return self.call("post", path, body)

    def call(self, method: str, path: str, body: Any = None) -> Any:
        """Return what the API answers; raise Refused for anything but success."""
        more = {} if body is None else {"data": json.dumps(body)}
        send = getattr(self.client, method)
        if body is not None:
            more["content_type"] = "application/json"
        response = send(f"/api/v1{path}", headers=self.headers, **more)
        answer = json.loads(response.content) if response.content else None
        if response.status_code >= 400:
            raise Refused(response.status_code, answer["detail"], answer)
        return answer

    def upload(self, name: str, content: bytes) -> str:
        response = self.client.post(
            "/api/v1/files", {"file": SimpleUploadedFile(name, content)}, headers=self.headers
        )
        assert response.status_code == 201, response.content
        return str(response.json()["id"])

    def _body(self, **fields: Any) -> dict[str, Any]:
        if "who" in fields:
            fields["attendees"] = [_reference(person) for person in fields.pop("who")]
        if "files" in fields:
            fields["files"] = [self.upload(name, content) for name, content in fields["files"]]
        return fields


def _reference(person: Person) -> dict[str, str]:
    match person:
        case Guest():
            return {"guest": str(person.public_id)}
        case Membership():
            return {"member": str(person.public_id)}
        case Room():
            return {"room": str(person.public_id)}
        case (email, first_name, last_name):
            return {"email": email, "first_name": first_name, "last_name": last_name}


def at(text: str) -> dt.datetime:
    """Read a wall-clock time."""
    return dt.datetime.fromisoformat(text)
