"""How addresses and forms name one date of a series: by its original start, on the wall's clock."""

from __future__ import annotations

import datetime as dt
from typing import Any
from urllib.parse import urlencode

from django.http import Http404
from django.urls import reverse

from convoca.calendars import instances
from convoca.calendars.models import Event
from convoca.invitations import links

NAME = "recurrence_id"


def address(page: str, event: Event, recurrence_id: dt.datetime | None = None) -> str:
    """Return where a page about an event is, or about one date of it; `event` is the master."""
    where = reverse(page, args=[event.public_id])
    return f"{where}?{query(recurrence_id)}" if recurrence_id else where


def query(recurrence_id: dt.datetime) -> str:
    """Return the part of an address that names a date."""
    return urlencode({NAME: links.date_name(recurrence_id)})


def read(asked: Any, event: Event) -> dt.datetime | None:
    """Return the date that a query or a form names, None for the series as a whole.

    Raises Http404 for what is no time, and for any date of an event that does not repeat.
    """
    text = asked.get(NAME, "")
    if not text:
        return None
    try:
        named = dt.datetime.fromisoformat(text)
    except ValueError:
        raise Http404 from None
    if named.tzinfo is not None or not 1970 <= named.year <= 2200 or not event.is_recurring:
        raise Http404
    return named


def shown(event: Event, recurrence_id: dt.datetime | None) -> Event:
    """Return the row a page shows: the event, or that date of it. Raises Http404 without one."""
    row = instances.at(event, recurrence_id) if recurrence_id else event
    if row is None:
        raise Http404
    return row
