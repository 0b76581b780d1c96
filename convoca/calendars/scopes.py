"""How much of a series a change means, and how one date of it is named."""

from __future__ import annotations

import datetime as dt
from enum import StrEnum

from django.utils.translation import gettext_lazy as _

from convoca.accounts.invalid import Invalid
from convoca.calendars.models import Event


class Scope(StrEnum):
    """This date, this and the following ones, or all dates of a series."""

    THIS = "this"
    FOLLOWING = "following"
    ALL = "all"


def check_scope(event: Event | None, scope: Scope, recurrence_id: dt.datetime | None) -> None:
    """Raise Invalid where the scope means nothing for the event.

    Whether the series has the date is told when it is looked for (`overrides.find`).
    """
    if scope == Scope.ALL and recurrence_id is None:
        return
    if event is None or not event.is_recurring:
        raise Invalid.field("scope", _("This event does not repeat."))
    if recurrence_id is None:
        raise Invalid.field("recurrence_id", _("Say which date of the series is meant."))


def no_such_date() -> Invalid:
    """Return the refusal of a date the series does not have."""
    return Invalid.field("recurrence_id", _("The series has no such date any more."))
