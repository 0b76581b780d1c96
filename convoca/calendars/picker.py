"""The attendee picker: whom a member can invite, found by a few letters."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from convoca.accounts.models import Membership
from convoca.calendars.drafts import Invitee
from convoca.calendars.models import Event
from convoca.guests.addressbook import Candidate

__all__ = ["Candidate", "Reference", "find", "search"]


@dataclass(frozen=True, slots=True)
class Reference:
    """What a door knows of somebody picked.

    `kind` is GUEST, MEMBER, ROOM, or ATTENDEE for somebody on the event whose card is gone.
    """

    kind: str
    public_id: UUID | str


def search(member: Membership, text: str, limit: int = 20) -> list[Candidate]:
    """Return colleagues, rooms and guests that match every word of `text`, best match first.

    An empty text lists colleagues first. Never more than `limit`, and as many queries for one as
    for a thousand.
    """
    raise NotImplementedError


def find(
    member: Membership, references: Sequence[Reference], event: Event | None = None
) -> list[Invitee]:
    """Return who is meant, in the order given; one query a kind.

    Raise Invalid on `attendees.N` for those that are not of the member's team or gone.
    """
    raise NotImplementedError
