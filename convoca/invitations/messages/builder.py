"""From a claimed delivery to the mail that brings its address up to date."""

from __future__ import annotations

import datetime as dt
from collections.abc import Hashable, Iterable, Iterator
from dataclasses import replace
from functools import lru_cache
from typing import NamedTuple
from urllib.parse import urlsplit

from django.conf import settings
from django.utils import timezone

from convoca.invitations import links
from convoca.invitations.content.readers import Host, answer_by_of, host_of
from convoca.invitations.messages.answers import with_answers
from convoca.invitations.messages.batch import Batch, Invited
from convoca.invitations.messages.news import News, find_news
from convoca.invitations.messages.press import Press, Told, compose_alone
from convoca.mail.models import Delivery, Sender
from convoca.mail.transit import Due, Outcome, Outgoing
from convoca.mail.transport import verp
from convoca.standards.ical.stencil import Unfit
from convoca.standards.imip.compose import Letter, Mailbox, Unmailable
from convoca.standards.imip.pattern import Own
from convoca.standards.itip.outgoing import Telling


def build(
    deliveries: Iterable[Due], press: Press | None = None
) -> Iterator[tuple[Due, Outgoing | Outcome | None]]:
    """Yield each delivery with the mail that brings its address up to date, written when asked for.

    None stands where there is nothing to tell any more, an Outcome where no mail can be written to
    the address. No query per delivery. What a `press` keeps is not made again for the next batch.
    """
    now = timezone.now()
    press = press or Press(now)
    batch = Batch(deliveries, press.versions)
    builder = Builder(batch, press, now)
    for delivery in batch.deliveries:
        yield delivery, _mail(builder, delivery, now)


class Suppressed(Exception):
    """There is something to tell, but mail to the address came back before."""


class _Around(NamedTuple):
    """What is the same in all mails about an event.

    `state` is its version, and the revision of that; `number` stands for what goes into words.
    """

    host: Host
    answer_by: dt.datetime | None
    reply_to: Mailbox
    state: tuple[int, int]
    number: int


class Builder:
    """Builds the mails of one batch."""

    def __init__(self, batch: Batch, press: Press, now: dt.datetime) -> None:
        self._batch = batch
        self._press = press
        self._now = now
        self._arounds: dict[int, _Around] = {}
        self._tellings: dict[tuple[int, int], Telling] = {}
        self._mailboxes: dict[int, Mailbox] = {}

    def build(self, delivery: Due) -> Outgoing | None:
        """Return the mail a delivery asks for, None when there is nothing to tell any more.

        Raises Unmailable, and Suppressed.
        """
        invited = self._batch.invited.get(delivery.pk)
        if invited is None or invited.is_silent:
            return None
        sender = delivery.sender or invited.event.sender
        told, name = self._told(invited, delivery)
        if told is None or sender is None:
            return None
        if self._batch.is_suppressed(invited):
            raise Suppressed
        letter = self._letter(invited, delivery, sender, told)
        return Outgoing(
            delivery_id=delivery.pk,
            version=told.news.version,
            envelope_from=verp.envelope_from(delivery, sender),
            recipient=invited.email,
            content=self._content(invited, delivery, told, letter, name),
            message_id=letter.message_id,
            is_half=told.message.then is not None,
            is_ready=True,
        )

    def _told(self, invited: Invited, delivery: Due) -> tuple[Told | None, str]:
        """Return what is told, and the name in it; found out once for all kin."""
        kin = self._kin(invited, delivery)
        if kin is None:
            told = self._tell(invited, delivery)
            return told, told.message.recipient.name if told else ""
        shared = self._press.shared
        if kin not in shared:
            shared[kin] = self._tell(invited, delivery)
        told = shared[kin]
        if told is None:
            return None, ""
        telling = self._telling(invited, delivery)
        return told, telling.name(told.message.method, invited.email_key)

    def _kin(self, invited: Invited, delivery: Due) -> Hashable:
        """Return what is equal for all who are told the same; None for who is told their own."""
        if delivery.half_sent or delivery.doubted:
            return None
        address, telling = invited.email_key, self._telling(invited, delivery)
        answers = self._batch.answers(invited)
        if answers and answers != {None: telling.partstat(address)}:
            return None  # answered since the version was stored, or single dates
        kin = telling.kin(address)
        if kin is None:
            return None
        state = delivery.sent, delivery.is_reminder, invited.since_version, invited.reader
        nudge = invited.nudge_until, invited.nudges_stopped_at is None
        around = self._around(invited)
        return invited.event_id, *around.state, around.number, *state, *nudge, kin

    def _tell(self, invited: Invited, delivery: Due) -> Told | None:
        """Find out what to tell a guest and put it into words; None when there is nothing."""
        news = find_news(self._batch, invited, delivery)
        if news is None:
            return None
        message = with_answers(news.message, self._batch.answers(invited))
        after = max(delivery.sent, invited.since_version - 1)  # when last reached, or invited
        personal = self._batch.personal(invited.event, after, news.version)
        current = self._batch.version(invited.event, news.version)
        around = self._around(invited)
        wording = self._press.wording(
            message, invited.reader, around.host, personal, current, around.answer_by
        )
        pattern = self._press.pattern(wording, message, personal)
        return Told(replace(news, message=message), wording, personal, pattern)

    def _content(
        self, invited: Invited, delivery: Due, told: Told, letter: Letter, name: str
    ) -> bytes:
        """Return the mail, a copy of the pattern wherever that gives the same."""
        own = Own(
            token=links.token_of(invited.nonce, invited.token_hash),
            reply_token=invited.reply_token,
            address=invited.email,
            attendee=invited.email_key,
            name=name,
        )
        try:
            return told.pattern.compose(letter, own)
        except Unfit:
            alone = self._tell(invited, delivery) or told
            return compose_alone(letter, alone.wording, alone.message, own, alone.personal)

    def _letter(self, invited: Invited, delivery: Due, sender: Sender, told: Told) -> Letter:
        first = self._batch.first_message_id(delivery)
        return Letter(
            sender=self._mailbox(sender),
            recipient=Mailbox(address=invited.email, name=invited.name),
            reply_to=self._around(invited).reply_to,
            subject=told.wording.subject,
            message_id=_message_id(invited, told.news),
            date=self._now,
            references=[first] if first else [],
        )

    def _telling(self, invited: Invited, delivery: Due) -> Telling:
        step = invited.event_id, delivery.sent
        known = self._tellings.get(step)
        if known is None:
            event = invited.event
            known = self._tellings[step] = self._batch.telling(event, delivery.sent, event.version)
        return known

    def _around(self, invited: Invited) -> _Around:
        known = self._arounds.get(invited.event_id)
        if known is None:
            event = invited.event
            host, answer_by = host_of(event), answer_by_of(event, self._now)
            reply_to = Mailbox(address=event.host.email, name=event.host.name)
            number = self._press.number((host, answer_by, event.remind_guests))
            known = _Around(host, answer_by, reply_to, (event.version, event.revision), number)
            self._arounds[invited.event_id] = known
        return known

    def _mailbox(self, sender: Sender) -> Mailbox:
        known = self._mailboxes.get(sender.id)
        if known is None:
            known = Mailbox(address=sender.email, name=sender.name)
            self._mailboxes[sender.id] = known
        return known


def _mail(builder: Builder, delivery: Due, now: dt.datetime) -> Outgoing | Outcome | None:
    try:
        return builder.build(delivery)
    except Unmailable as problem:
        return _failed(delivery, now, Delivery.Reason.UNMAILABLE, str(problem))
    except Suppressed:
        return _failed(delivery, now, Delivery.Reason.SUPPRESSED)


def _failed(delivery: Due, now: dt.datetime, reason: str, words: str = "") -> Outcome:
    return Outcome(
        delivery_id=delivery.pk,
        version=delivery.claimed,
        status=Delivery.Status.FAILED,
        at=now,
        reason=reason,
        response=words,
    )


def _message_id(invited: Invited, news: News) -> str:
    """Return the mail's id: the same whenever the same version is sent to the same guest.

    Nobody else can make it up, for a report that names it is believed (see `bounces.py`): it is
    made of the hash of their key, half of which opens nothing.
    """
    mark = f"{invited.token_hash[:32]}.{news.version}.{invited.resends}"
    mark += ".2" if news.is_second else ""
    return f"<{mark}@{_host_name(settings.BASE_URL)}>"


@lru_cache(4)
def _host_name(url: str) -> str:
    return urlsplit(url).hostname or ""
