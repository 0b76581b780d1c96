"""The invitation rows of an event, kept in step with its attendees: begun, ended, begun again."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from itertools import chain
from typing import Any, NamedTuple

from django.db.models import F, Q
from django.db.models.functions import Coalesce

from convoca.accounts import bulk
from convoca.accounts.models import Membership, Team
from convoca.calendars import snapshot
from convoca.calendars.models import Attendee, Event, Kind
from convoca.calendars.organizers import new_token
from convoca.guests.models import Guest
from convoca.invitations import links
from convoca.invitations.models import Invitation, Rsvp
from convoca.mail import outbox
from convoca.standards.ical.address import normalise


def of(event: Event, *, only: str | None = None) -> dict[str, Invitation]:
    """Return every invitation of an event by address, ended ones too, deliveries at hand.

    With `only` just that of one address.
    """
    rows = Invitation.objects.filter(event=event).select_related("delivery")
    if only is not None:
        rows = rows.filter(email_key=only)
    return {row.email_key: row for row in rows}


class Invited(NamedTuple):
    """An address that is, or was, invited to an event, and the versions of its mails.

    `wanted` is the newest it was to hold, `sent` and `doubted` what it holds or may hold (see
    `Delivery`); all are 0 where nothing was mailed.
    """

    pk: int
    email: str
    email_key: str
    member_id: int | None
    ended_at: dt.datetime | None
    delivery_id: int | None
    wanted: int
    sent: int
    doubted: int

    @property
    def seen(self) -> int:
        """The version the address holds, or may hold; 0 when nothing can have reached it."""
        return self.sent or self.doubted


def invited(event: Event) -> dict[str, Invited]:
    """Return who is, or was, invited to an event, by address: all that a save has to know."""
    own = ("pk", "email", "email_key", "member_id", "ended_at", "delivery_id")
    mail = (Coalesce(f"delivery__{name}", 0) for name in ("wanted", "sent", "doubted"))
    rows = Invitation.objects.filter(event=event).values_list(*own, *mail)
    return {row.email_key: row for row in map(Invited._make, rows)}


Known = Mapping[str, Invited]
Secrets = dict[str, str]  # of one invitation: what its link and its reply address are made of


class Person(NamedTuple):
    """Somebody on an event, as far as their invitation tells."""

    email: str
    email_key: str
    name: str
    guest_id: int | None
    member_id: int | None


def attendees(event: Event) -> dict[str, Person]:
    """Return the people on an event, or on one date of it, by address: no rooms, not its host."""
    whole_or_date = Q(event=event) | Q(event__series=event)
    rows = Attendee.objects.filter(whole_or_date).exclude(kind=Kind.ROOM).exclude(email_key="")
    rows = rows.exclude(member=event.host_id)
    rows = rows.order_by(F("event__series").asc(nulls_first=True), "position", "id")
    found: dict[str, Person] = {}
    for row in rows.values_list(*Person._fields):
        person = Person(*row)
        found.setdefault(person.email_key, person)
    return found


def silent(team: Team) -> set[str]:
    """Return the addresses that wish for no mail: opted-out guests, and members by their choice."""
    guests = Guest.objects.filter(team=team, opted_out_at__isnull=False)
    members = Membership.objects.current().filter(team=team, notify_by_email=False)
    return {
        *guests.values_list("email_key", flat=True),
        *(normalise(email) for email in members.values_list("user__email", flat=True)),
    }


def settle(
    event: Event,
    known: Mapping[str, Invited],
    mailed: Collection[str],
    now: dt.datetime,
    grace: dt.timedelta = outbox.NO_GRACE,
    secrets: Iterator[Secrets] | None = None,
) -> None:
    """Bring the invitation rows in step with the attendees, and queue a mail to `mailed`.

    Within the `grace` it can be withheld. `secrets` are for newcomers, see `new_secrets`. The
    number of queries does not depend on that of attendees.
    """
    people = attendees(event)
    deliveries = _queue(event, people, known, mailed, grace)
    newcomers = [one for key, one in people.items() if key not in known]
    _begin(event, newcomers, deliveries, secrets or new_secrets())
    _revive(event, [known[key].pk for key in people if key in known and known[key].ended_at])
    _attach(known, deliveries)
    gone = [row.pk for key, row in known.items() if key not in people and not row.ended_at]
    if not event.is_cancelled:
        Invitation.objects.filter(pk__in=gone).update(ended_at=now)


def new_secrets(count: int = 0) -> Iterator[Secrets]:
    """Yield secrets without end, `count` of them made at once and the others when asked for."""
    ready = [_new_secrets() for _ in range(count)]
    return chain(ready, iter(_new_secrets, None))


def unaware(
    event: Event, known: Mapping[str, Invited], current: Collection[str], version: int
) -> list[str]:
    """Return who is not among the `current` attendees any more and does not know.

    They hold a version older than `version` with them on it, and nothing newer is on its way.
    """
    standing = set(current)
    rows = [
        (key, row.seen)
        for key, row in known.items()
        if key not in standing and row.delivery_id and row.wanted < version
    ]
    versions = {seen: snapshot.load(event, seen) for _key, seen in rows if seen}
    return [
        key
        for key, seen in rows
        if (held := versions.get(seen)) and not held.is_cancelled and key in held.addresses()
    ]


def carry_over(former: Event, event: Event) -> None:
    """Let the guests of the rest of a series keep their language and the answer that counts.

    Who is not reminded of the one is not of the other. What they were invited to is version 0: so
    their page shows what changed since.
    """
    mine = {row.email_key: row for row in Invitation.objects.filter(event=event)}
    staying = Invitation.objects.filter(event=former, email_key__in=mine)
    kept = ("language", "nudges_stopped_at", "nudges_stopped_by")
    alike: dict[tuple[Any, ...], list[int]] = defaultdict(list)
    for key, *values in staying.values_list("email_key", *kept):
        alike[tuple(values)].append(mine[key].pk)
    for same, keys in alike.items():
        rows = Invitation.objects.filter(pk__in=keys)
        rows.update(since_version=0, **dict(zip(kept, same, strict=True)))
    dates = event.overrides.values("recurrence_id")
    answers = Rsvp.objects.filter(
        Q(recurrence_id=None) | Q(recurrence_id__in=dates),
        invitation__event=former,
        invitation__email_key__in=mine,
        is_applied=True,
    )
    last = {
        (one.invitation.email_key, one.recurrence_id): one
        for one in answers.select_related("invitation")
    }
    for (key, _date), one in last.items():
        one.pk, one.invitation, one.sequence = None, mine[key], 0
        one._state.adding = True
    Rsvp.objects.bulk_create(last.values())


def delivery_key(event: Event, address: str) -> str:
    """Return the key of the one delivery that keeps this address up to date about the event."""
    digest = hashlib.sha256(address.encode()).hexdigest()[:32]
    return f"invitation:{event.public_id}:{digest}"


def _queue(
    event: Event,
    people: Mapping[str, Person],
    known: Mapping[str, Invited],
    mailed: Collection[str],
    grace: dt.timedelta,
) -> dict[str, int]:
    if not mailed:
        return {}
    keys = {address: delivery_key(event, address) for address in mailed}
    emails = {key: (people.get(one) or known[one]).email for one, key in keys.items()}
    ids = outbox.want(
        emails, team=event.team, sender=event.sender, version=event.version, grace=grace
    )
    return {address: ids[key] for address, key in keys.items()}


def _new_secrets() -> Secrets:
    return {"reply_token": new_token(), **links.new_key()}


def _begin(
    event: Event,
    people: Iterable[Person],
    deliveries: Mapping[str, int],
    secrets: Iterator[Secrets],
) -> None:
    bulk.insert(
        Invitation(event=event, since_version=event.version),
        (
            one._asdict() | {"delivery_id": deliveries.get(one.email_key)} | next(secrets)
            for one in people
        ),
    )


def _revive(event: Event, keys: list[int]) -> None:
    """Invite again who was removed; with a new link, once they were told that the old one ended."""
    rows = list(Invitation.objects.filter(pk__in=keys).select_related("delivery"))
    seen = {
        number: set(version.addresses()) if (version := snapshot.load(event, number)) else set()
        for number in {row.delivery.sent for row in rows if row.delivery}
    }
    for row in rows:
        if row.delivery and row.email_key not in seen[row.delivery.sent]:
            for field, value in links.new_key().items():
                setattr(row, field, value)
        row.ended_at = None
        row.since_version = event.version
    Invitation.objects.bulk_update(
        rows, ["ended_at", "since_version", "nonce", "token_hash"], batch_size=100
    )


def _attach(known: Mapping[str, Invited], deliveries: dict[str, int]) -> None:
    first = [
        Invitation(pk=row.pk, delivery_id=deliveries[key])
        for key, row in known.items()
        if key in deliveries and row.delivery_id is None
    ]
    Invitation.objects.bulk_update(first, ["delivery"], batch_size=100)


def opt_out(guest: Guest, now: dt.datetime) -> None:
    """Note that a guest wishes for no more mail from the team; what waits is not sent."""
    Guest.objects.filter(pk=guest.pk, opted_out_at=None).update(opted_out_at=now)


def opt_in(guest: Guest) -> None:
    """Note that a guest wishes for mail again."""
    Guest.objects.filter(pk=guest.pk).update(opted_out_at=None)
