"""What passes between outbox, writer and mail server: a claimed row, its mail, its outcome."""

from __future__ import annotations

import datetime as dt
from typing import NamedTuple

from convoca.mail.models import Delivery, Sender


class Claimed(NamedTuple):
    """What sending needs to know of a claimed `Delivery`, by the names it has there.

    A plain tuple: thousands are made a second, and row objects are most of what they cost.
    """

    id: int
    kind: str
    sender_id: int | None
    email: str
    payload: bytes | memoryview
    claimed: int
    sent: int
    half_sent: int
    doubted: int
    attempts: int
    reason: str
    is_reminder: bool
    sender: Sender | None

    @property
    def pk(self) -> int:
        """The row's id."""
        return self.id


Due = Claimed | Delivery
"""A delivery whose mail is to be written."""


class Outgoing(NamedTuple):
    """One mail ready for a server: the envelope, the bytes, and the row it belongs to.

    `is_half`: the version takes a second mail, which may leave once this one has arrived.
    `is_ready`: each line ends with CRLF and none begins with a dot, as `imip.compose` makes them.
    """

    delivery_id: int
    version: int
    envelope_from: str
    recipient: str
    content: bytes
    message_id: str
    is_half: bool = False
    is_ready: bool = False


class Outcome(NamedTuple):
    """What became of one mail: SENT, DELAYED (try again), FAILED (for good) or DROPPED.

    `is_doubtful`: it was handed over, but the server's answer never came. `is_half`: it was the
    first of two mails.
    """

    delivery_id: int
    version: int
    status: Delivery.Status
    at: dt.datetime
    code: int | None = None
    reason: str = ""
    response: str = ""
    message_id: str = ""
    is_doubtful: bool = False
    is_half: bool = False
