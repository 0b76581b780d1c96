"""Dates, times and zones in words."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_time, get_timezone_gmt, get_timezone_location
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from convoca.calendars.models import Event
from convoca.calendars.words.language import locale
from convoca.standards.ical.model import Moment

_BRIEF_DAY = "EEE d MMM y"  # Tue 24 Nov 2026
_DAY = dt.timedelta(days=1)
_UTC_NAMES = {"UTC", "Etc/UTC", "Etc/UCT", "Etc/Universal", "Etc/Zulu", "Zulu", "UCT"}


def when(start: Moment, end: Moment, zone: dt.tzinfo | None = None) -> str:
    """Spell out a span in full: `Tuesday, 24 November 2026, 10:00–11:00 (Madrid time)`.

    Times are shown in `zone`, by default the one they are given in. `end` is exclusive; all-day
    spans name their days only.
    """
    if not isinstance(start, dt.datetime) or not isinstance(end, dt.datetime):
        return _all_day(start, end)
    zone = zone or start.tzinfo or dt.UTC
    start, end = start.astimezone(zone), end.astimezone(zone)
    if end == start:
        times = f"{day(start)}, {_clock(start)}"
    elif end.date() == start.date():
        times = f"{day(start)}, {_clock(start)}–{_clock(end)}"
    else:
        times = f"{day(start)}, {_clock(start)} – {day(end)}, {_clock(end)}"
    return f"{times} ({zone_name(zone, start)})"


def when_briefly(start: Moment, zone: dt.tzinfo | None = None) -> str:
    """Name a start for subjects and lists: `Tue 24 Nov 2026, 10:00 (Madrid)`."""
    if not isinstance(start, dt.datetime):
        return format_date(start, _BRIEF_DAY, locale=locale())
    zone = zone or start.tzinfo or dt.UTC
    start = start.astimezone(zone)
    date = format_date(start, _BRIEF_DAY, locale=locale())
    return f"{date}, {_clock(start)} ({city(zone, start)})"


def when_of(event: Event, zone: dt.tzinfo | None = None) -> str:
    """Spell out when a row takes place: its first date, for a series."""
    if event.all_day:
        return when(event.start.date(), event.end.date())
    own = event.zone
    return when(event.start.replace(tzinfo=own), event.end.replace(tzinfo=own), zone)


def day(date: dt.date) -> str:
    """Spell out a day: `Tuesday, 24 November 2026`."""
    return format_date(date, "full", locale=locale())


def zone_name(zone: dt.tzinfo, at: dt.datetime | None = None) -> str:
    """Name a zone as people do: `Madrid time`, `hora de Madrid`; without a place, its offset."""
    place = city(zone, at)
    return place if _has_no_place(zone) else _("%(city)s time") % {"city": place}


def city(zone: dt.tzinfo, at: dt.datetime | None = None) -> str:
    """Name the place whose clock is meant: `Madrid`, `New York`, `UTC`, `GMT-03:00`."""
    if _is_utc(zone):
        return "UTC"
    if _has_no_place(zone):
        return get_timezone_gmt((at or dt.datetime.now(zone)).astimezone(zone), locale=locale())
    name = get_timezone_location(zone, locale=locale(), return_city=True)
    return name.rpartition("/")[2].replace("_", " ")


def same_clock(start: Moment, zone: dt.tzinfo, other: dt.tzinfo) -> bool:
    """Tell whether both zones show the same time at `start`, so that one of them is enough."""
    if not isinstance(start, dt.datetime):
        return True
    return start.astimezone(zone).utcoffset() == start.astimezone(other).utcoffset()


def reminder(minutes: int) -> str:
    """Say how long before the start: `15 minutes before`, `1 day before`."""
    if minutes == 0:
        return _("at the start")
    if minutes % (7 * 24 * 60) == 0:
        count = minutes // (7 * 24 * 60)
        return ngettext("%(count)d week before", "%(count)d weeks before", count) % {"count": count}
    if minutes % (24 * 60) == 0:
        count = minutes // (24 * 60)
        return ngettext("%(count)d day before", "%(count)d days before", count) % {"count": count}
    if minutes % 60 == 0:
        count = minutes // 60
        return ngettext("%(count)d hour before", "%(count)d hours before", count) % {"count": count}
    return ngettext("%(count)d minute before", "%(count)d minutes before", minutes) % {
        "count": minutes
    }


def _all_day(start: dt.date, end: dt.date) -> str:
    last = end - _DAY
    if last <= start:
        return _("%(day)s (all day)") % {"day": day(start)}
    return f"{day(start)} – {day(last)}"


def _clock(moment: dt.datetime) -> str:
    return format_time(moment.time(), "HH:mm", locale=locale())


def _is_utc(zone: dt.tzinfo) -> bool:
    return zone is dt.UTC or str(zone) in _UTC_NAMES


def _has_no_place(zone: dt.tzinfo) -> bool:
    return (
        not isinstance(zone, ZoneInfo)
        or _is_utc(zone)
        or "/" not in zone.key
        or (zone.key.startswith("Etc/"))
    )
