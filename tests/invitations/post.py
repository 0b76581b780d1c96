"""The worker's round without a network: what is due is built, handed to a list, and completed."""

from __future__ import annotations

import email
import email.policy
from email.message import EmailMessage

from django.utils import timezone

from convoca.invitations import messages
from convoca.mail import outbox
from convoca.mail.models import Delivery
from convoca.mail.transit import Outcome, Outgoing

Status = Delivery.Status


def deliver(*refused: str) -> dict[str, EmailMessage]:
    """Send every invitation that is due; return the mails by recipient.

    An address in `refused` answers that it does not exist.
    """
    return dict(deliver_all(*refused))


def deliver_all(*refused: str) -> list[tuple[str, EmailMessage]]:
    """Send every invitation that is due, as `deliver` does; return each mail with its recipient."""
    mails: list[tuple[str, EmailMessage]] = []
    while claim := outbox.claim(timezone.now()):
        outcomes = []
        for delivery in claim.deliveries:
            if delivery.kind == Delivery.Kind.POST:
                outgoing: object = outbox.open_post(delivery)
            else:
                [(_delivery, outgoing)] = messages.build([delivery])
            outcomes.append(_outcome(delivery, outgoing, refused))
            if isinstance(outgoing, Outgoing) and delivery.kind == Delivery.Kind.INVITATION:
                mails.append((delivery.email, _parse(outgoing.content)))
        outbox.complete(claim.lease, outcomes)
    return mails


def notices() -> list[EmailMessage]:
    """Send the finished mails that are due, and return them."""
    mails = []
    for delivery in Delivery.objects.filter(kind=Delivery.Kind.POST, sent=0).order_by("id"):
        delivery.claimed = delivery.wanted
        mails.append(_parse(outbox.open_post(delivery).content))
    Delivery.objects.filter(kind=Delivery.Kind.POST).update(sent=1, due_at=None)
    return mails


def part(mail: EmailMessage, kind: str) -> str:
    """Return the text of the first part of a type: plain, html or calendar."""
    found = next(one for one in mail.walk() if one.get_content_type() == f"text/{kind}")
    payload = found.get_payload(decode=True)
    assert isinstance(payload, bytes)
    return payload.decode("utf-8").replace("\r\n", "\n")


def _outcome(delivery: Delivery, outgoing: object, refused: tuple[str, ...]) -> Outcome:
    now = timezone.now()
    if isinstance(outgoing, Outcome):
        return outgoing
    if not isinstance(outgoing, Outgoing):
        return Outcome(
            delivery_id=delivery.pk, version=delivery.claimed, status=Status.DROPPED, at=now
        )
    is_refused = delivery.email in refused
    return Outcome(
        delivery_id=delivery.pk,
        version=outgoing.version,
        status=Status.FAILED if is_refused else Status.SENT,
        at=now,
        reason=Delivery.Reason.UNKNOWN_ADDRESS if is_refused else "",
        response="550 5.1.1 No such user" if is_refused else "250 OK",
        message_id=outgoing.message_id,
        is_half=outgoing.is_half,
    )


def _parse(content: bytes) -> EmailMessage:
    mail = email.message_from_bytes(content, policy=email.policy.default)
    assert isinstance(mail, EmailMessage)
    return mail
