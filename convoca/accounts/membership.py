"""How a team begins, and how its people change: never without an owner."""

from __future__ import annotations

from django.db import transaction
from django.utils.timezone import now

from convoca.accounts import addresses
from convoca.accounts.models import ApiToken, Membership, Plan, Role, Team, Usage, User
from convoca.accounts.refusals import AddressTaken, LastOwner, NotAllowed, TeamExists
from convoca.accounts.roles import grantable_by, may_manage


@transaction.atomic
def create_team(
    name: str,
    *,
    email: str,
    owner_name: str = "",
    password: str | None = None,
    plan: str = Plan.FREE,
    language: str = "en",
    timezone: str = "UTC",
    is_confirmed: bool = False,
) -> Membership:
    """Found a team with its owner and return the owner's membership.

    An existing user becomes the owner only when the caller vouches for them (`is_confirmed`, and
    no password to overwrite theirs); else AddressTaken. TeamExists when they own one of that name.
    """
    user = addresses.find_user(email)
    if user is None:
        user = User.objects.create_user(
            addresses.check(email), password, name=owner_name, language=language, timezone=timezone
        )
    elif not is_confirmed or password:
        raise AddressTaken
    if is_confirmed:
        addresses.confirm(user)
    return found_team(name, user, plan=plan, language=language, timezone=timezone)


@transaction.atomic
def found_team(
    name: str, user: User, *, plan: str = Plan.FREE, language: str = "en", timezone: str = "UTC"
) -> Membership:
    """Found a team owned by an existing user."""
    owned = Membership.objects.filter(user=user, role=Role.OWNER, left_at=None)
    if owned.filter(team__name=name).exists():
        raise TeamExists
    team = Team.objects.create(name=name, plan=plan, language=language, timezone=timezone)
    Usage.objects.create(team=team)
    return Membership.objects.create(team=team, user=user, role=Role.OWNER)


@transaction.atomic
def change_role(actor: Membership, other: Membership, role: str) -> None:
    """Give a colleague another role; raise NotAllowed or LastOwner."""
    _lock(actor.team)
    actor.refresh_from_db(fields=["role", "left_at"])
    other.refresh_from_db(fields=["role", "left_at"])
    if not may_manage(actor, other) or role not in grantable_by(actor):
        raise NotAllowed
    if role != Role.OWNER:
        _keep_an_owner_besides(other)
    other.role = role
    other.save(update_fields=["role"])


@transaction.atomic
def remove(actor: Membership, other: Membership) -> None:
    """End a colleague's membership, or one's own; raise NotAllowed or LastOwner.

    Their events stay, hosted in their name; their API tokens end.
    """
    _lock(actor.team)
    actor.refresh_from_db(fields=["role", "left_at"])
    other.refresh_from_db(fields=["role", "left_at"])
    if actor.pk != other.pk and not may_manage(actor, other):
        raise NotAllowed
    _keep_an_owner_besides(other)
    other.left_at = now()
    other.save(update_fields=["left_at"])
    ApiToken.objects.filter(membership=other, revoked_at=None).update(revoked_at=now())


def _lock(team: Team) -> None:
    """Let changes to a team's people happen one after the other."""
    Team.objects.select_for_update().get(pk=team.pk)


def _keep_an_owner_besides(member: Membership) -> None:
    owners = Membership.objects.current().filter(team_id=member.team_id, role=Role.OWNER)
    if member.role == Role.OWNER and not owners.exclude(pk=member.pk).exists():
        raise LastOwner
