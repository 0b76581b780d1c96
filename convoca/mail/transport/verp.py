"""The envelope sender of each mail: an address of its own, so that a bounce says whose it is."""

from __future__ import annotations

import hmac
import re
from collections.abc import Iterator

from django.conf import settings

from convoca.mail.models import Sender
from convoca.mail.transit import Due
from convoca.standards.ical.address import normalise

PREFIX = "bounce+"
_PURPOSE = b"convoca.mail.transport.verp:"
_MARK = re.compile(r"(\d{1,18})\.([0-9a-f]{20})", re.ASCII)
_ADDRESS = re.compile(rf"{re.escape(PREFIX)}([0-9a-f.]{{1,39}})@(.+)")


def envelope_from(delivery: Due, sender: Sender) -> str:
    """Return where reports about a delivery shall go.

    With a reply domain that is a mailbox of ours. A sender's own server takes no foreign address,
    so its mails keep the sender's.
    """
    if not settings.REPLY_DOMAIN or sender.smtp_host:
        return sender.email
    return f"{PREFIX}{mark(delivery.pk)}@{settings.REPLY_DOMAIN}"


def delivery_id(address: str) -> int | None:
    """Return the delivery an address of ours stands for, None if it is none that we made.

    Addresses made with a former key (SECRET_KEY_FALLBACKS) are known, too.
    """
    match = _ADDRESS.fullmatch(normalise(address))
    if match is None or match[2] != normalise(f"x@{settings.REPLY_DOMAIN}").partition("@")[2]:
        return None
    return marked(match[1])


def mark(number: int) -> str:
    """Return what stands for a delivery where strangers may hand it back: nobody can make one."""
    return f"{number}.{_seal(str(number), settings.SECRET_KEY)}"


def marked(text: str) -> int | None:
    """Return the delivery that a mark of ours stands for, None if we did not make it."""
    match = _MARK.fullmatch(text)
    if match is None:
        return None
    is_ours = any(hmac.compare_digest(_seal(match[1], key), match[2]) for key in _keys())
    return int(match[1]) if is_ours else None


def _keys() -> Iterator[str]:
    yield settings.SECRET_KEY
    yield from map(str, settings.SECRET_KEY_FALLBACKS)


def _seal(number: str, key: str) -> str:
    return hmac.digest(key.encode(), _PURPOSE + number.encode(), "sha256").hex()[:20]
