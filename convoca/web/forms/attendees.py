"""The people of the event form: what its hidden inputs say, and the chips that show them.

A key names one of them: `member:<id>`, `guest:<id>`, `room:<id>`, `attendee:<id>` for somebody
whose card is gone, or `email:Gwen López <gwen@example.org>` for an address typed or pasted.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from email.utils import parseaddr

from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from convoca.accounts.invalid import Invalid
from convoca.accounts.models import Membership
from convoca.calendars import picker
from convoca.calendars.drafts import Invitee, NewGuest
from convoca.calendars.models import Attendee, Event, Kind, Room
from convoca.guests.models import Guest
from convoca.invitations.reaching import suppressed
from convoca.standards.ical import address


@dataclass(frozen=True, slots=True, kw_only=True)
class Chip:
    """Somebody picked, as the form shows them; `is_me` is the member who fills it in.

    `note` warns that no mail will go to them.
    """

    key: str
    kind: str
    name: str
    email: str = ""
    is_me: bool = False
    is_doubtful: bool = False
    note: str = ""


_NOTES = {
    suppressed.Why.BOUNCED: _("address does not exist"),
    suppressed.Why.OPTED_OUT: _("wants no e-mail"),
}


class People:
    """Whom the posted keys and typed addresses mean."""

    def __init__(
        self, member: Membership, keys: Sequence[str], typed: str = "", event: Event | None = None
    ) -> None:
        self.member = member
        self.event = event
        addresses = (line.strip() for line in typed.splitlines())
        lines = [f"email:{line}" for line in addresses if line]
        self.keys = list(dict.fromkeys([*keys, *lines]))

    @cached_property
    def invitees(self) -> list[Invitee]:
        """Everyone meant, in the order they were picked."""
        return [
            self._found[key] if key in self._found else _new_guest(key.partition(":")[2])
            for key in self.keys
            if key in self._found or key.startswith("email:")
        ]

    @property
    def is_somebody_gone(self) -> bool:
        """Somebody picked is not of this team, or was removed meanwhile."""
        return len(self._found) < len(self._references)

    def chips(self) -> list[Chip]:
        """Draw them for the form."""
        return chips_of(self.invitees, self.member)

    @property
    def _references(self) -> list[str]:
        return [key for key in self.keys if not key.startswith("email:")]

    @cached_property
    def _found(self) -> dict[str, Invitee]:
        try:
            return self._find(self._references)
        except Invalid as refusal:
            gone = {error.field for error in refusal.errors}
            return self._find(
                [key for n, key in enumerate(self._references) if f"attendees.{n}" not in gone]
            )

    def _find(self, keys: list[str]) -> dict[str, Invitee]:
        references = [_reference(key) for key in keys]
        found = picker.find(self.member, references, self.event)
        return dict(zip(keys, found, strict=True))


def chips_of(invitees: Iterable[Invitee], member: Membership) -> list[Chip]:
    """Draw the people of a draft, with a warning to those who get no mail."""
    chips = [chip_of(invitee, member) for invitee in invitees]
    notes = unmailed(member, [chip.email for chip in chips if chip.kind == Kind.GUEST])
    return [dataclasses.replace(chip, note=notes.get(chip.email, "")) for chip in chips]


def unmailed(member: Membership, emails: Iterable[str]) -> dict[str, str]:
    """Say in words to which of these guests' addresses nothing is sent; few queries."""
    keys = {email: address.normalise(email) for email in emails}
    why = suppressed.among(member, keys.values())
    return {email: str(_NOTES[why[key]]) for email, key in keys.items() if key in why}


def chip_of(invitee: Invitee, member: Membership) -> Chip:
    match invitee:
        case Membership():
            key, is_me = f"member:{invitee.public_id}", invitee.pk == member.pk
            return Chip(
                key=key, kind=Kind.MEMBER, name=invitee.name, email=invitee.email, is_me=is_me
            )
        case Guest():
            key = f"guest:{invitee.public_id}"
            return Chip(key=key, kind=Kind.GUEST, name=invitee.name, email=invitee.email)
        case Room():
            return Chip(key=f"room:{invitee.public_id}", kind=Kind.ROOM, name=invitee.name)
        case Attendee():
            key = f"attendee:{invitee.public_id}"
            return Chip(key=key, kind=invitee.kind, name=invitee.name, email=invitee.email)
        case NewGuest():
            return _typed_chip(invitee)
    raise TypeError(invitee)


def _typed_chip(guest: NewGuest) -> Chip:
    name = f"{guest.first_name} {guest.last_name}".strip()
    return Chip(
        key=f"email:{name} <{guest.email}>" if name else f"email:{guest.email}",
        kind=Kind.GUEST,
        name=name or guest.email,
        email=guest.email,
        is_doubtful=not address.is_address(guest.email),
    )


def _reference(key: str) -> picker.Reference:
    kind, _colon, public_id = key.partition(":")
    return picker.Reference(kind.upper(), public_id)


def _new_guest(text: str) -> NewGuest:
    """Read `Gwen López <gwen@example.org>`; what is no address stays as typed."""
    name, email = parseaddr(text)
    if not address.is_address(email):
        return NewGuest(email=text)
    first, _space, last = name.partition(" ")
    return NewGuest(email=email, first_name=first, last_name=last)
