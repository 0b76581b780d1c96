"""The outbox: what every address must hold, who is sending it now, and what became of it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from convoca.accounts.models import Team
from convoca.mail.models import Delivery, Sender


@dataclass(frozen=True, slots=True, kw_only=True)
class Outgoing:
    """One mail ready for a server: the envelope, the bytes, and the row it belongs to."""

    delivery_id: int
    version: int
    envelope_from: str
    recipient: str
    content: bytes
    message_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of one mail: SENT, DELAYED (try again), FAILED (for good) or DROPPED.

    `is_doubtful`: it was handed over, but the server's answer never came.
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


@dataclass(frozen=True, slots=True)
class Claim:
    """Deliveries this worker alone may send until the lease ends."""

    lease: str
    deliveries: list[Delivery]


def want(
    addresses: Mapping[str, str], *, team: Team, sender: Sender | None, version: int
) -> dict[str, int]:
    """Record that each address must hold `version` now; return the delivery id per key.

    `addresses` maps the unique key of each delivery to its e-mail address. Call it inside the
    transaction that saves the event, for all its guests at once. What was not sent yet is
    replaced; a row being sent now is sent again afterwards. Wakes the worker on commit.
    """
    raise NotImplementedError


def enqueue_post(
    key: str, *, recipient: str, content: bytes, team: Team | None = None
) -> Delivery | None:
    """Queue a finished mail from the system's own address; the same `key` is queued only once.

    Returns None when the key was there before. The content is encrypted until it is sent.
    """
    raise NotImplementedError


def claim(now: dt.datetime, *, limit: int = 100) -> Claim | None:
    """Take up to `limit` due deliveries of any kind; no other worker gets them meanwhile."""
    raise NotImplementedError


def complete(lease: str, outcomes: Iterable[Outcome]) -> list[Delivery]:
    """Write down what became of claimed deliveries; return those that failed for good.

    Rows whose lease has passed to somebody else are left alone. What is wanted anew since the
    claim falls due at once.
    """
    raise NotImplementedError
