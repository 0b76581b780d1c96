"""What guests are told in common is put into words and MIME once; each then gets their own copy."""

from __future__ import annotations

import datetime as dt
from collections.abc import Hashable
from dataclasses import replace
from typing import Any, NamedTuple

from convoca.invitations.content import copies
from convoca.invitations.content.readers import Host, Reader
from convoca.invitations.messages.focus import focus
from convoca.invitations.messages.news import News
from convoca.invitations.messages.versions import Versions
from convoca.invitations.messages.wording import MARKS, Wording, write
from convoca.standards.ical import model as ical
from convoca.standards.ical import writing
from convoca.standards.ical.stencil import Unfit
from convoca.standards.imip.compose import Letter, compose
from convoca.standards.imip.pattern import Own, Pattern
from convoca.standards.itip.messages import Message

Lists = tuple[tuple[ical.Moment | None, tuple[ical.Attendee, ...]], ...]


LIFETIME = dt.timedelta(minutes=1)
MOST_KEPT = 100  # wordings, and patterns; some ten kilobytes each


class Told(NamedTuple):
    """What one guest is told, or all their kin: `message` is then that of the first of these."""

    news: News
    wording: Wording
    personal: str
    pattern: Pattern

    @property
    def message(self) -> Message:
        """Return the message."""
        return self.news.message


class Press:
    """Keeps versions, wordings and patterns from one batch to the next, for a while."""

    def __init__(self, now: dt.datetime) -> None:
        self.versions = Versions(now)
        self._now = now
        self._worn_at = now + LIFETIME
        self._wordings: dict[Any, tuple[Wording, Message]] = {}
        self._patterns: dict[tuple[int, Lists], Pattern] = {}
        self._numbers: dict[Hashable, int] = {}
        self.shared: dict[Hashable, Told | None] = {}  # what kin are told, see `builder`

    def fresh(self, now: dt.datetime) -> Press:
        """Return this press, or a new one when it is old or full."""
        is_full = max(len(self._wordings), len(self._patterns), len(self.shared)) > MOST_KEPT
        return Press(now) if is_full or now > self._worn_at else self

    def number(self, value: Hashable) -> int:
        """Return a number that equal values share: a short key for a long one."""
        return self._numbers.setdefault(value, len(self._numbers))

    def wording(
        self,
        message: Message,
        reader: Reader,
        host: Host,
        personal: str,
        current: ical.Event | None,
        answer_by: dt.datetime | None = None,
    ) -> Wording:
        """Return the words for this message, shared by all who are told the same.

        `personal` are the host's own, `current` is the event with everyone who comes. `answer_by`
        is a deadline to come.
        """
        # The ids stay those of these objects, for the first message is kept beside its words.
        shared = id(message.common or message), id(message.difference)
        answer, is_followed = focus(message).partstat, message.then is not None
        told = message.method, message.reason, is_followed, answer, personal, answer_by
        key = reader, host, *shared, *told
        if key not in self._wordings:
            wording = write(message, reader, host, personal, current, self._now, answer_by)
            self._wordings[key] = wording, message
        return self._wordings[key][0]

    def compose(
        self, letter: Letter, wording: Wording, message: Message, own: Own, personal: str
    ) -> bytes:
        """Return the mail for one guest, a copy of the pattern wherever that gives the same."""
        try:
            return self.pattern(wording, message, personal).compose(letter, own)
        except Unfit:
            return compose_alone(letter, wording, message, own, personal)

    def pattern(self, wording: Wording, message: Message, personal: str) -> Pattern:
        """Return the pattern for all who are shown the same attendees but for themselves."""
        lists = () if message.event is message.common else _marked(message)
        key = id(wording), lists
        if key not in self._patterns:
            event = _with_lists(message.event, lists) if lists else message.event
            ics = _calendar(replace(message, event=event), MARKS, personal)
            self._patterns[key] = Pattern(wording.text, wording.html, ics, message.method, MARKS)
        return self._patterns[key]


def compose_alone(
    letter: Letter, wording: Wording, message: Message, own: Own, personal: str
) -> bytes:
    """Return the mail for one guest, written for them alone: what each copy must be equal to."""
    letter = letter._replace(
        text=wording.text_for(own.token, own.address),
        html=wording.html_for(own.token, own.address),
    )
    return compose(letter, _calendar(message, own, personal), message.method.value)


def _calendar(message: Message, own: Own, personal: str) -> bytes:
    """Return the scheduling object with what is the guest's own in it."""
    event = message.event.map(
        lambda part: replace(
            copies.own(part, reply_token=own.reply_token, token=own.token), comment=personal
        )
    )
    return writing.write(event, method=message.method.value)


def _marked(message: Message) -> Lists:
    """Return each component's date and its attendees, with marks in place of the guest's own line.

    The components follow from what guests have in common and, where a date was answered, from the
    date.
    """
    mine = message.recipient

    def mark(one: ical.Attendee) -> ical.Attendee:
        if one.address != mine.address:
            return one
        return replace(
            one, address=MARKS.attendee, name=MARKS.name if one.name == mine.name else one.name
        )

    parts = message.event.components()
    return tuple((part.recurrence_id, tuple(map(mark, part.attendees))) for part in parts)


def _with_lists(event: ical.Event, lists: Lists) -> ical.Event:
    rest = iter(lists)
    return event.map(lambda part: replace(part, attendees=next(rest)[1]))
