"""The team's address book: one card per address, shared by all colleagues."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from convoca.accounts.models import Membership
from convoca.guests.models import Guest


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """Somebody or a room that can be picked; `kind` is GUEST, MEMBER or ROOM as on attendees.

    `label` is the word shown with the name ("guest"), in the reader's language.
    """

    kind: str
    public_id: UUID
    name: str
    email: str
    label: str


def save_guest(
    member: Membership,
    *,
    email: str,
    first_name: str = "",
    last_name: str = "",
    language: str = "",
    timezone: str = "",
) -> Guest | Membership:
    """Return the card with this address, added if nobody had it yet.

    An existing card keeps what it says and only gains what it lacked. The address of a colleague
    yields the colleague. Raise Invalid on an address mail cannot go to, an unknown language or
    zone.
    """
    raise NotImplementedError


def change_guest(
    member: Membership,
    guest: Guest,
    *,
    email: str | None = None,
    first_name: str | None = None,
    last_name: str | None = None,
    language: str | None = None,
    timezone: str | None = None,
) -> Guest:
    """Change what is given on a card; events keep the copies they were saved with.

    Raise Invalid, also when another card or a colleague has the address already.
    """
    raise NotImplementedError


def delete_guest(member: Membership, guest: Guest) -> None:
    """Remove a card from the book; events keep name and address of whom they invited."""
    raise NotImplementedError


def search(member: Membership, text: str, limit: int = 20) -> list[Candidate]:
    """Return the guests whose name or address has every word of `text`, best match first."""
    raise NotImplementedError
