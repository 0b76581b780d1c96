"""Of one date of a series: this one, this and the following, or all of them."""

from __future__ import annotations

import datetime as dt
from typing import Any, TypedDict

from django.utils.translation import gettext_lazy as _

from convoca.calendars import words
from convoca.calendars.models import Event
from convoca.invitations.saving.scheduling import Scope


class Aim(TypedDict):
    """Which dates are meant, in the words of `scheduling`."""

    scope: Scope
    recurrence_id: dt.datetime | None


def choices(event: Event, recurrence_id: dt.datetime) -> list[tuple[str, Any]]:
    """Return the scopes to choose from for one date; from the first one on is all of it."""
    only = _("Only this date: %(day)s") % {"day": words.day(recurrence_id.date())}
    following = [(Scope.FOLLOWING.value, _("This and all following dates"))]
    return [
        (Scope.THIS.value, only),
        *(following if recurrence_id > event.start else []),
        (Scope.ALL.value, _("All dates")),
    ]
