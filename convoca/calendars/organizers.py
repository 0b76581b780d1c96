"""Who an event's ORGANIZER is to calendar programs, for that is where their answers go."""

from __future__ import annotations

import secrets

from django.conf import settings

from convoca.calendars.models import Event
from convoca.mail.models import Sender
from convoca.standards.ical.address import normalise

_PREFIX = "rsvp+"
_TOKEN_BYTES = 16
_LENGTH = len(_PREFIX) + 2 * _TOKEN_BYTES


def address_for(event: Event, sender: Sender | None) -> str:
    """Return the address to organize an event with, as long as nobody has been told of one.

    With a reply domain a new event gets a mailbox of its own there, and keeps it. Each guest's copy
    names a mailbox of theirs instead, see `own_address`.
    """
    if is_reply_address(event.organizer_email):
        return event.organizer_email
    if event.pk is None and settings.REPLY_DOMAIN:
        return f"{_PREFIX}{new_token()}@{settings.REPLY_DOMAIN}"
    return sender.email if sender else event.host.email


def new_token() -> str:
    """Return a fresh token for a reply address."""
    return secrets.token_hex(_TOKEN_BYTES)


def own_address(organizer: str, token: str) -> str:
    """Return the organizer's address as one guest's copy names it: a mailbox of theirs alone.

    An organizer whose answers go to a person's mailbox stays as it is.
    """
    if not is_reply_address(organizer):
        return organizer
    return f"{_PREFIX}{token}@{organizer.rpartition('@')[2]}"


def token_in(address: str) -> str:
    """Return the token of a reply address."""
    return normalise(address).rpartition("@")[0].removeprefix(_PREFIX)


def is_reply_address(address: str) -> bool:
    """Tell whether answers to this address come to us, and not into a person's mailbox."""
    local, _at, domain = normalise(address).rpartition("@")
    return local.startswith(_PREFIX) and bool(domain) and len(local) == _LENGTH
