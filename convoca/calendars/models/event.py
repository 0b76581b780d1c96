"""An event: one VEVENT as its host sees it, and each version its attendees were shown."""

from __future__ import annotations

import datetime as dt
import uuid
from zoneinfo import ZoneInfo

from django.db import models
from django.utils.translation import gettext_lazy as _

from convoca.accounts.models import Membership, Team
from convoca.calendars.fields import LocalDateTimeField
from convoca.mail.models import Sender

FOREVER = dt.datetime(9000, 1, 1, tzinfo=dt.UTC)  # span_end of a series without an end


class EventStatus(models.TextChoices):
    CONFIRMED = "CONFIRMED", _("Confirmed")
    CANCELLED = "CANCELLED", _("Cancelled")


class EventQuerySet(models.QuerySet["Event"]):
    def visible_to(self, member: Membership) -> EventQuerySet:
        """The masters of the member's team: a team calendar is open to all colleagues."""
        return self.filter(team_id=member.team_id, series=None)

    def overlapping(self, start: dt.datetime, end: dt.datetime) -> EventQuerySet:
        """Those whose whole span touches [start, end); a series may still have no date in it."""
        return self.filter(span_start__lt=end, span_end__gt=start)

    def locked(self) -> EventQuerySet:
        """The same rows, locked until the transaction ends, with host, team and sender at hand."""
        rows = self.select_for_update(of=("self",))
        return rows.select_related("team", "host__user", "host__team", "sender")


class Event(models.Model):
    """One VEVENT. A master has no `series`; a changed date of a series is a row of its own.

    `start`, `end` (exclusive) and `answer_by` are wall-clock times in `timezone`; an all-day event
    runs from midnight to midnight. `sequence`, `dtstamp` and `version` count for the whole UID and
    live on the master, as does `answer_by`; `revision` counts every save, also of what only the
    host sees. `span_start` and `span_end` are the UTC bounds of all its dates and `search_text` its
    folded words, for queries.
    """

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="+", db_index=False)
    host = models.ForeignKey(Membership, on_delete=models.PROTECT, related_name="+")
    series = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.CASCADE, related_name="overrides"
    )
    recurrence_id = LocalDateTimeField(null=True, blank=True)
    uid = models.CharField(max_length=255, db_index=True)
    related_to = models.CharField(max_length=255, blank=True)  # UID of the series it continues
    sequence = models.PositiveIntegerField(default=0)
    dtstamp = models.DateTimeField()
    version = models.PositiveIntegerField(default=0)
    revision = models.PositiveIntegerField(default=1)
    status = models.CharField(
        max_length=10, choices=EventStatus.choices, default=EventStatus.CONFIRMED
    )

    title = models.CharField(_("title"), max_length=255)
    location = models.CharField(_("place"), max_length=255, blank=True)
    description = models.TextField(_("description"), blank=True)  # sanitised HTML
    start = LocalDateTimeField(_("start"))
    end = LocalDateTimeField(_("end"))
    timezone = models.CharField(_("time zone"), max_length=64)
    all_day = models.BooleanField(_("all day"), default=False)
    rrule = models.CharField(_("repeat"), max_length=500, blank=True)
    rdates = models.JSONField(default=list, blank=True)  # local ISO times
    exdates = models.JSONField(default=list, blank=True)
    span_start = models.DateTimeField()
    span_end = models.DateTimeField()
    search_text = models.TextField(blank=True, editable=False)
    reminders = models.JSONField(default=list, blank=True)  # minutes before the start

    sender = models.ForeignKey(
        Sender, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    organizer_email = models.EmailField(blank=True, db_index=True)  # fixed once somebody is invited
    notify_answers = models.BooleanField(_("notify me of attendees' answers"), default=True)
    hide_guests = models.BooleanField(_("hide the guest list"), default=False)
    answer_by = LocalDateTimeField(_("answer by"), null=True, blank=True)  # of the whole series
    remind_guests = models.BooleanField(_("remind who has not answered"), default=True)
    counted_at = models.DateTimeField(null=True, blank=True)  # first had a guest (rule S18)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)
    cancelled_at = models.DateTimeField(null=True, blank=True)

    objects = EventQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["series", "recurrence_id"], name="override_unique"),
            models.UniqueConstraint(
                fields=["team", "uid"],
                condition=models.Q(series=None),
                name="event_uid_unique",
            ),
        ]
        indexes = [
            # For `overlapping`: what is over by then is passed over, the rest looked at in here.
            models.Index(fields=["team", "span_end", "span_start"], name="event_span"),
            models.Index(
                fields=["answer_by"],
                condition=models.Q(answer_by__isnull=False),
                name="event_deadline",
            ),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.timezone)

    @property
    def deadline(self) -> dt.datetime | None:
        """The moment until which its host hopes for answers; later ones count all the same."""
        return self.answer_by.replace(tzinfo=self.zone) if self.answer_by else None

    @property
    def is_recurring(self) -> bool:
        """Tell whether this is the master of a series."""
        return bool(self.rrule or self.rdates)

    @property
    def is_cancelled(self) -> bool:
        return self.status == EventStatus.CANCELLED

    def is_editable_by(self, member: Membership) -> bool:
        """The host and the team's administrators change an event; colleagues look at it."""
        return self.team_id == member.team_id and (self.host_id == member.pk or member.is_admin)


class EventVersion(models.Model):
    """What attendees could see of an event after one save: the snapshot mails are built from."""

    event = models.ForeignKey(Event, on_delete=models.CASCADE, related_name="versions")
    number = models.PositiveIntegerField()
    snapshot = models.JSONField()
    message = models.TextField(blank=True)  # the host's personal words to the attendees
    saved_by = models.ForeignKey(Membership, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["event", "number"], name="event_version_unique")
        ]

    def __str__(self) -> str:
        return f"{self.event} v{self.number}"
