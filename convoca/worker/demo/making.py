"""Make the demo's data once, as its people would: invite, deliver, answer, change, cancel."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Callable
from pathlib import Path

from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.utils.timezone import localdate, now

from convoca.accounts.models import Membership, Team, User
from convoca.calendars import files
from convoca.calendars.drafts import EventDraft, draft_of
from convoca.calendars.models import Event, File
from convoca.invitations.answers import rsvp
from convoca.invitations.models import Invitation, Rsvp
from convoca.invitations.saving import scheduling
from convoca.standards.ical.model import Partstat
from convoca.worker.demo import cast, company, diary

FILES = Path(__file__).parent / "files"
MEDIA_TYPES = {".pdf": "application/pdf", ".csv": "text/csv"}


class NotADemo(Exception):
    """The folder holds the data of a real installation."""


def make(deliver: Callable[[], object]) -> None:
    """Bring the database to the demo's state; what is there already is left as it is.

    `deliver` sends what is due, so that the guests hold their invitations before they answer.
    Each step is one transaction: a start that was interrupted is carried on by the next one.
    """
    if not Team.objects.filter(name=cast.NAME).exists():
        if User.objects.exists():
            raise NotADemo
        _invite()
    if not Rsvp.objects.exists():
        deliver()
        _answer_and_change()


@transaction.atomic
def _invite() -> None:
    staff = company.found()
    monday = diary.first_monday(localdate())
    for entry in diary.read():
        host = staff.members[entry.host]
        draft = EventDraft(
            title=entry.title,
            start=entry.start(monday),
            end=entry.start(monday) + entry.length,
            timezone=entry.zone,
            all_day=not entry.at,
            rrule=entry.rrule,
            location=entry.place,
            description=entry.text,
            reminders=entry.reminders,
            hide_guests=entry.hide_guests,
            notify_answers=entry.notify_answers,
            answer_by=entry.answer_by(monday),
            sender=staff.senders.get(entry.host),
            files=[_store(host, name) for name in entry.files],
            attendees=[staff.invitee(key) for key in entry.who],
        )
        scheduling.save_event(host, draft)


def _store(host: Membership, name: str) -> File:
    path = FILES / name
    uploaded = SimpleUploadedFile(name, path.read_bytes(), MEDIA_TYPES[path.suffix])
    return files.store(host, uploaded)


@transaction.atomic
def _answer_and_change() -> None:
    for entry in diary.read():
        event = Event.objects.get(title=entry.title, host__user__email=_address(entry.host))
        for key, (partstat, *note) in entry.answers.items():
            _answer(event, _address(key), Partstat(partstat), "".join(note))
        if entry.moved_to:
            _move(event, entry.moved_to)
        if entry.cancelled:
            scheduling.cancel_event(event.host, event, message=entry.cancelled)


def _answer(event: Event, email: str, partstat: Partstat, note: str) -> None:
    invitation = Invitation.objects.get(event=event, email_key=email)
    source = Rsvp.Source.APP if invitation.member else Rsvp.Source.WEB
    answered_at = min(now(), event.span_start - dt.timedelta(days=1))
    rsvp.record(
        invitation, partstat, note=note, source=source, now=answered_at, member=invitation.member
    )


def _move(event: Event, at: str) -> None:
    draft = draft_of(event)
    start = dt.datetime.combine(draft.start, dt.time.fromisoformat(at))
    moved = dataclasses.replace(draft, start=start, end=start + (draft.end - draft.start))
    scheduling.save_event(event.host, moved, event)


def _address(key: str) -> str:
    return cast.GUESTS[key][0] if key in cast.GUESTS else f"{key}@{cast.DOMAIN}"
