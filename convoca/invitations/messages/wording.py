"""One message in one language and zone: written once, then made each guest's own."""

from __future__ import annotations

import datetime as dt
import re
import secrets
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

import css_inline
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.html import escape
from django.utils.translation import gettext as _

from convoca.calendars import words
from convoca.invitations import differences, facts, links
from convoca.invitations.readers import Host, Reader
from convoca.standards.ical import model as ical
from convoca.standards.ical.model import Partstat
from convoca.standards.imip.pattern import Own
from convoca.standards.itip.messages import Message, Reason

_INLINER = css_inline.CSSInliner(load_remote_stylesheets=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wording:
    """Subject and both bodies; `marks` stand where each guest has their own."""

    subject: str
    text: str
    html: str
    marks: Own

    def text_for(self, token: str, address: str) -> str:
        """Return the plain text with this guest's links."""
        return self.text.replace(self.marks.token, token).replace(self.marks.address, address)

    def html_for(self, token: str, address: str) -> str:
        """Return the HTML with this guest's links."""
        html = self.html.replace(self.marks.token, token)
        return html.replace(self.marks.address, escape(address))


def write(
    message: Message,
    reader: Reader,
    host: Host,
    personal: str,
    listed: ical.VEvent,
) -> Wording:
    """Put a message into words.

    `personal` are the host's own words. `listed` is the component that names everyone who comes;
    the message itself may name its recipient alone.
    """
    marks = Own.marks(secrets.token_hex(8))  # nobody can write it into a title beforehand
    with translation.override(reader.language):
        context = _context(message, host, ZoneInfo(reader.zone), marks.token, listed)
        context |= {"host": host, "personal": personal, "reader": reader}
        context["address"] = marks.address
        subject = _subject(message.reason) % {
            "title": context["event"].title,
            "when": context["event"].when_brief,
        }
        context["subject"] = subject
        text = render_to_string("invitations/mail/message.txt", context)
        html = render_to_string("invitations/mail/message.html", context)
    return Wording(subject=subject, text=_tidy(text), html=_INLINER.inline(html), marks=marks)


def _context(
    message: Message, host: Host, zone: dt.tzinfo, token: str, listed: ical.VEvent
) -> dict[str, Any]:
    part, change = message.event.main, message.difference
    is_over = message.reason in {Reason.REMOVED, Reason.CANCELLED}
    return {
        "event": facts.of(
            part,
            zone,
            lambda key: links.file_url(token, key),
            new_files=[one.identity for one in change.attachments_added] if change else [],
            people=listed,
        ),
        "dates": [words.when_briefly(one.start, zone) for one in message.event.overrides],
        "is_single_dates": message.event.master is None,
        "changes": () if is_over else differences.sections(change, part.start, zone),
        "proposed": _proposed(message, zone),
        "reason": message.reason.value,
        "is_over": is_over,
        "headline": _headline(message.reason, host.name),
        "request": _request(message.reason, message.recipient.partstat),
        "url": links.rsvp_url(token),
        "buttons": _buttons(message, token),
        "settings_url": links.settings_url(),
    }


def _proposed(message: Message, zone: dt.tzinfo) -> str:
    """Return the time that is refused, in words."""
    span = message.proposed
    return words.when(span.start, span.end, zone) if span else ""


def _buttons(message: Message, token: str) -> list[dict[str, Any]]:
    """Return the three answers; the one they gave stands out, at first the one hoped for."""
    texts = {
        Partstat.ACCEPTED: _("Accept"),
        Partstat.TENTATIVE: _("Maybe"),
        Partstat.DECLINED: _("Decline"),
    }
    given = message.recipient.partstat
    main = given if given in texts else Partstat.ACCEPTED
    return [
        {"text": text, "url": links.rsvp_url(token, answer), "is_main": answer == main}
        for answer, text in texts.items()
    ]


def _subject(reason: Reason) -> str:
    """Return the subject's pattern, with room for title and time."""
    return {
        Reason.INVITED: _("Invitation: %(title)s, %(when)s"),
        Reason.ASKED_AGAIN: _("Changed: %(title)s, %(when)s"),
        Reason.UPDATED: _("Changed: %(title)s, %(when)s"),
        Reason.CONTINUED: _("Changed: %(title)s, %(when)s"),
        Reason.REPLACED: _("Changed: %(title)s, %(when)s"),
        Reason.REMOVED: _("No longer invited: %(title)s, %(when)s"),
        Reason.CANCELLED: _("Cancelled: %(title)s, %(when)s"),
        Reason.REFUSED: _("It stays as it was: %(title)s, %(when)s"),
    }[reason]


def _headline(reason: Reason, host: str) -> str:
    """Return what the mail says first: who did what."""
    return {
        Reason.INVITED: _("%(host)s invites you"),
        Reason.ASKED_AGAIN: _("%(host)s changed the time"),
        Reason.UPDATED: _("%(host)s changed the event"),
        Reason.CONTINUED: _("%(host)s changed this and the following dates"),
        Reason.REPLACED: _("%(host)s changed the event"),
        Reason.REMOVED: _("%(host)s took you off the guest list"),
        Reason.CANCELLED: _("%(host)s cancelled the event"),
        Reason.REFUSED: _("%(host)s keeps the time"),
    }[reason] % {"host": host}


def _request(reason: Reason, partstat: Partstat) -> str:
    """Return what the mail asks for, above the buttons."""
    if reason == Reason.ASKED_AGAIN:
        return _("Please answer for the new time. An earlier answer no longer counts.")
    if partstat == Partstat.NEEDS_ACTION:
        return _("Will you come?")
    answered = _("You answered: %(answer)s. You can still change it.")
    return answered % {"answer": words.partstat(partstat.value)}


def _tidy(text: str) -> str:
    """Return the text without the blank lines that template tags leave behind."""
    lines = [line.rstrip() for line in text.strip().splitlines()]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)) + "\n"
