"""Things for tests, with everything that does not matter filled in."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.db import transaction
from django.utils import timezone

from convoca.accounts.models import Membership
from convoca.calendars import editing
from convoca.calendars.drafts import EventDraft
from convoca.calendars.editing import Change
from convoca.calendars.models import Event, File
from convoca.invitations.models import HeldAnswer


def wall(text: str) -> dt.datetime:
    """Return a wall-clock time such as `2026-11-24 10:00`."""
    return dt.datetime.fromisoformat(text)


def draft(**fields: Any) -> EventDraft:
    """Return a draft of an hour in Madrid; `start` and `end` may be text."""
    typed = {name: wall(fields.pop(name)) for name in ("start", "end") if name in fields}
    start = typed.get("start", wall("2026-11-24 10:00"))
    end = typed.get("end", start + dt.timedelta(hours=1))
    title = fields.pop("title", "Contract review")
    timezone = fields.pop("timezone", "Europe/Madrid")
    return EventDraft(title=title, start=start, end=end, timezone=timezone, **fields)


def save(member: Membership, typed: EventDraft, event: Event | None = None) -> Change:
    """Save a draft as scheduling does, but tell nobody."""
    with transaction.atomic():
        return editing.save(member, typed, event)


def an_event(member: Membership, **fields: Any) -> Event:
    """Return a saved event that nobody was told of; fields as for `draft`."""
    return save(member, draft(**fields)).event


def a_file(member: Membership, **fields: Any) -> File:
    """Return the row of an uploaded file; there are no bytes behind it."""
    defaults = {"name": "plan.pdf", "size": 3, "media_type": "application/pdf", "path": "x"}
    return File.objects.create(team=member.team, uploaded_by=member, **defaults | fields)


def a_held_answer(event: Event, email: str = "mia@crash.example", **fields: Any) -> HeldAnswer:
    """Return a stranger's answer that waits for the host."""
    defaults = {"why": "STRANGER", "partstat": "ACCEPTED", "answered_at": timezone.now()}
    return HeldAnswer.objects.create(event=event, email=email, email_key=email, **defaults | fields)
