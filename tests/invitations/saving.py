"""Changing an event as a door does, and reading what its mails are."""

from __future__ import annotations

import dataclasses
import datetime as dt
from typing import Any

from convoca.accounts.models import Membership
from convoca.calendars.drafts import EventDraft, draft_of
from convoca.calendars.models import Event
from convoca.invitations.saving import scheduling
from convoca.invitations.saving.scheduling import Scope


def change(member: Membership, event: Event, *, notify: Any = "all", **fields: Any) -> Event:
    typed: EventDraft = dataclasses.replace(draft_of(event), **fields)
    return scheduling.save_event(member, typed, event, notify=notify)


def change_date(member: Membership, event: Event, date: dt.datetime, **fields: Any) -> Event:
    """Change one date of a series."""
    typed: EventDraft = dataclasses.replace(draft_of(event, date), **fields)
    return scheduling.save_event(member, typed, event, scope=Scope.THIS, recurrence_id=date)


def subjects(mails: dict[str, Any]) -> dict[str, str]:
    return {address: mail["Subject"].partition(":")[0] for address, mail in mails.items()}


def line(calendar: str, name: str) -> str:
    return next(one for one in calendar.splitlines() if one.startswith(name)).strip()
