"""Everything each attendee has answered, however it came, and what became of it."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from dataclasses import dataclass
from enum import StrEnum

from django.db.models import Q

from convoca.calendars.models import Attendee, Event
from convoca.invitations.models import Rsvp


class Fate(StrEnum):
    """What became of an answer."""

    COUNTS = "COUNTS"
    REPLACED = "REPLACED"
    """It counted until a newer one came."""
    OLD_TIME = "OLD_TIME"
    """It answered a time that is no more."""
    OLDER = "OLDER"
    """It came after a newer one."""
    NO_DATE = "NO_DATE"
    """The series has no such date, or not for them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """One answer with its fate; `by` names the colleague who entered it, if one did."""

    rsvp: Rsvp
    fate: Fate
    by: str = ""


def of(event: Event, email_key: str = "") -> dict[str, list[Said]]:
    """Return all answers by address, the newest first, of one attendee or of all; two queries."""
    rows = Rsvp.objects.filter(invitation__event=event).select_related(
        "invitation", "recorded_by__user"
    )
    people = Attendee.objects.filter(Q(event=event) | Q(event__series=event))
    if email_key:
        rows = rows.filter(invitation__email_key=email_key)
        people = people.filter(email_key=email_key)
    listed = people.values_list("event__recurrence_id", "email_key", "asked_sequence")
    asked = {(date, key): sequence for date, key, sequence in listed}
    found: defaultdict[str, list[Said]] = defaultdict(list)
    seen: set[tuple[str, dt.datetime | None]] = set()
    for row in rows.order_by("-sequence", "-answered_at", "-id"):
        key, date = row.invitation.email_key, row.recurrence_id
        last_asked = asked.get((date, key), asked.get((None, key), 0))
        fate = _fate(row, is_newest=(key, date) not in seen, asked_sequence=last_asked)
        if row.is_applied:
            seen.add((key, date))
        by = row.recorded_by.name if row.recorded_by else ""
        found[key].append(Said(rsvp=row, fate=fate, by=by))
    return found


def _fate(row: Rsvp, *, is_newest: bool, asked_sequence: int) -> Fate:
    if not row.is_applied:
        return Fate(row.left_out or Fate.OLDER)
    if not is_newest:
        return Fate.REPLACED
    return Fate.COUNTS if row.sequence >= asked_sequence else Fate.OLD_TIME
