"""How far the mails about an event have come, and how soon its page has reason to look again."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from dataclasses import dataclass

from convoca.invitations.reaching.ledger import Line, Reach
from convoca.mail.models import Delivery

Status = Delivery.Status
ON_THEIR_WAY = {Status.QUEUED, Status.SENDING, Status.DELAYED}
SOONEST = 2  # seconds
PACE = 500  # attendees whose list costs as much as a second's patience
LONG_LIST = 10  # seconds
LATEST = 60  # seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How many attendees have got what they are to hold; `again` is in seconds, None for never."""

    sent: int
    lost: int
    all: int
    again: int | None


def of(lines: list[Line], now: dt.datetime) -> Progress:
    """Count those who are written to; who is not, for whatever reason, does not count."""
    states = Counter(line.delivery.status for line in lines)
    sent, lost = states[Status.SENT], states[Status.FAILED] + states[Status.BOUNCED]
    waiting = [line.delivery for line in lines if line.delivery.status in ON_THEIR_WAY]
    patience = min(SOONEST + len(lines) // PACE, LONG_LIST)
    again = min((max(_turn(reach, now), patience) for reach in waiting), default=None)
    return Progress(sent=sent, lost=lost, all=sent + lost + len(waiting), again=again)


def _turn(reach: Reach, now: dt.datetime) -> int:
    """Return in how many seconds something may become of a mail; a pause has no known end."""
    if reach.status == Status.SENDING:
        return 0
    if reach.next_try_at is None:
        return LATEST
    return min(round((reach.next_try_at - now).total_seconds()) + 1, LATEST)
