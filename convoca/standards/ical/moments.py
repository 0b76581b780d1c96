"""Comparing and placing moments: dates, and wall times in zones."""

from datetime import UTC, date, datetime, time, timedelta, tzinfo
from zoneinfo import ZoneInfo

from convoca.standards.ical.model import Moment, VEvent

Key = date | datetime
"""What makes two moments the same: the instant in UTC, or the date."""


def key(moment: Moment) -> Key:
    """Return what two moments have in common when they are the same, whatever their zones."""
    return moment.astimezone(UTC) if isinstance(moment, datetime) else moment


def instant(moment: Moment, day_zone: tzinfo = UTC) -> datetime:
    """Return the moment in UTC; a date begins at midnight in `day_zone`."""
    if isinstance(moment, datetime):
        return moment.astimezone(UTC)
    return datetime.combine(moment, time(), day_zone).astimezone(UTC)


def day(moment: Moment) -> date:
    """Return the local date of a moment."""
    return moment.date() if isinstance(moment, datetime) else moment


def like(moment: Moment, pattern: Moment) -> Moment:
    """Return the same moment with the value type and zone of `pattern`, as RECURRENCE-ID needs."""
    if not isinstance(pattern, datetime):
        return day(moment)
    if isinstance(moment, datetime):
        return moment.astimezone(pattern.tzinfo).replace(fold=0)
    return datetime.combine(moment, pattern.timetz())


def zone_key(moment: Moment) -> str:
    """Return the name of the zone a moment is written in; nothing for dates and for UTC."""
    zone = moment.tzinfo if isinstance(moment, datetime) else None
    name = zone.key if isinstance(zone, ZoneInfo) else ""
    return "" if name in ("UTC", "Etc/UTC") else name


def duration(component: VEvent) -> timedelta:
    """Return the exact duration (RFC 5545, 3.8.5.3), whole days for all-day events."""
    return max(instant(component.end) - instant(component.start), timedelta())
