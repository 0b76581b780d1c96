"""Until when answers are hoped for: a day and perhaps an hour, as a person types them."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from convoca.calendars.drafts import EventDraft, end_of


class DeadlineFields(forms.Form):
    """*Answer by*, in the event's time zone, and whether who is silent is reminded before it."""

    answer_by_date = forms.DateField(
        label=_("Answer by"),
        required=False,
        widget=forms.DateInput({"type": "date", "aria-describedby": "answer-by-help"}, "%Y-%m-%d"),
    )
    answer_by_time = forms.TimeField(
        label=_("Until what time"),
        required=False,
        widget=forms.TimeInput({"type": "time", "aria-describedby": "answer-by-help"}, "%H:%M"),
    )
    remind_guests = forms.BooleanField(
        label=_("Remind who has not answered"),
        required=False,
        initial=True,
        help_text=_("At most twice before that, in their working hours."),
    )

    @property
    def has_deadline(self) -> bool:
        """Tell whether there is one to be seen at once, or something wrong with it."""
        names = ("answer_by_date", "answer_by_time")
        return any(self[name].value() or self[name].errors for name in names)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        is_day_missing = not cleaned.get("answer_by_date") and "answer_by_date" not in self.errors
        if cleaned.get("answer_by_time") and is_day_missing:
            self.add_error("answer_by_date", _("Say on which day."))
        return cleaned

    @property
    def answer_by(self) -> dt.datetime | None:
        """Return the deadline as a draft has it: without an hour, the end of the day."""
        day, time = self.cleaned_data["answer_by_date"], self.cleaned_data["answer_by_time"]
        if day is None:
            return None
        return end_of(day) if time is None else dt.datetime.combine(day, time)


def deadline_fields(draft: EventDraft) -> dict[str, Any]:
    """Put the deadline of a draft into the fields."""
    by = draft.answer_by
    return {
        "answer_by_date": by and by.date(),
        "answer_by_time": by and by.time(),
        "remind_guests": draft.remind_guests,
    }
