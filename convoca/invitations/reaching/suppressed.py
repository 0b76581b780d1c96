"""Whom a team does not write to: addresses that mails came back from, and who wishes for none."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from django.utils.translation import gettext_lazy as _

from convoca.accounts import bulk
from convoca.accounts.invalid import Invalid
from convoca.accounts.models import Membership
from convoca.guests.models import Guest
from convoca.mail.outbox import suppressions
from convoca.standards.ical.address import normalise


class Why(StrEnum):
    """Why nothing is written to an address."""

    BOUNCED = "BOUNCED"
    """Mails came back: the address does not exist. Anybody of the team may lift that."""
    OPTED_OUT = "OPTED_OUT"
    """The guest wishes for no mail. Only they can change their mind, on their page."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Suppressed:
    """One address that is not written to; `words` are those of the server that refused it."""

    email: str
    why: Why
    since: dt.datetime
    words: str = ""
    guest: Guest | None = None


def of(member: Membership, *, only: str | None = None) -> list[Suppressed]:
    """Return all of the member's team, or those of one address; the newest first.

    An address may be there twice: mails came back, and the guest wishes for none.
    """
    dead = suppressions.since(member.team, only)
    cards = Guest.objects.visible_to(member)
    if only is not None:
        cards = cards.filter(email_key=only)
    known = {card.email_key: card for card in cards.filter(email_key__in=list(dead))}
    found = [
        Suppressed(
            email=known[key].email if key in known else key,
            why=Why.BOUNCED,
            since=row.created_at,
            words=row.words,
            guest=known.get(key),
        )
        for key, row in dead.items()
    ]
    found += [
        Suppressed(email=card.email, why=Why.OPTED_OUT, since=card.opted_out_at, guest=card)
        for card in cards.filter(opted_out_at__isnull=False)
        if card.opted_out_at
    ]
    return sorted(found, key=lambda one: one.since, reverse=True)


def count(member: Membership) -> int:
    """Return how many entries the list of the member's team has."""
    opted_out = Guest.objects.visible_to(member).filter(opted_out_at__isnull=False)
    return suppressions.count(member.team) + opted_out.count()


def among(member: Membership, keys: Iterable[str]) -> dict[str, Why]:
    """Return which of these addresses the team does not write to; a wish goes before a bounce."""
    found: dict[str, Why] = {}
    for some in bulk.batches(sorted(set(keys))):
        found |= dict.fromkeys(suppressions.dead(member.team, some), Why.BOUNCED)
        cards = Guest.objects.visible_to(member).filter(opted_out_at__isnull=False)
        opted_out = cards.filter(email_key__in=some).values_list("email_key", flat=True)
        found |= dict.fromkeys(opted_out, Why.OPTED_OUT)
    return found


def lift(member: Membership, email: str) -> bool:
    """Write to an address again that mails came back from; False if it was not on the list.

    Raises Invalid where the guest wishes for no mail: nobody else can change that.
    """
    key = normalise(email)
    if suppressions.lift(member.team, key):
        return True
    if among(member, [key]):
        words = _("They wish for no e-mail. Only they can change that, on their page.")
        raise Invalid.field("email", words)
    return False
