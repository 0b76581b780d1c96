"""From a claimed delivery to the mail that brings its address up to date."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Iterable, Iterator
from urllib.parse import urlsplit

from django.conf import settings
from django.utils import timezone

from convoca.invitations.messages.answers import with_answers
from convoca.invitations.messages.batch import Batch
from convoca.invitations.messages.news import News, find_news
from convoca.invitations.messages.press import Press
from convoca.invitations.models import Invitation
from convoca.invitations.readers import is_silent
from convoca.mail import verp
from convoca.mail.models import Delivery, Sender
from convoca.mail.transit import Due, Outcome, Outgoing
from convoca.standards.imip.compose import Letter, Mailbox, Unmailable


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


class Builder:
    """Builds the mails of one batch."""

    def __init__(self, batch: Batch, press: Press, now: dt.datetime) -> None:
        self._batch = batch
        self._press = press
        self._now = now

    def build(self, delivery: Due) -> Outgoing | None:
        """Return the mail a delivery asks for, None when there is nothing to tell any more.

        Raises Unmailable, and Suppressed.
        """
        invitation = self._batch.invitations.get(delivery.pk)
        if invitation is None or is_silent(invitation):
            return None
        news = find_news(self._batch, invitation, delivery)
        sender = delivery.sender or invitation.event.sender
        if news is None or sender is None:
            return None
        if self._batch.is_suppressed(invitation):
            raise Suppressed
        message = with_answers(news.message, self._batch.answers(invitation))
        personal = self._personal(invitation, delivery, news)
        current = self._batch.version(invitation.event, news.version)
        wording = self._press.wording(message, invitation, personal, current)
        letter = self._letter(invitation, delivery, sender, wording.subject, news)
        return Outgoing(
            delivery_id=delivery.pk,
            version=news.version,
            envelope_from=verp.envelope_from(delivery, sender),
            recipient=invitation.email,
            content=self._press.compose(letter, wording, message, invitation, personal),
            message_id=letter.message_id,
            is_half=news.message.then is not None,
            is_ready=True,
        )

    def _personal(self, invitation: Invitation, delivery: Due, news: News) -> str:
        """Return what the host wrote since the guest was last reached, or invited."""
        after = max(delivery.sent, invitation.since_version - 1)
        return self._batch.personal(invitation.event, after, news.version)

    def _letter(
        self,
        invitation: Invitation,
        delivery: Due,
        sender: Sender,
        subject: str,
        news: News,
    ) -> Letter:
        host = invitation.event.host
        first = self._batch.first_message_id(delivery)
        return Letter(
            sender=Mailbox(address=sender.email, name=sender.name),
            recipient=Mailbox(address=invitation.email, name=invitation.name),
            reply_to=Mailbox(address=host.email, name=host.name),
            subject=subject,
            message_id=_message_id(invitation, news),
            date=self._now,
            references=[first] if first else [],
        )


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


def _message_id(invitation: Invitation, news: News) -> str:
    """Return the mail's id: the same whenever the same version is sent to the same guest."""
    event = invitation.event
    digest = hashlib.sha256(f"{event.uid} {invitation.email_key}".encode()).hexdigest()[:32]
    mark = f"{digest}.{news.version}.{invitation.resends}" + (".2" if news.is_second else "")
    return f"<{mark}@{urlsplit(settings.BASE_URL).hostname}>"
