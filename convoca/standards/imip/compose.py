"""A message put into MIME, exactly as mail programs need it to offer their own buttons."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime


class Unmailable(ValueError):
    """What cannot be put into a mail safely, such as an address that is none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mailbox:
    """A name and an address in a mail header."""

    address: str
    name: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """Everything around the calendar object: who writes to whom, and the words in two forms.

    `message_id` and `references` come with angle brackets. `headers` are further ones, already
    known to be needed (List-Unsubscribe, X-...).
    """

    sender: Mailbox
    recipient: Mailbox
    subject: str
    text: str
    html: str
    message_id: str
    date: datetime
    reply_to: Mailbox | None = None
    references: Sequence[str] = ()
    headers: Mapping[str, str] = field(default_factory=dict)


def compose(letter: Letter, ics: bytes, method: str) -> bytes:
    """Return the MIME message that carries a scheduling object to one guest.

    multipart/mixed of multipart/alternative (text, HTML, text/calendar with `method`) and the
    same calendar bytes as the attachment `invite.ics` (RFC 6047, 2.4). CRLF,
    ASCII only unless an address itself needs SMTPUTF8, base64 bodies. Raises Unmailable.
    """
    raise NotImplementedError


def compose_plain(letter: Letter) -> bytes:
    """Return a multipart/alternative of text and HTML: for codes, notices and password resets."""
    raise NotImplementedError
