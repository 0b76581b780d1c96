"""Whom a draft invites, as attendee rows: those who stay keep theirs, with their answer."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass, field, replace

from django.utils.translation import gettext_lazy as _

from convoca.accounts import bulk
from convoca.accounts.invalid import FieldError, Invalid
from convoca.accounts.listing import numbers
from convoca.accounts.models import Membership
from convoca.calendars import overrides
from convoca.calendars.drafts import Invitee
from convoca.calendars.models import Attendee, Event, Kind, Room
from convoca.guests import addressbook
from convoca.guests.addressbook import NewGuest
from convoca.guests.models import Guest
from convoca.standards.ical import address


@dataclass(slots=True, kw_only=True)
class Attendance:
    """The attendees of one event, or of one date, as they shall be; nothing of it is written yet.

    `rows` are kept or new ones in the host's order, `came` and `went` who was not or is not among
    them, `moved` those that change their place. `news` are the rows whose guest has no card yet,
    `found` the kept ones whose guest has a card again.
    """

    rows: list[Attendee] = field(default_factory=list)
    came: list[Attendee] = field(default_factory=list)
    went: list[Attendee] = field(default_factory=list)
    moved: list[Attendee] = field(default_factory=list)
    news: list[tuple[Attendee, NewGuest]] = field(default_factory=list)
    found: list[Attendee] = field(default_factory=list)
    errors: list[FieldError] = field(default_factory=list)

    @property
    def added(self) -> list[Attendee]:
        """Return the rows to be created."""
        return [row for row in self.rows if row.pk is None]

    @property
    def removed(self) -> list[int]:
        """Return the keys of the rows to be deleted."""
        return [row.pk for row in self.went if row.pk is not None]

    @property
    def has_guests(self) -> bool:
        return any(row.kind == Kind.GUEST for row in self.rows)


def arrange(
    member: Membership, invitees: Sequence[Invitee], event: Event, before: Sequence[Attendee]
) -> Attendance:
    """Return the attendance that the invitees ask for; `before` are the event's rows so far.

    Each person and room comes once, the host never: they are the organizer. Complaints are about
    `attendees.N`. The number of queries does not grow with the invitees.
    """
    attendance = Attendance()
    kept = {key: row for row in before for key in _keys(row)}
    taken: set[Hashable] = {address.normalise(event.host.email), ("member", event.host_id)}
    for number, invitee in _looked_up(member, invitees, attendance.errors):
        row = _find(invitee, kept) or _make(invitee, event)
        if row is None:
            gone = _("This person or room is not there any more.")
            attendance.errors.append(FieldError(f"attendees.{number}", gone))
            continue
        keys = set(_keys(row))
        if not keys & taken:
            attendance.rows.append(row)
            _note_card(attendance, row, invitee)
        taken |= keys
    staying, known = {id(row) for row in attendance.rows}, {id(row) for row in before}
    attendance.went = [row for row in before if id(row) not in staying]
    attendance.came = [row for row in attendance.rows if id(row) not in known]
    attendance.moved = _place(attendance.rows)
    return attendance


def follow(attendance: Attendance, event: Event, leader: Attendance) -> None:
    """Let the attendance of a row follow another: who came there comes, who went there goes."""
    going = {_identity(row) for row in leader.went}
    attendance.went += [row for row in attendance.rows if _identity(row) in going]
    attendance.rows = [row for row in attendance.rows if _identity(row) not in going]
    known = {_identity(row) for row in attendance.rows}
    news = {id(row): new for row, new in leader.news}
    coming = [row for row in leader.came if _identity(row) not in known]
    last = max((row.position for row in attendance.rows), default=-1)
    for row, made in zip(coming, overrides.copies(coming, event), strict=True):
        last += 1
        made.position = last
        attendance.rows.append(made)
        if id(row) in news:
            attendance.news.append((made, news[id(row)]))


def _identity(row: Attendee) -> Hashable:
    return row.email_key or ("room", row.room_id)


def write(member: Membership, attendances: Iterable[Attendance]) -> None:
    """Write the attendances of saved rows, in bulk; new guests get their card first."""
    every = list(attendances)
    news = [one for attendance in every for one in attendance.news]
    if news:
        cards = addressbook.add(member, {new.key: new for _row, new in news}.values())
        for row, new in news:
            row.guest_id = cards[new.key]
    found = [row for attendance in every for row in attendance.found]
    found += [row for row, _new in news if row.pk]
    moved = [row for attendance in every for row in attendance.moved]
    removed = [key for attendance in every for key in attendance.removed]
    Attendee.objects.bulk_update(found, ["guest"], batch_size=400)
    Attendee.objects.filter(pk__in=removed).delete()
    Attendee.objects.bulk_update(moved, ["position"], batch_size=400)
    added = [row for attendance in every for row in attendance.added]
    deleted = _deleted({row.guest_id for row in added if row.guest_id})
    for row in added:
        row.event_id = row.event.pk  # it is known since the event was saved
        if row.guest_id in deleted:
            row.guest_id = None
    bulk.insert(Attendee(), map(vars, added))


def _deleted(cards: set[int]) -> set[int]:
    """Return which cards are there no more, since the attendance was laid out."""
    if not cards:
        return set()
    rows = Guest.objects.filter(pk__in=numbers(cards))
    return cards.difference(rows.values_list("pk", flat=True))


def _looked_up(
    member: Membership, invitees: Sequence[Invitee], errors: list[FieldError]
) -> list[tuple[int, Invitee | None]]:
    """Return the invitees with typed addresses looked up; None is somebody of another team."""
    cleaned: dict[int, NewGuest] = {}
    for number, invitee in enumerate(invitees):
        if isinstance(invitee, NewGuest):
            try:
                cleaned[number] = addressbook.clean(invitee)
            except Invalid as refusal:
                field = f"attendees.{number}"
                errors.extend(replace(one, field=f"{field}.{one.field}") for one in refusal.errors)
    known = addressbook.known(member, {new.key for new in cleaned.values()})
    found: list[tuple[int, Invitee | None]] = []
    for number, invitee in enumerate(invitees):
        if isinstance(invitee, NewGuest):
            if number in cleaned:
                found.append((number, known.get(cleaned[number].key, cleaned[number])))
        elif isinstance(invitee, Attendee) or invitee.team_id == member.team_id:
            found.append((number, invitee))
        else:
            found.append((number, None))
    return found


def _keys(row: Attendee) -> list[Hashable]:
    """Return by what a row is recognised: itself, its card, its address."""
    keys: list[Hashable] = [("row", row.pk)] if row.pk else []
    for card in ("guest", "member", "room"):
        card_id = getattr(row, f"{card}_id")
        if card_id is not None:
            keys.append((card, card_id))
    return [*keys, row.email_key] if row.email_key else keys


def _find(invitee: Invitee | None, kept: dict[Hashable, Attendee]) -> Attendee | None:
    """Return the row an invitee has already; the card counts before the address."""
    match invitee:
        case Attendee():  # of a date that has no row yet, it is the one on the series
            return kept.get(("row", invitee.pk)) or kept.get(invitee.email_key)
        case Guest():
            return kept.get(("guest", invitee.pk)) or kept.get(invitee.email_key)
        case Membership():
            by_address = kept.get(address.normalise(invitee.email))
            return kept.get(("member", invitee.pk)) or by_address
        case Room():
            return kept.get(("room", invitee.pk))
        case NewGuest():
            return kept.get(invitee.key)
    return None


def _make(invitee: Invitee | None, event: Event) -> Attendee | None:
    """Return a new row, None for whom nobody can invite (any more)."""
    match invitee:
        case Guest():
            return Attendee(
                event=event,
                kind=Kind.GUEST,
                guest=invitee,
                email=invitee.email,
                email_key=invitee.email_key,
                name=invitee.name,
            )
        case Membership(left_at=None):
            return Attendee(
                event=event,
                kind=Kind.MEMBER,
                member=invitee,
                email=invitee.email,
                email_key=address.normalise(invitee.email),
                name=invitee.name,
            )
        case Room(removed_at=None):
            return Attendee(event=event, kind=Kind.ROOM, room=invitee, name=invitee.name)
        case NewGuest():
            name = f"{invitee.first_name} {invitee.last_name}".strip() or invitee.email
            return Attendee(
                event=event,
                kind=Kind.GUEST,
                email=invitee.email,
                email_key=invitee.key,
                name=name,
            )
    return None


def _note_card(attendance: Attendance, row: Attendee, invitee: Invitee | None) -> None:
    """Remember whose card is still to be made, and who has one again after it was deleted."""
    if isinstance(invitee, NewGuest):
        attendance.news.append((row, invitee))
    elif isinstance(invitee, Guest) and row.kind == Kind.GUEST and row.guest_id is None:
        row.guest = invitee
        attendance.found.append(row)


def _place(rows: list[Attendee]) -> list[Attendee]:
    """Number the rows in order, touching as few as possible; return the kept ones that moved."""
    moved, last = [], -1
    for row in rows:
        if row.pk is None:
            row.position = last + 1
        elif row.position <= last:
            row.position = last + 1
            moved.append(row)
        last = row.position
    return moved
