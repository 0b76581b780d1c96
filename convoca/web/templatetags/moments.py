"""Instants and days in few words, in the page's language and the reader's zone."""

from __future__ import annotations

import datetime as dt

from babel.dates import format_skeleton
from django import template
from django.utils import timezone

from convoca.calendars.words import locale

register = template.Library()


@register.filter
def moment(instant: dt.datetime) -> str:
    """Say when something happened: `22 Nov, 09:57`; with the year if it was another one."""
    shown = instant.astimezone(timezone.get_current_timezone())
    is_this_year = shown.year == timezone.localtime().year
    day = format_skeleton("MMMd" if is_this_year else "yMMMd", shown, locale=locale())
    return f"{day}, {shown:%H:%M}"


@register.filter
def brief_day(day: dt.date) -> str:
    """Name a day: `22 Nov`, `22 nov`."""
    return format_skeleton("MMMd", day, locale=locale())


@register.filter
def brief_date(day: dt.date) -> str:
    """Name a day: `22 Nov`; with the year if it is another one's."""
    is_this_year = day.year == timezone.localtime().year
    return format_skeleton("MMMd" if is_this_year else "yMMMd", day, locale=locale())


@register.filter
def brief_month(day: dt.date) -> str:
    """Name a month: `Nov`, `nov`."""
    return format_skeleton("MMM", day, locale=locale())
