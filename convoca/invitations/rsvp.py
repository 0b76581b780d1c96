"""Record an answer, however it came: one path for page, app, host and mail."""

from __future__ import annotations

import datetime as dt

from convoca.accounts.models import Membership
from convoca.invitations.models import Invitation, Rsvp
from convoca.standards.ical.model import Partstat


class Closed(Exception):
    """No answer is taken any more: the event is over or cancelled, or they are not invited."""


def record(
    invitation: Invitation,
    partstat: Partstat,
    *,
    note: str = "",
    source: Rsvp.Source,
    now: dt.datetime,
    member: Membership | None = None,
    seen_sequence: int | None = None,
) -> Rsvp:
    """Keep an answer, apply it where the standard's order lets it count, and tell the host.

    `member` is who entered it, for APP and HOST. `seen_sequence` is the SEQUENCE the answer was
    given to; one to an older time is kept but not applied (`is_applied` is False). The same answer
    twice in a row is recorded once. Raises Closed.
    """
    raise NotImplementedError
