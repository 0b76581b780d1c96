"""The other addresses of guests: who answers from one is the guest."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from convoca.accounts.invalid import Invalid
from convoca.accounts.models import Membership, Team
from convoca.guests import addressbook
from convoca.guests.models import Alias, Guest
from convoca.standards.ical import address


def add(member: Membership, guest: Guest, email: str) -> Alias:
    """Note another address of a guest; what it was an alias of before, it is no more.

    Raise Invalid for the address of a colleague: their answers are theirs.
    """
    key = address.normalise(email)
    if isinstance(addressbook.known(member, [key]).get(key), Membership):
        raise Invalid.field("email", _("This is the address of a colleague."))
    alias, _is_new = Alias.objects.update_or_create(
        team=guest.team,
        email_key=key,
        defaults={"guest": guest, "email": email, "created_by": member},
    )
    return alias


def remove(member: Membership, guest: Guest, alias_id: UUID) -> None:
    """Forget another address of a guest; answers from it are a stranger's again."""
    Alias.objects.filter(team=member.team_id, guest=guest, public_id=alias_id).delete()


def guests_behind(team: Team, keys: Iterable[str]) -> dict[str, int]:
    """Return the id of the guest behind each of these addresses that is an alias.

    They may come from a stranger's mail: what is no address is not asked for.
    """
    wanted = {key for key in keys if address.is_address(key)}
    rows = Alias.objects.filter(team=team, email_key__in=wanted)
    return dict(rows.values_list("email_key", "guest_id"))
