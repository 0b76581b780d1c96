"""What was typed for an event, checked as a whole: every complaint at once, or a clean draft."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace

from django.utils.timezone import now
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy

from convoca.accounts.invalid import FieldError, Words
from convoca.accounts.models import Membership
from convoca.accounts.text import one_line
from convoca.accounts.zones import is_zone
from convoca.calendars.attending import Attendance
from convoca.calendars.description import sanitise
from convoca.calendars.drafts import EventDraft
from convoca.calendars.models import Event
from convoca.calendars.refusals import Conflict
from convoca.calendars.snapshot import when
from convoca.mail import senders
from convoca.standards.ical import model as ical
from convoca.standards.ical import recurrence

MAX_TITLE = MAX_PLACE = 255
MAX_DESCRIPTION = 100_000
MAX_RULE = 500
MAX_FILES = 50
MAX_REMINDERS = 10
MAX_ATTENDEES = 50_000
FURTHEST_REMINDER = 28 * 24 * 60  # minutes
LONGEST = dt.timedelta(days=366)
FIRST_YEAR, LAST_YEAR = 1970, 2200
DAY = dt.timedelta(days=1)


def check(
    member: Membership, draft: EventDraft, event: Event | None
) -> tuple[EventDraft, list[FieldError]]:
    """Return the draft as it can be written, and every complaint; attendees are not looked at.

    Raise Conflict when the draft was opened before somebody else's save.
    """
    if event is not None and draft.revision not in (None, event.revision):
        raise Conflict.field(
            "revision",
            _("Somebody changed this event meanwhile. Open it again to see the changes."),
        )
    checks = _Checks(member, _clean(draft), event)
    for complain in _CHECKS:
        checks.errors.extend(complain(checks))
    return checks.draft, checks.errors


def check_guests_have_sender(draft: EventDraft, attendance: Attendance) -> list[FieldError]:
    """Complain when somebody from outside is invited and no address to write to them from."""
    if attendance.has_guests and draft.sender is None:
        return [FieldError("sender", _("Choose from which address invitations are sent."))]
    return []


def check_deadline(
    answer_by: dt.datetime | None, event: Event, stored: Event | None
) -> list[FieldError]:
    """Complain of a deadline that no answer could meet, or that comes after the (first) start.

    `event` says when it takes place and `stored` what was saved before: a deadline that stays as
    it was may lie in the past.
    """
    if answer_by is None:
        return []
    deadline = answer_by.replace(tzinfo=event.zone)
    start = event.start.replace(tzinfo=event.zone)
    if deadline.astimezone(dt.UTC) <= now():
        is_new = stored is None or stored.answer_by != answer_by
        return [FieldError("answer_by", _("Choose a moment to come."))] if is_new else []
    if deadline.astimezone(dt.UTC) >= start.astimezone(dt.UTC):
        words = _("Answers must be asked for before the start: choose an earlier moment.")
        return [FieldError("answer_by", words)]
    return []


def at_most(limit: int) -> Words:
    """Return the complaint about a text that is too long."""
    return ngettext_lazy(
        "Write at most %(limit)d character.", "Write at most %(limit)d characters.", "limit"
    ) % {"limit": limit}


@dataclass(slots=True)
class _Checks:
    member: Membership
    draft: EventDraft
    event: Event | None
    errors: list[FieldError] = field(default_factory=list)


def _clean(draft: EventDraft) -> EventDraft:
    """Return the draft in the spelling in which it is kept; nothing is judged yet."""
    start = draft.start.replace(microsecond=0, fold=0)
    end = draft.end.replace(microsecond=0, fold=0)
    if draft.all_day:
        start, end = _whole_days(start, end)
    fits = len(draft.description) <= MAX_DESCRIPTION
    return replace(
        draft,
        title=one_line(draft.title),
        location=one_line(draft.location),
        description=sanitise(draft.description) if fits else draft.description,
        start=start,
        end=end,
        answer_by=draft.answer_by and draft.answer_by.replace(second=0, microsecond=0, fold=0),
        rrule=draft.rrule.strip(),
        reminders=sorted(set(draft.reminders)),
        files=list({file.public_id: file for file in draft.files}.values()),
    )


def _whole_days(start: dt.datetime, end: dt.datetime) -> tuple[dt.datetime, dt.datetime]:
    """Return midnights: an end within a day includes that day, and one day is the least."""
    first, last = dt.datetime.combine(start, dt.time()), dt.datetime.combine(end, dt.time())
    if last.year <= LAST_YEAR and (last != end or last == first):
        last += DAY
    return first, last


def _check_status(checks: _Checks) -> Iterator[FieldError]:
    if checks.event is not None and checks.event.is_cancelled:
        yield FieldError("title", _("This event was cancelled and can no longer be changed."))


def _check_words(checks: _Checks) -> Iterator[FieldError]:
    draft = checks.draft
    if not draft.title:
        yield FieldError("title", _("Give the event a title."))
    for name, limit in (
        ("title", MAX_TITLE),
        ("location", MAX_PLACE),
        ("description", MAX_DESCRIPTION),
    ):
        if len(getattr(draft, name)) > limit:
            yield FieldError(name, at_most(limit))


def _check_times(checks: _Checks) -> Iterator[FieldError]:
    draft = checks.draft
    if not is_zone(draft.timezone):
        yield FieldError("timezone", _("This time zone is not known."))
        return
    for name in ("start", "end"):
        if not FIRST_YEAR <= getattr(draft, name).year <= LAST_YEAR:
            yield FieldError(name, _("Choose a date between 1970 and 2200."))
            return
    if not _is_in_order(*_moments(draft)):
        yield FieldError("end", _("The end must be after the start."))
    elif draft.end - draft.start > LONGEST:
        yield FieldError("end", _("An event can last a year at most."))


def _check_deadline(checks: _Checks) -> Iterator[FieldError]:
    draft = checks.draft
    if draft.answer_by is None:
        return
    if not FIRST_YEAR <= draft.answer_by.year <= LAST_YEAR:
        yield FieldError("answer_by", _("Choose a date between 1970 and 2200."))
    elif not {"timezone", "start"} & {error.field for error in checks.errors}:
        yield from check_deadline(draft.answer_by, _row(draft), checks.event)


def _check_rule(checks: _Checks) -> Iterator[FieldError]:
    draft = checks.draft
    if not draft.rrule or {"timezone", "start"} & {error.field for error in checks.errors}:
        return
    if len(draft.rrule) > MAX_RULE:
        yield FieldError("rrule", at_most(MAX_RULE))
        return
    try:
        rule = recurrence.check(draft.rrule, _moments(draft)[0])
    except recurrence.BadRule:
        yield FieldError("rrule", _("This repetition cannot be followed."))
    else:
        checks.draft = replace(draft, rrule=str(rule))


def _check_reminders(checks: _Checks) -> Iterator[FieldError]:
    reminders = checks.draft.reminders
    if len(reminders) > MAX_REMINDERS:
        yield FieldError("reminders", _("Choose at most 10 reminders."))
    elif any(not 0 <= minutes <= FURTHEST_REMINDER for minutes in reminders):
        yield FieldError("reminders", _("A reminder comes at most four weeks before the start."))


def _check_files(checks: _Checks) -> Iterator[FieldError]:
    if len(checks.draft.files) > MAX_FILES:
        yield FieldError("files", _("Attach at most 50 files."))
    for number, file in enumerate(checks.draft.files):
        is_own_upload = file.event_id is None and file.uploaded_by_id == checks.member.pk
        is_attached = checks.event is not None and file.event_id == checks.event.pk
        if file.team_id != checks.member.team_id or not (is_own_upload or is_attached):
            yield FieldError(f"files.{number}", _("This file is not there any more."))


def _check_sender(checks: _Checks) -> Iterator[FieldError]:
    """Let an event keep the sender its guests know; a new one must be the host's or the saver's."""
    sender, event = checks.draft.sender, checks.event
    if sender is None or (event is not None and event.sender_id == sender.pk):
        return
    people = {checks.member, event.host if event else checks.member}
    if not any(senders.may_use(one, sender) for one in people):
        yield FieldError("sender", _("You cannot send from this address. Choose another one."))


def _check_number_of_attendees(checks: _Checks) -> Iterator[FieldError]:
    if len(checks.draft.attendees) > MAX_ATTENDEES:
        yield FieldError("attendees", _("Invite at most 50,000 people."))


_CHECKS: tuple[Callable[[_Checks], Iterator[FieldError]], ...] = (
    _check_status,
    _check_words,
    _check_times,
    _check_deadline,
    _check_rule,
    _check_reminders,
    _check_files,
    _check_sender,
    _check_number_of_attendees,
)


def _moments(draft: EventDraft) -> tuple[ical.Moment, ical.Moment]:
    return when(_row(draft))


def _row(draft: EventDraft) -> Event:
    return Event(start=draft.start, end=draft.end, timezone=draft.timezone, all_day=draft.all_day)


def _is_in_order(start: ical.Moment, end: ical.Moment) -> bool:
    """Tell whether an event lasts at all: by the sun, for clocks skip an hour in spring."""
    if isinstance(start, dt.datetime) and isinstance(end, dt.datetime):
        return start.astimezone(dt.UTC) < end.astimezone(dt.UTC)
    return start < end
