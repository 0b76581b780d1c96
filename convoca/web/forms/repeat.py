"""Repetition in the event form: from the rule to its fields and back."""

from __future__ import annotations

import datetime as dt
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.utils.dates import WEEKDAYS, WEEKDAYS_ABBR
from django.utils.translation import gettext_lazy as _

from convoca.standards.ical.recurrence import (
    BadRule,
    ByDay,
    Frequency,
    MonthlyKind,
    Rule,
    Weekday,
)

KEEP = "KEEP"  # a rule that these fields cannot show; it stays as it is
REPEATS = [
    ("", _("Does not repeat")),
    (Frequency.DAILY.value, _("Daily")),
    (Frequency.WEEKLY.value, _("Weekly")),
    (Frequency.MONTHLY.value, _("Monthly")),
    (Frequency.YEARLY.value, _("Yearly")),
]


class RepeatFields(forms.Form):
    """Daily, weekly, monthly, yearly, with an interval and an end."""

    repeat = forms.ChoiceField(
        label=_("Repeat"),
        required=False,
        choices=REPEATS,
    )
    interval = forms.IntegerField(
        label=_("Every"), required=False, min_value=1, max_value=99, initial=1
    )
    weekdays = forms.MultipleChoiceField(
        label=_("On these days"),
        required=False,
        choices=[(day.name, WEEKDAYS[day]) for day in Weekday],
    )
    monthly = forms.ChoiceField(
        label=_("Which day"),
        required=False,
        choices=[
            (MonthlyKind.DAY.value, _("The same date every month")),
            (MonthlyKind.WEEKDAY.value, _("The same weekday, like the second Tuesday")),
        ],
    )
    ends = forms.ChoiceField(
        label=_("Stops repeating"),
        required=False,
        choices=[("", _("Never")), ("until", _("On a date")), ("count", _("After some times"))],
    )
    until = forms.DateField(
        label=_("Last day"), required=False, widget=forms.DateInput({"type": "date"}, "%Y-%m-%d")
    )
    count = forms.IntegerField(label=_("Times"), required=False, min_value=1, max_value=730)

    @property
    def weekday_choices(self) -> list[dict[str, Any]]:
        """The days to tick; `number` is how JavaScript counts them, from Sunday."""
        chosen = set(self["weekdays"].value() or [])
        return [
            {
                "value": day.name,
                "name": WEEKDAYS[day],
                "short": WEEKDAYS_ABBR[day],
                "number": (day + 1) % 7,
                "is_chosen": day.name in chosen,
            }
            for day in Weekday
        ]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if cleaned.get("repeat") and cleaned.get("ends") == "until" and not cleaned.get("until"):
            self.add_error("until", _("Say which day is the last."))
        if cleaned.get("repeat") and cleaned.get("ends") == "count" and not cleaned.get("count"):
            self.add_error("count", _("Say how many times."))
        return cleaned


def rule_from(cleaned: dict[str, Any], start: dt.datetime, zone: ZoneInfo, all_day: bool) -> str:
    """Put the fields into an RRULE value; "" for what does not repeat."""
    if not cleaned.get("repeat"):
        return ""
    frequency = Frequency(cleaned["repeat"])
    ends = cleaned.get("ends")
    rule = Rule(
        frequency=frequency,
        interval=cleaned.get("interval") or 1,
        count=cleaned["count"] if ends == "count" else None,
        until=_last_moment(cleaned["until"], zone, all_day) if ends == "until" else None,
        by_day=_days(frequency, cleaned, start),
    )
    return str(rule)


def fields_from(rrule: str, zone: ZoneInfo) -> dict[str, Any]:
    """Put a rule into the fields; one they cannot show stays as it is."""
    if not rrule:
        return {}
    try:
        rule = Rule.parse(rrule)
    except BadRule:
        return {"repeat": KEEP}
    if not rule.is_plain:
        return {"repeat": KEEP}
    until = rule.until
    if isinstance(until, dt.datetime):
        until = until.astimezone(zone).date()
    return {
        "repeat": rule.frequency.value,
        "interval": rule.interval,
        "weekdays": [day.name for day in rule.weekdays],
        "monthly": rule.monthly_kind.value,
        "ends": "until" if until else "count" if rule.count else "",
        "until": until,
        "count": rule.count,
    }


def _days(frequency: Frequency, cleaned: dict[str, Any], start: dt.datetime) -> tuple[ByDay, ...]:
    if frequency is Frequency.WEEKLY:
        chosen = {Weekday[name] for name in cleaned.get("weekdays") or []}
        chosen.add(Weekday(start.weekday()))  # the first date is always one of the series
        return tuple(ByDay(weekday=day) for day in sorted(chosen))
    if frequency is Frequency.MONTHLY and cleaned.get("monthly") == MonthlyKind.WEEKDAY:
        nth = (start.day - 1) // 7 + 1
        # A fifth Tuesday is rare: whoever picks one means the last.
        return (ByDay(weekday=Weekday(start.weekday()), nth=-1 if nth == 5 else nth),)
    return ()


def _last_moment(day: dt.date, zone: ZoneInfo, all_day: bool) -> dt.date | dt.datetime:
    """The end of the last day, as RFC 5545 wants it: UTC for times, a date for whole days."""
    if all_day:
        return day
    last = dt.datetime.combine(day, dt.time(23, 59, 59), zone)
    return last.astimezone(dt.UTC)
