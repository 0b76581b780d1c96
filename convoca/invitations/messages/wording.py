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

from convoca.calendars import snapshot, words
from convoca.invitations import links
from convoca.invitations.content import differences, facts
from convoca.invitations.content.readers import Host, Reader
from convoca.invitations.messages import phrases
from convoca.invitations.messages.focus import Focus, focus, people
from convoca.standards.ical import model as ical
from convoca.standards.ical.model import Partstat
from convoca.standards.imip.pattern import Own
from convoca.standards.itip.messages import Message, Reason

# What stands where each guest has their own: nobody can write it into a title beforehand.
MARKS = Own.marks(secrets.token_hex(13))
_INLINER = css_inline.CSSInliner(load_remote_stylesheets=False, minify_css=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wording:
    """Subject and both bodies, with `MARKS` in them."""

    subject: str
    text: str
    html: str

    def text_for(self, token: str, address: str) -> str:
        """Return the plain text with this guest's links."""
        return self.text.replace(MARKS.token, token).replace(MARKS.address, address)

    def html_for(self, token: str, address: str) -> str:
        """Return the HTML with this guest's links."""
        html = self.html.replace(MARKS.token, token)
        return html.replace(MARKS.address, escape(address))


def write(
    message: Message,
    reader: Reader,
    host: Host,
    personal: str,
    current: ical.Event | None,
    now: dt.datetime,
    answer_by: dt.datetime | None = None,
) -> Wording:
    """Put a message into words.

    `personal` are the host's own words. `current` is the event as it is now, with everyone who
    comes; the message itself may name its recipient alone. `answer_by` is a deadline to come.
    """
    with translation.override(reader.language):
        about, zone = focus(message), ZoneInfo(reader.zone)
        context = _context(message, about, host, zone, MARKS.token)
        context["event"] = _facts(message, about, zone, MARKS.token, people(current, about), now)
        context |= {"host": host, "personal": personal, "reader": reader}
        context["address"] = MARKS.address
        context["answer_by"] = phrases.answer_by(about, answer_by, zone)
        subject = phrases.subject(about) % {
            "title": context["event"].title,
            "when": phrases.when(about, context["event"].when_brief),
        }
        context["subject"] = subject
        text = render_to_string("invitations/mail/message.txt", context)
        html = render_to_string("invitations/mail/message.html", context)
    return Wording(subject=subject, text=_tidy(text), html=_INLINER.inline(html))


def _context(
    message: Message,
    about: Focus,
    host: Host,
    zone: dt.tzinfo,
    token: str,
) -> dict[str, Any]:
    change, event = message.difference, message.event
    is_over = about.reason in {Reason.REMOVED, Reason.CANCELLED}
    original = about.date.recurrence_id if about.date else None
    date = None if original is None or is_over else snapshot.wall(original)
    url = links.rsvp_url(token, recurrence_id=date)
    is_plain = is_over or about.is_added  # the headline says it all
    return {
        "dates": [words.when_briefly(one.start, zone) for one in about.dates],
        "changes": () if is_plain else differences.sections(change, event, zone),
        "proposed": _proposed(message, zone),
        "is_over": is_over,
        "has_rest": about.has_rest,
        "series": phrases.series(event) if about.has_rest else "",
        "headline": phrases.headline(about) % {"host": host.name},
        "explanation": phrases.explanation(about, is_followed=message.then is not None),
        "request": phrases.request(about),
        "url": url,
        "unremind_url": f"{url}#reminders" if about.reason == Reason.REMINDED else "",
        "buttons": _buttons(about, token, date),
        "settings_url": links.settings_url(),
    }


def _facts(
    message: Message,
    about: Focus,
    zone: dt.tzinfo,
    token: str,
    listed: ical.VEvent,
    now: dt.datetime,
) -> facts.Facts:
    change = message.difference
    return facts.of(
        about.part,
        zone,
        lambda key: links.file_url(token, key),
        new_files=[one.identity for one in change.attachments_added] if change else [],
        people=listed,
        following=None if about.dates else facts.next_date(message.event, now),
    )


def _proposed(message: Message, zone: dt.tzinfo) -> str:
    """Return the time that is refused, in words."""
    span = message.proposed
    return words.when(span.start, span.end, zone) if span else ""


def _buttons(about: Focus, token: str, date: dt.datetime | None) -> list[dict[str, Any]]:
    """Return the three answers; the one they gave stands out, at first the one hoped for."""
    texts = {
        Partstat.ACCEPTED: _("Accept"),
        Partstat.TENTATIVE: _("Maybe"),
        Partstat.DECLINED: _("Decline"),
    }
    given = about.partstat
    main = given if given in texts else Partstat.ACCEPTED
    return [
        {"text": text, "url": links.rsvp_url(token, answer, date), "is_main": answer == main}
        for answer, text in texts.items()
    ]


def _tidy(text: str) -> str:
    """Return the text without the blank lines that template tags leave behind."""
    lines = [line.rstrip() for line in text.strip().splitlines()]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)) + "\n"
