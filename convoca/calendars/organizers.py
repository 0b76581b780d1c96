"""Who an event's ORGANIZER is to calendar programs, for that is where their answers go."""

from __future__ import annotations

import secrets

from django.conf import settings

from convoca.calendars.models import Event
from convoca.mail.models import Sender
from convoca.standards.ical.address import normalise

_PREFIX = "rsvp+"
_LENGTH = len(_PREFIX) + 32


def address_for(event: Event, sender: Sender | None) -> str:
    """Return the address to organize an event with, as long as nobody has been told of one.

    With a reply domain a new event gets a mailbox of its own there, and keeps it; its token is
    what proves that an answer comes from somebody who was invited.
    """
    if is_reply_address(event.organizer_email):
        return event.organizer_email
    if event.pk is None and settings.REPLY_DOMAIN:
        return f"{_PREFIX}{secrets.token_hex(16)}@{settings.REPLY_DOMAIN}"
    return sender.email if sender else event.host.email


def is_reply_address(address: str) -> bool:
    """Tell whether answers to this address come to us, and not into a person's mailbox."""
    local, _at, domain = normalise(address).rpartition("@")
    return local.startswith(_PREFIX) and bool(domain) and len(local) == _LENGTH
