"""The attendee picker: whom a member can invite, found by a few letters."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from convoca.accounts import bulk
from convoca.accounts.invalid import FieldError, Invalid
from convoca.accounts.models import Membership
from convoca.accounts.text import fold, one_line
from convoca.calendars.drafts import Invitee
from convoca.calendars.models import Attendee, Event, Kind, Room
from convoca.guests import addressbook
from convoca.guests.addressbook import Candidate
from convoca.guests.models import Guest
from convoca.standards.ical import address

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

    Colleagues stand before rooms and rooms before guests where they match equally well. Never
    more than `limit`, and as many queries for one as for a thousand.
    """
    terms = fold(one_line(text)).split()
    within = [*_colleagues(member), *_rooms(member)]
    ranked = [(_rank(candidate, terms), candidate) for candidate in within]
    ranked += [
        (_rank(candidate, terms), candidate)
        for candidate in addressbook.search(member, text, limit)
    ]
    matching = [(rank, candidate) for rank, candidate in ranked if rank is not None]
    matching.sort(key=lambda pair: pair[0])  # stable: the order within a rank is kept
    return [candidate for _rank_, candidate in matching[:limit]]


def find(
    member: Membership, references: Sequence[Reference], event: Event | None = None
) -> list[Invitee]:
    """Return who is meant, in the order given; the number of queries does not grow with them.

    Raise Invalid on `attendees.N` for those that are not of the member's team or gone.
    """
    ids: defaultdict[str, set[UUID]] = defaultdict(set)
    keys = [(reference.kind, _as_uuid(reference.public_id)) for reference in references]
    for kind, public_id in keys:
        if public_id is not None:
            ids[kind].add(public_id)
    found: dict[tuple[str, UUID | None], Invitee] = {}
    for kind, rows in _sources(member, event).items():
        for some in bulk.batches(ids[kind]):
            for row in rows.filter(public_id__in=some):
                found[kind, row.public_id] = row
    gone = [number for number, key in enumerate(keys) if key not in found]
    if gone:
        words = _("This person or room is not there any more.")
        raise Invalid(FieldError(f"attendees.{number}", words) for number in gone)
    return [found[key] for key in keys]


def _sources(member: Membership, event: Event | None) -> dict[str, QuerySet]:
    """Return where each kind is looked up; who is on the event already is found there too."""
    on_event = Attendee.objects.none()
    if event is not None:
        on_event = Attendee.objects.filter(Q(event=event) | Q(event__series=event))
    colleagues = Membership.objects.colleagues_of(member)
    rooms = Room.objects.filter(team_id=member.team_id, removed_at=None)
    if event is not None and event.team_id == member.team_id:
        on_list = Membership.objects.filter(pk__in=on_event.values("member"))
        colleagues = (colleagues.order_by() | on_list).select_related("user", "team")
        rooms = rooms | Room.objects.filter(pk__in=on_event.values("room"))
    return {
        Kind.GUEST: Guest.objects.visible_to(member),
        Kind.MEMBER: colleagues,
        Kind.ROOM: rooms,
        "ATTENDEE": on_event.filter(event__team_id=member.team_id),
    }


def _as_uuid(public_id: UUID | str) -> UUID | None:
    try:
        return public_id if isinstance(public_id, UUID) else uuid.UUID(public_id)
    except ValueError:
        return None


def _colleagues(member: Membership) -> Iterable[Candidate]:
    """Yield everyone but the member: the host of an event is on it anyway."""
    rows = Membership.objects.colleagues_of(member).exclude(pk=member.pk)
    for colleague in sorted(rows, key=lambda row: fold(row.name)):
        yield Candidate(
            kind=Kind.MEMBER,
            public_id=colleague.public_id,
            name=colleague.name,
            email=address.display(colleague.email),
            label=str(Kind.MEMBER.label),
        )


def _rooms(member: Membership) -> Iterable[Candidate]:
    for room in Room.objects.filter(team_id=member.team_id, removed_at=None):
        yield Candidate(
            kind=Kind.ROOM,
            public_id=room.public_id,
            name=room.name,
            email="",
            label=str(Kind.ROOM.label),
        )


def _rank(candidate: Candidate, terms: list[str]) -> int | None:
    """Return 0 when every term begins a word, 1 when it is somewhere, None when one is missing."""
    words = f" {fold(candidate.name)} {fold(candidate.email)}"
    if not all(term in words for term in terms):
        return 1 if candidate.kind == Kind.GUEST else None
    return 0 if all(f" {term}" in words for term in terms) else 1
