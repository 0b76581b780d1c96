"""The words after a save from the page: how many mails leave, how soon, and how to stop them."""

from __future__ import annotations

import math
from typing import Any

from django.contrib import messages
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from convoca.calendars.models import Event
from convoca.invitations.saving import withheld
from convoca.invitations.saving.withheld import Stopped


def say(request: HttpRequest, text: str, event: Event) -> None:
    """Show what was done as a message, with a button where its mails can still be stopped."""
    soon = leaving(event)
    if soon:
        messages.success(request, f"{text} {soon}", extra_tags=str(_whole(event).public_id))
    else:
        messages.success(request, text)


def answer(text: str, event: Event) -> dict[str, Any]:
    """Return the same for a script."""
    soon = leaving(event)
    if not soon:
        return {"detail": text}
    place = reverse("event-stop", args=[_whole(event).public_id])
    return {"detail": f"{text} {soon}", "stop": {"href": place, "label": _("Do not send")}}


def leaving(event: Event) -> str:
    """Say how many mails leave and how soon; "" where none waits."""
    held = withheld.leaving(_whole(event))
    if held is None:
        return ""
    seconds = max(math.ceil((held.until - timezone.now()).total_seconds()), 1)
    soon = ngettext("in %(n)d second", "in %(n)d seconds", seconds) % {"n": seconds}
    return ngettext("%(n)d mail leaves %(soon)s.", "%(n)d mails leave %(soon)s.", held.count) % {
        "n": held.count,
        "soon": soon,
    }


def done(stopped: Stopped) -> str:
    """Say what stopping came to."""
    if stopped.count == 0:
        return _("Nothing was stopped: no mail was waiting any more.")
    if stopped.left == 0:
        return ngettext("%(n)d mail is stopped.", "%(n)d mails are stopped.", stopped.count) % {
            "n": stopped.count
        }
    text = ngettext(
        "%(n)d mail is stopped; %(left)d of %(all)d had left already.",
        "%(n)d mails are stopped; %(left)d of %(all)d had left already.",
        stopped.count,
    )
    every = stopped.count + stopped.left
    return text % {"n": stopped.count, "left": stopped.left, "all": every}


def _whole(event: Event) -> Event:
    """Return the series of a date: that is what its guests are invited to."""
    return event.series or event
