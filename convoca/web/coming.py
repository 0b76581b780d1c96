"""The next dates of a series as its page lists them: when, and what is different about each."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Any
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _

from convoca.accounts.models import Membership
from convoca.calendars import instances, words
from convoca.calendars.instances import SeriesDate
from convoca.calendars.models import Event
from convoca.web import dates


def lines(event: Event, row: Event, member: Membership, now: dt.datetime) -> list[dict[str, Any]]:
    """Describe the dates that come; `row` is what the page shows now."""
    zone = ZoneInfo(member.user.timezone)
    return [
        {
            "when": _when(date.row, zone),
            "href": dates.address("event", event, date.recurrence_id),
            "is_shown": date.recurrence_id == row.recurrence_id,
            "is_cancelled": date.is_cancelled,
            "differences": list(_differences(date, zone)),
        }
        for date in instances.coming(event, now)
    ]


def halves(event: Event, member: Membership) -> dict[str, dict[str, str]]:
    """Say which series this one continues (`before`), and which goes on where it ends (`after`)."""
    found = {}
    team = Event.objects.visible_to(member)
    if event.related_to:
        found["before"] = team.filter(uid=event.related_to).first()
    if "UNTIL=" in event.rrule:
        found["after"] = team.filter(related_to=event.uid).order_by("span_start").first()
    zone = ZoneInfo(member.user.timezone)
    return {
        side: {"href": dates.address("event", other), "when": _when(other, zone)}
        for side, other in found.items()
        if other
    }


def _when(row: Event, zone: ZoneInfo) -> str:
    if row.all_day:
        return words.when_briefly(row.start.date())
    start = row.start.replace(tzinfo=row.zone).astimezone(zone)
    return f"{words.when_briefly(start.date())}, {start:%H:%M}"


def _differences(date: SeriesDate, zone: ZoneInfo) -> Iterator[str]:
    """Name what sets this date apart from the others."""
    row, regular = date.row, date.regular
    if row.start != regular.start or row.all_day != regular.all_day:
        yield _("moved from %(when)s") % {"when": _when(regular, zone)}
    elif date.is_moved:
        yield _("other length")
    if row.title != regular.title:
        yield _("called “%(title)s”") % {"title": row.title}
    if row.location != regular.location:
        yield _("at %(place)s") % {"place": row.location} if row.location else _("without a place")
    if row.description != regular.description:
        yield _("other description")
    if date.has_other_attendees:
        yield _("other attendees")
