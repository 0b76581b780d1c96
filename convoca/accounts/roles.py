"""Who may do what to whom in a team: owners everything, administrators all but owners."""

from __future__ import annotations

from convoca.accounts.models import Membership, Role


def grantable_by(actor: Membership) -> list[Role]:
    """Return the roles that the actor may give, in falling order."""
    if actor.role == Role.OWNER:
        return [Role.OWNER, Role.ADMIN, Role.MEMBER]
    return [Role.ADMIN, Role.MEMBER] if actor.role == Role.ADMIN else []


def may_manage(actor: Membership, other: Membership) -> bool:
    """Tell whether the actor may change the other's role or remove them."""
    if actor.team_id != other.team_id:
        return False
    return actor.role == Role.OWNER or (actor.role == Role.ADMIN and other.role != Role.OWNER)
