"""The team's rooms: added, renamed and taken off the list by its administrators."""

from __future__ import annotations

from django.utils.timezone import now
from django.utils.translation import gettext_lazy as _

from convoca.accounts.invalid import FieldError, Invalid
from convoca.accounts.models import Membership
from convoca.accounts.refusals import NotAllowed
from convoca.accounts.text import one_line
from convoca.calendars.models import Room

MAX_NAME, MAX_CAPACITY = 120, 10_000


def of_team(member: Membership) -> list[Room]:
    """Return the rooms that can be invited."""
    return list(Room.objects.filter(team_id=member.team_id, removed_at=None))


def save(
    member: Membership, *, name: str, capacity: int | None = None, room: Room | None = None
) -> Room:
    """Add a room, or change `room`; raise NotAllowed, or Invalid with every complaint."""
    room = room or Room(team=member.team)
    if not member.is_admin or room.team_id != member.team_id:
        raise NotAllowed
    name = one_line(name)
    errors = []
    if not 0 < len(name) <= MAX_NAME:
        errors.append(FieldError("name", _("Write a name of at most 120 characters.")))
    elif any(other.name == name and other.pk != room.pk for other in of_team(member)):
        errors.append(FieldError("name", _("There is a room of this name already.")))
    if capacity is not None and not 0 < capacity <= MAX_CAPACITY:
        errors.append(FieldError("capacity", _("Write a number from 1 to 10,000.")))
    if errors:
        raise Invalid(errors)
    room.name, room.capacity = name, capacity
    room.save()
    return room


def remove(member: Membership, room: Room) -> None:
    """Take a room off the list; events that have it keep it. Raise NotAllowed."""
    if not member.is_admin or room.team_id != member.team_id:
        raise NotAllowed
    room.removed_at = now()
    room.save(update_fields=["removed_at"])
