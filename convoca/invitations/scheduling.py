"""Save or cancel an event and, in the same transaction, queue what everyone must come to hold."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from convoca.accounts.invalid import Invalid
from convoca.accounts.models import Membership
from convoca.calendars.drafts import EventDraft
from convoca.calendars.models import Event

Notify = Literal["all", "affected", "none"]
"""Who is told of a save: all attendees, only those added or removed, or nobody for now.

"affected" holds for a mere change of attendees; with any other change everyone is told.
"""


class SenderNotConfirmed(Invalid):
    """There are people to write to, but no address that may be written from."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Audience:
    """Whom a save would write to, by display name: for the button and the question before it.

    `updated` have been reached before and would get the difference. `attendees_only` tells that
    the host may choose "affected". `opted_out` wish for no mail and get none.
    """

    invited: tuple[str, ...] = ()
    updated: tuple[str, ...] = ()
    cancelled: tuple[str, ...] = ()
    opted_out: tuple[str, ...] = ()
    attendees_only: bool = False
    is_past: bool = False

    @property
    def count(self) -> int:
        """Return how many mails would leave."""
        return len(self.invited) + len(self.updated) + len(self.cancelled)


def save_event(
    member: Membership,
    draft: EventDraft,
    event: Event | None = None,
    *,
    message: str = "",
    notify: Notify = "all",
) -> Event:
    """Save a draft as a new event, or over `event`, and queue the mails it asks for.

    One transaction: nothing is ever sent for what was not saved, nothing saved stays unsent.
    `message` are the host's personal words in these mails. Raises Invalid with every complaint
    (SenderNotConfirmed for the sender), LimitReached, NotAllowed.
    """
    raise NotImplementedError


def cancel_event(member: Membership, event: Event, *, message: str = "") -> Event:
    """Cancel an event and queue the news to everyone who was reached. Raises NotAllowed."""
    raise NotImplementedError


def audience(member: Membership, draft: EventDraft, event: Event | None = None) -> Audience:
    """Return whom saving the draft would write to; nothing is written. Raises as `save_event`."""
    raise NotImplementedError
