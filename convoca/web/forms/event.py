"""The event form: every field of an event as a person types it, and the draft it makes."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any, cast
from zoneinfo import ZoneInfo

from django import forms
from django.db.models import Q
from django.http import QueryDict
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from convoca.accounts.invalid import FieldError
from convoca.accounts.models import Membership
from convoca.calendars import instances, words
from convoca.calendars.description import plain_text
from convoca.calendars.drafts import EventDraft, draft_of
from convoca.calendars.models import Event, File
from convoca.invitations.saving import scheduling
from convoca.invitations.saving.scheduling import Scope
from convoca.mail import senders
from convoca.mail.models import Sender
from convoca.web.forms.attendees import Chip, People, chips_of
from convoca.web.forms.deadline import DeadlineFields, deadline_fields
from convoca.web.forms.fields import ZoneField
from convoca.web.forms.repeat import KEEP, REPEATS, RepeatFields, fields_from, rule_from
from convoca.web.forms.scope import Aim, choices

REMINDERS = (5, 10, 30, 60, 24 * 60, 7 * 24 * 60)
OWN_ADDRESS = "own"
RULE = set(RepeatFields.base_fields)
FIELDS = {"start": "start_date", "end": "end_date", "rrule": "repeat", "recurrence": "repeat"}
FIELDS["answer_by"] = "answer_by_date"
NOTIFY = [
    ("all", _("Tell everyone who is invited")),
    ("affected", _("Tell only those added or removed")),
    ("none", _("Tell nobody for now")),
]


def _date_field(label: Any) -> forms.DateField:
    return forms.DateField(label=label, widget=forms.DateInput({"type": "date"}, "%Y-%m-%d"))


def _time_field(label: Any) -> forms.TimeField:
    widget = forms.TimeInput({"type": "time"}, "%H:%M")
    return forms.TimeField(label=label, required=False, widget=widget)


class EventForm(RepeatFields, DeadlineFields):
    """What the page posts; people, files and sender come as ids beside Django's own fields."""

    title = forms.CharField(
        label=_("Title"),
        max_length=255,
        error_messages={"required": _("Give the event a title.")},
        widget=forms.TextInput({"class": "input--title", "autocomplete": "off"}),
    )
    start_date = _date_field(_("Starts"))
    start_time = _time_field(_("Start time"))
    end_date = _date_field(_("Ends"))
    end_time = _time_field(_("End time"))
    timezone = ZoneField()
    all_day = forms.BooleanField(label=_("All day"), required=False)
    location = forms.CharField(label=_("Place"), required=False, max_length=255)
    description = forms.CharField(
        label=_("Description"), required=False, widget=forms.Textarea({"rows": 5})
    )
    description_html = forms.CharField(required=False, widget=forms.HiddenInput)
    reminders = forms.TypedMultipleChoiceField(
        label=_("Remind me"),
        required=False,
        coerce=int,
        choices=[(minutes, minutes) for minutes in REMINDERS],
    )
    notify_answers = forms.BooleanField(
        label=_("Notify me of attendees' answers"), required=False, initial=True
    )
    hide_guests = forms.BooleanField(
        label=_("Hide the guest list"),
        required=False,
        help_text=_("Guests see only themselves among the invited."),
    )
    sender = forms.CharField(required=False)
    message = forms.CharField(
        label=_("Message to the attendees"),
        required=False,
        max_length=2000,
        widget=forms.Textarea({"rows": 3}),
    )
    notify = forms.ChoiceField(label=_("Who is told"), required=False, choices=NOTIFY)
    revision = forms.IntegerField(required=False, widget=forms.HiddenInput)
    scope = forms.ChoiceField(label=_("Apply the changes to"), widget=forms.RadioSelect)

    def __init__(
        self,
        member: Membership,
        posted: QueryDict | None = None,
        *,
        event: Event | None = None,
        recurrence_id: dt.datetime | None = None,
        initial: dict[str, Any] | None = None,
    ) -> None:
        """Open a form for a new event, over `event`, or over that date of it."""
        self.member = member
        self.event = event
        self.recurrence_id = recurrence_id
        self.posted = QueryDict() if posted is None else posted
        self.before = draft_of(event, recurrence_id) if event else None
        if self.before and event:
            initial = {**initial_of(self.before), "revision": event.revision, "scope": Scope.THIS}
        super().__init__(posted, initial=initial)
        if event is None and posted is None:
            self.fields["title"].widget.attrs["autofocus"] = True
        self._offer_what_stands()

    def _offer_what_stands(self) -> None:
        """Let a rule or zone that a program set be kept, though the form would not offer it.

        Only one date of a series asks for how many dates it speaks.
        """
        if self.event and self.recurrence_id:
            scope = cast(forms.ChoiceField, self.fields["scope"])
            scope.choices = choices(self.event, self.recurrence_id)
        else:
            del self.fields["scope"]
        if self.before and self.initial.get("repeat") == KEEP:
            rule = words.repeat(self.before.rrule, self.before.start) or self.before.rrule
            repeat = cast(forms.ChoiceField, self.fields["repeat"])
            repeat.choices = [*REPEATS, (KEEP, rule)]
        zone = cast(ZoneField, self.fields["timezone"])
        zone.offer(self.posted.get("timezone") or self.initial.get("timezone", ""))

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        if not cleaned.get("all_day"):
            for name in ("start_time", "end_time"):
                if not cleaned.get(name) and name not in self.errors:
                    self.add_error(name, _("Say at what time."))
        if self.people.is_somebody_gone or self._has_vanished_file:
            self.add_error(None, _("Somebody or something chosen here has been removed since."))
        return cleaned

    def draft(self) -> EventDraft:
        """Return what a valid form says, ready for the save; of a series, about the date shown."""
        made = self._typed()
        if not self._changes_rule:
            return made
        zone = ZoneInfo(made.timezone)
        rrule = rule_from(self.cleaned_data, self._first(made), zone, made.all_day)
        return replace(made, rrule=rrule)

    @property
    def aim(self) -> Aim:
        """How much of a series is meant, in the words of `scheduling`."""
        scope = Scope(self.cleaned_data.get("scope", Scope.ALL))
        return Aim(scope=scope, recurrence_id=self.recurrence_id)

    def _typed(self) -> EventDraft:
        """Return what stands in the fields, with the rule as it was."""
        cleaned = self.cleaned_data
        start, end = self._edge("start"), self._edge("end")
        if cleaned["all_day"]:
            end += dt.timedelta(days=1)
        return EventDraft(
            title=cleaned["title"],
            start=start,
            end=end,
            timezone=cleaned["timezone"],
            all_day=cleaned["all_day"],
            rrule=self.before.rrule if self.before else "",
            location=cleaned["location"],
            description=self._description(),
            reminders=self._reminders(),
            notify_answers=cleaned["notify_answers"],
            hide_guests=cleaned["hide_guests"],
            answer_by=self.answer_by,
            remind_guests=self._reminds_guests(),
            sender=self.chosen_sender,
            files=self.attached,
            attendees=self.people.invitees,
            revision=cleaned["revision"],
        )

    def complain(self, errors: Iterable[FieldError]) -> None:
        """Show the save's refusals at the fields they are about."""
        for error in errors:
            name = FIELDS.get(error.field, error.field).partition(".")[0]
            # People, files and the sender are no fields of Django's: their place is a named error.
            if name in self.fields and name not in {"sender"}:
                self.add_error(name, str(error.message))
            else:
                self.complaints.setdefault(name, []).append(str(error.message))
                self.add_error(None, str(error.message))

    @cached_property
    def complaints(self) -> dict[str, list[str]]:
        return {}

    @cached_property
    def row(self) -> Event | None:
        """Return whose attendees stand in the form: those of the date, else of the event."""
        if self.event and self.recurrence_id:
            return instances.at(self.event, self.recurrence_id)
        return self.event

    @cached_property
    def people(self) -> People:
        keys = self.posted.getlist("attendees")
        return People(self.member, keys, self.posted.get("addresses", ""), self.row)

    @property
    def chips(self) -> list[Chip]:
        """Everyone invited, to be drawn: as posted, as stored, or as asked for by the link here."""
        if self.is_bound:
            return self.people.chips()
        if self.before:
            return chips_of(self.before.attendees, self.member)
        return People(self.member, self.initial.get("attendees", [])).chips()

    @cached_property
    def attached(self) -> list[File]:
        """The files of the event: uploaded by this member for it, or on it already."""
        if not self.is_bound:
            return list(self.before.files) if self.before else []
        allowed = Q(event=None, uploaded_by=self.member) | Q(event=self.event, event__isnull=False)
        found = File.objects.filter(allowed, team_id=self.member.team_id)
        by_id = {str(file.public_id): file for file in found.filter(public_id__in=self._file_ids)}
        return [by_id[file_id] for file_id in self._file_ids if file_id in by_id]

    @cached_property
    def sender_choices(self) -> list[senders.Choice]:
        return senders.choices(self.member)

    @property
    def sender_lines(self) -> list[dict[str, Any]]:
        """The senders to choose from; what is not confirmed yet is shown, and how to confirm it."""
        return [
            {"key": sender_key(choice), "choice": choice, "is_chosen": key == self.selected_sender}
            for choice, key in ((one, sender_key(one)) for one in self.sender_choices)
        ]

    @cached_property
    def default_sender(self) -> Sender | None:
        """What is written from unless another is picked: the event's own, else the member's."""
        return (self.before and self.before.sender) or senders.chosen(self.member)

    @property
    def picks_own_address(self) -> bool:
        """The account's own address is picked, which is no sender of its own yet."""
        return self.selected_sender == OWN_ADDRESS

    @property
    def told(self) -> scheduling.Notify:
        return self.cleaned_data["notify"] or "all"

    @property
    def selected_sender(self) -> str:
        if self.is_bound:
            return self.posted.get("sender", "")
        if self.default_sender:
            return str(self.default_sender.public_id)
        return next((sender_key(one) for one in self.sender_choices if one.is_confirmed), "")

    @cached_property
    def chosen_sender(self) -> Sender | None:
        """The confirmed sender picked in the form; None leaves the choice to the save."""
        picked = self.selected_sender
        usable = (choice.sender for choice in self.sender_choices if choice.is_confirmed)
        found = next((one for one in usable if one and str(one.public_id) == picked), None)
        if found or not self.default_sender or str(self.default_sender.public_id) != picked:
            return found
        return self.default_sender

    @property
    def reminder_choices(self) -> list[dict[str, Any]]:
        """The reminders to tick, in words."""
        chosen = {str(value) for value in self["reminders"].value() or []}
        return [
            {"value": n, "text": words.reminder(n), "is_chosen": str(n) in chosen}
            for n in REMINDERS
        ]

    @property
    def file_lines(self) -> list[dict[str, Any]]:
        return file_lines(self.attached)

    @cached_property
    def _file_ids(self) -> Sequence[str]:
        return [text for text in dict.fromkeys(self.posted.getlist("files")) if _is_uuid(text)]

    def _first(self, made: EventDraft) -> dt.datetime:
        """Return the start from which a new rule counts: of all dates, that of the series."""
        if self.event and self.before and self.aim["scope"] == Scope.ALL:
            return made.start + (self.event.start - self.before.start)
        return made.start

    @property
    def _changes_rule(self) -> bool:
        """The repetition was touched; what is left alone moves along with the start."""
        return self.cleaned_data["repeat"] != KEEP and not RULE.isdisjoint(self.changed_data)

    @property
    def _has_vanished_file(self) -> bool:
        return len(self.attached) < len(self._file_ids)

    def _edge(self, name: str) -> dt.datetime:
        cleaned = self.cleaned_data
        time = dt.time() if cleaned["all_day"] else cleaned[f"{name}_time"]
        return dt.datetime.combine(cleaned[f"{name}_date"], time)

    def _description(self) -> str:
        """Rich text where the editor wrote it; else the plain text, unless nothing was changed."""
        if "description_html" in self.posted:
            return str(self.cleaned_data["description_html"])
        plain = self.cleaned_data["description"].replace("\r\n", "\n").strip()
        if self.before and plain == plain_text(self.before.description):
            return self.before.description
        return plain

    def _reminds_guests(self) -> bool:
        """What was ticked, which says nothing without a deadline."""
        if self.answer_by is None:
            return self.before.remind_guests if self.before else True
        return bool(self.cleaned_data["remind_guests"])

    def _reminders(self) -> list[int]:
        """What was ticked, and what a program set that this form does not offer."""
        kept = [n for n in (self.before.reminders if self.before else []) if n not in REMINDERS]
        return sorted({*self.cleaned_data["reminders"], *kept})


def file_lines(files: Iterable[File]) -> list[dict[str, Any]]:
    """Put files into what a page shows of them, their size in words."""
    return [
        {"id": file.public_id, "name": file.name, "size": words.size(file.size)} for file in files
    ]


def initial_of(draft: EventDraft) -> dict[str, Any]:
    """Put a draft into the fields."""
    last = draft.end - dt.timedelta(days=1) if draft.all_day else draft.end
    return {
        "title": draft.title,
        "start_date": draft.start.date(),
        "start_time": None if draft.all_day else draft.start.time(),
        "end_date": last.date(),
        "end_time": None if draft.all_day else draft.end.time(),
        "timezone": draft.timezone,
        "all_day": draft.all_day,
        "location": draft.location,
        "description": plain_text(draft.description),
        "description_html": draft.description,
        "reminders": list(draft.reminders),
        "notify_answers": draft.notify_answers,
        "hide_guests": draft.hide_guests,
        **deadline_fields(draft),
        **fields_from(draft.rrule, ZoneInfo(draft.timezone)),
    }


def sender_key(choice: senders.Choice) -> str:
    """How the form names a sender; the account's own address may not be one yet."""
    return str(choice.sender.public_id) if choice.sender else OWN_ADDRESS


def _is_uuid(text: str) -> bool:
    try:
        uuid.UUID(text)
    except ValueError:
        return False
    return True
