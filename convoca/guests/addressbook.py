"""The team's address book: one card per address, shared by all colleagues."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from uuid import UUID, uuid4

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from convoca.accounts import bulk
from convoca.accounts.invalid import FieldError, Invalid
from convoca.accounts.models import LANGUAGES, Membership, Team
from convoca.accounts.text import one_line
from convoca.accounts.zones import is_zone
from convoca.guests.models import Guest, search_text
from convoca.standards.ical import address

MAX_ADDRESS, MAX_NAME = 254, 80


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


@dataclass(frozen=True, kw_only=True)
class NewGuest:
    """Somebody typed in, not looked up yet: may turn out to have a card or to be a colleague."""

    email: str
    first_name: str = ""
    last_name: str = ""
    language: str = ""
    timezone: str = ""

    @cached_property
    def key(self) -> str:
        """Return the address in the spelling by which cards are compared."""
        return address.normalise(self.email)


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
    new = clean(
        NewGuest(
            email=email,
            first_name=first_name,
            last_name=last_name,
            language=language,
            timezone=timezone,
        )
    )
    found = known(member, [new.key]).get(new.key)
    if found is None:
        add(member, [new])
        found = known(member, [new.key])[new.key]
    if isinstance(found, Guest):
        _complete(found, new)
    return found


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
    given = {
        "email": email,
        "first_name": first_name,
        "last_name": last_name,
        "language": language,
        "timezone": timezone,
    }
    card = NewGuest(**{name: getattr(guest, name) for name in given})
    changes = {name: value for name, value in given.items() if value is not None}
    card = clean(dataclasses.replace(card, **changes))
    if known(member, [card.key]).get(card.key) not in (None, guest):
        raise Invalid.field("email", gettext_lazy("Somebody has this address already."))
    for name in given:
        setattr(guest, name, getattr(card, name))
    guest.save()
    return guest


def delete_guest(member: Membership, guest: Guest) -> None:
    """Remove a card from the book; events keep name and address of whom they invited."""
    Guest.objects.visible_to(member).filter(pk=guest.pk).delete()


def search(member: Membership, text: str, limit: int = 20) -> list[Candidate]:
    """Return the guests whose name or address has every word of `text`, best match first."""
    guests = Guest.objects.visible_to(member).matching(one_line(text))[:limit]
    return [candidate(guest) for guest in guests]


def candidate(guest: Guest) -> Candidate:
    """Return a card as the picker shows it."""
    return Candidate(
        kind="GUEST",
        public_id=guest.public_id,
        name=guest.name,
        email=address.display(guest.email),
        label=_("guest"),
    )


def clean(new: NewGuest) -> NewGuest:
    """Return what was typed as it can be kept, or raise Invalid with every complaint."""
    new = NewGuest(**{field.name: one_line(getattr(new, field.name)) for field in _FIELDS})
    errors = list(_complaints(new))
    if errors:
        raise Invalid(errors)
    return new


def known(member: Membership, keys: Iterable[str]) -> dict[str, Guest | Membership]:
    """Return whom the team knows by these addresses: colleagues first, else their cards."""
    wanted = sorted(set(keys))
    found: dict[str, Guest | Membership] = {}
    for some in bulk.batches(wanted):
        cards = Guest.objects.visible_to(member).filter(email_key__in=some)
        found.update((card.email_key, card) for card in cards)
    if wanted:
        colleagues = Membership.objects.colleagues_of(member)
        by_key = {address.normalise(colleague.email): colleague for colleague in colleagues}
        found.update((key, by_key[key]) for key in wanted if key in by_key)
    return found


def add(member: Membership, news: Iterable[NewGuest]) -> dict[str, int]:
    """Add a card for each (clean ones, see `clean`) and return their ids by address.

    Who was added meanwhile is found.
    """
    rows = [_row(member.team, new) for new in news]
    bulk.insert(Guest(team=member.team, created_by=member), rows, or_ignore=True)
    ids: dict[str, int] = {}
    cards = Guest.objects.visible_to(member).values_list("email_key", "pk")
    for keys in bulk.batches(row["email_key"] for row in rows):
        ids |= cards.filter(email_key__in=keys)
    return ids


def _row(team: Team, new: NewGuest) -> dict[str, Any]:
    return {
        "public_id": uuid4(),
        "email": new.email,
        "email_key": new.key,
        "first_name": new.first_name,
        "last_name": new.last_name,
        "language": new.language or team.language,
        "timezone": new.timezone or team.timezone,
        "search_text": search_text(new.first_name, new.last_name, new.email),
    }


_FIELDS = dataclasses.fields(NewGuest)


def _complaints(new: NewGuest) -> Iterable[FieldError]:
    if not new.email:
        yield FieldError("email", gettext_lazy("Write an e-mail address."))
    elif len(new.email) > MAX_ADDRESS or not address.is_address(new.email):
        yield FieldError("email", gettext_lazy("This is not an e-mail address."))
    for field in ("first_name", "last_name"):
        if len(getattr(new, field)) > MAX_NAME:
            yield FieldError(field, gettext_lazy("Write at most 80 characters."))
    if new.language and new.language not in dict(LANGUAGES):
        yield FieldError("language", gettext_lazy("This language is not known."))
    if new.timezone and not is_zone(new.timezone):
        yield FieldError("timezone", gettext_lazy("This time zone is not known."))


def _complete(guest: Guest, new: NewGuest) -> None:
    if guest.first_name or guest.last_name or not (new.first_name or new.last_name):
        return
    guest.first_name, guest.last_name = new.first_name, new.last_name
    guest.save()
