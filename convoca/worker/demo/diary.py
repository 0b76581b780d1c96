"""What happens at the demo's company: `diary.toml`, a few weeks around the first start."""

from __future__ import annotations

import datetime as dt
import tomllib
from dataclasses import dataclass, field
from pathlib import Path

from convoca.calendars.drafts import end_of

WEEKDAYS = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One event, as its host would have typed it; `who` and `answers` go by the cast's keys."""

    title: str
    host: str
    week: int
    day: str
    at: str = ""  # empty: all day
    minutes: int = 60
    days: int = 1
    zone: str = "Europe/Madrid"
    who: list[str] = field(default_factory=list)
    place: str = ""
    text: str = ""
    rrule: str = ""
    files: list[str] = field(default_factory=list)
    reminders: list[int] = field(default_factory=lambda: [15])
    hide_guests: bool = False
    notify_answers: bool = True
    asked_before: int = 0  # days before the start, until whose end answers are hoped for
    answers: dict[str, list[str]] = field(default_factory=dict)  # partstat, perhaps with a note
    moved_to: str = ""  # the host changes the hour once the invitations are out
    cancelled: str = ""  # the host's words when cancelling

    @property
    def length(self) -> dt.timedelta:
        return dt.timedelta(minutes=self.minutes) if self.at else dt.timedelta(days=self.days)

    def answer_by(self, monday: dt.date) -> dt.datetime | None:
        """Return until when answers are hoped for, if the host said so."""
        day = self.start(monday).date() - dt.timedelta(days=self.asked_before)
        return end_of(day) if self.asked_before else None

    def start(self, monday: dt.date, at: str = "") -> dt.datetime:
        """Return the wall-clock start, counted from the Monday of the demo's first week."""
        date = monday + dt.timedelta(weeks=self.week, days=WEEKDAYS.index(self.day))
        return dt.datetime.combine(date, dt.time.fromisoformat(at or self.at or "00:00"))


def read() -> list[Entry]:
    """Return the diary's entries in the order they are saved."""
    text = Path(__file__).with_suffix(".toml").read_text(encoding="utf-8")
    return [Entry(**event) for event in tomllib.loads(text)["event"]]


def first_monday(today: dt.date) -> dt.date:
    """Return the Monday of this week, at a weekend of the next: the demo's liveliest week."""
    monday = today - dt.timedelta(days=today.weekday())
    return monday if today.weekday() < 5 else monday + dt.timedelta(weeks=1)
