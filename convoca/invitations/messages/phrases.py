"""The sentences of a mail that depend on why it goes out, and on which dates it is about."""

from __future__ import annotations

import datetime as dt

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from convoca.calendars import words
from convoca.invitations.messages.focus import Focus
from convoca.standards.ical import model as ical
from convoca.standards.ical.model import Partstat
from convoca.standards.itip.messages import Reason


def subject(about: Focus) -> str:
    """Return the subject's pattern, with room for title and time."""
    if about.is_added:
        return _("New date: %(title)s, %(when)s")
    return {
        Reason.INVITED: _("Invitation: %(title)s, %(when)s"),
        Reason.ASKED_AGAIN: _("Changed: %(title)s, %(when)s"),
        Reason.UPDATED: _("Changed: %(title)s, %(when)s"),
        Reason.CONTINUED: _("Changed: %(title)s, %(when)s"),
        Reason.REPLACED: _("Changed: %(title)s, %(when)s"),
        Reason.REMOVED: _("No longer invited: %(title)s, %(when)s"),
        Reason.CANCELLED: _("Cancelled: %(title)s, %(when)s"),
        Reason.REMINDED: _("Reminder: %(title)s, %(when)s"),
        Reason.REFUSED: _("It stays as it was: %(title)s, %(when)s"),
    }[about.reason]


def when(about: Focus, first: str) -> str:
    """Return for the subject when it is: of several dates the `first`, and how many more."""
    more = len(about.dates) - 1
    if more < 1:
        return first
    text = ngettext("%(when)s and %(count)d more date", "%(when)s and %(count)d more dates", more)
    return text % {"when": first, "count": more}


def headline(about: Focus) -> str:
    """Return what the mail says first, with room for the host: who did what."""
    if about.has_rest and about.dates and about.reason != Reason.REMINDED:
        return _headline_of_dates(about)
    return {
        Reason.INVITED: _("%(host)s invites you"),
        Reason.ASKED_AGAIN: _("%(host)s changed the time"),
        Reason.UPDATED: _("%(host)s changed the event"),
        Reason.CONTINUED: _("%(host)s changed this and the following dates"),
        Reason.REPLACED: _("%(host)s changed the event"),
        Reason.REMOVED: _("%(host)s took you off the guest list"),
        Reason.CANCELLED: _("%(host)s cancelled the event"),
        Reason.REMINDED: _("%(host)s is waiting for your answer"),
        Reason.REFUSED: _("%(host)s keeps the time"),
    }[about.reason]


def _headline_of_dates(about: Focus) -> str:
    count = len(about.dates)
    if about.reason == Reason.CANCELLED:
        return ngettext("%(host)s cancelled one date", "%(host)s cancelled some dates", count)
    if about.reason == Reason.REMOVED:
        return ngettext(
            "%(host)s took you off the guest list of one date",
            "%(host)s took you off the guest list of some dates",
            count,
        )
    if about.is_added:
        return ngettext(
            "%(host)s invites you to one more date", "%(host)s invites you to more dates", count
        )
    if about.is_moved:
        return ngettext("%(host)s moved one date", "%(host)s moved some dates", count)
    return ngettext("%(host)s changed one date", "%(host)s changed some dates", count)


def explanation(about: Focus, *, is_followed: bool) -> str:
    """Return what a cancellation means for its reader, and for the other dates; else nothing.

    `is_followed` tells that another mail names what they keep.
    """
    if about.reason == Reason.REMOVED and is_followed:
        return _(
            "You are no longer invited to the whole series. The next e-mail names the dates to "
            "which you still are."
        )
    if about.reason == Reason.REMOVED and about.has_rest:
        return _("You do not need to come then. To the other dates you are still invited.")
    if about.reason == Reason.REMOVED:
        return _(
            "You do not need to come: the meeting is no longer in your calendar. The links you "
            "were sent have ended."
        )
    if about.reason == Reason.CANCELLED and about.has_rest:
        return _("It does not take place then. The other dates stay as they are.")
    if about.reason == Reason.CANCELLED:
        return _("It does not take place. Your calendar will show that too.")
    return ""


def answer_by(about: Focus, deadline: dt.datetime | None, zone: dt.tzinfo) -> str:
    """Return until when the reader is asked to answer, "" to who need not, or at any time."""
    if deadline is None or about.partstat != Partstat.NEEDS_ACTION:
        return ""
    return _("Please answer by %(when)s.") % {"when": words.when(deadline, deadline, zone)}


def request(about: Focus) -> str:
    """Return what the mail asks for, above the buttons."""
    if about.reason == Reason.ASKED_AGAIN and not about.is_added:
        return _("Please answer for the new time. An earlier answer no longer counts.")
    if about.partstat == Partstat.NEEDS_ACTION:
        return _("Will you come?")
    answered = _("You answered: %(answer)s. You can still change it.")
    return answered % {"answer": words.partstat(about.partstat.value)}


def series(event: ical.Event) -> str:
    """Say of which series the dates are, "" to who knows only single ones."""
    part = event.master
    if part is None:
        return ""
    return words.repeat(part.rrule, part.start, part.rdates, part.exdates)
