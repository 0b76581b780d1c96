"""The mail that refuses a proposed time, written when the host decides."""

from __future__ import annotations

import datetime as dt
from urllib.parse import urlsplit

from django.conf import settings

from convoca.invitations import links
from convoca.invitations.content.readers import host_of, is_silent, reader_of
from convoca.invitations.messages.press import Press
from convoca.invitations.models import Invitation, Proposal
from convoca.mail import outbox
from convoca.mail.models import Delivery, DeliveryAttempt, Sender
from convoca.standards.imip.compose import Letter, Mailbox
from convoca.standards.imip.pattern import Own
from convoca.standards.itip.messages import Message


def queue_refusal(
    proposal: Proposal, message: Message, personal: str, now: dt.datetime
) -> Delivery | None:
    """Queue the refusal to who proposed, from the event's sender, inside the caller's transaction.

    None when they wish for no mail, or there is no address to write from. Raises Unmailable.
    """
    invitation = proposal.invitation
    sender = invitation.event.sender
    if sender is None or is_silent(invitation):
        return None
    press, reader, host = Press(now), reader_of(invitation), host_of(invitation.event)
    wording = press.wording(message, reader, host, personal, message.event)
    own = Own(
        token=links.token(invitation),
        reply_token=invitation.reply_token,
        address=invitation.email,
        attendee=message.recipient.address,
        name=message.recipient.name,
    )
    letter = _letter(proposal, sender, wording.subject, now)
    return outbox.enqueue_post(
        f"refusal:{proposal.public_id}",
        recipient=invitation.email,
        content=press.compose(letter, wording, message, own, personal),
        team=invitation.event.team,
        sender=sender,
    )


def _letter(proposal: Proposal, sender: Sender, subject: str, now: dt.datetime) -> Letter:
    invitation = proposal.invitation
    host, first = invitation.event.host, _first_message_id(invitation)
    return Letter(
        sender=Mailbox(address=sender.email, name=sender.name),
        recipient=Mailbox(address=invitation.email, name=invitation.name),
        reply_to=Mailbox(address=host.email, name=host.name),
        subject=subject,
        message_id=f"<{proposal.public_id}.refused@{urlsplit(settings.BASE_URL).hostname}>",
        date=now,
        references=[first] if first else [],
    )


def _first_message_id(invitation: Invitation) -> str:
    """Return the id of the first mail that reached them, for the thread; or ""."""
    tries = DeliveryAttempt.objects.filter(
        delivery=invitation.delivery_id, outcome=Delivery.Status.SENT
    ).exclude(message_id="")
    return tries.values_list("message_id", flat=True).order_by("at", "id").first() or ""
