"""How a colleague joins: asked by mail, let in by the link in it."""

from __future__ import annotations

import datetime as dt
import secrets

from django.db import transaction
from django.db.models import QuerySet
from django.utils.timezone import now

from convoca.accounts import addresses
from convoca.accounts.models import Membership, Team, TeamInvitation, User
from convoca.accounts.refusals import (
    AddressTaken,
    AlreadyColleague,
    InvitationEnded,
    NotAllowed,
    OtherAddress,
    TooManyInvitations,
)
from convoca.accounts.roles import grantable_by
from convoca.accounts.tokens import digest
from convoca.standards.ical.address import normalise

VALID = dt.timedelta(days=14)
INVITATIONS_A_DAY = 100


@transaction.atomic
def invite(member: Membership, *, email: str, role: str) -> tuple[TeamInvitation, str]:
    """Store an invitation to the team; the second value is the token for its link.

    A newer invitation of the same address ends the older. Raises ValidationError for a text that
    is no address, NotAllowed, AlreadyColleague or TooManyInvitations. The caller sends the mail.
    """
    email = addresses.check(email)
    if role not in grantable_by(member):
        raise NotAllowed
    if Membership.objects.colleagues_of(member).filter(user__email__iexact=email).exists():
        raise AlreadyColleague
    of_today = TeamInvitation.objects.filter(
        team=member.team, created_at__gt=now() - dt.timedelta(days=1)
    )
    if of_today.count() >= INVITATIONS_A_DAY:
        raise TooManyInvitations
    open_invitations(member.team).filter(email=email).update(withdrawn_at=now())
    token = secrets.token_urlsafe(32)
    invitation = TeamInvitation.objects.create(
        team=member.team, email=email, role=role, invited_by=member, token_hash=digest(token)
    )
    return invitation, token


def open_invitations(team: Team) -> QuerySet[TeamInvitation]:
    """Return what was neither accepted nor withdrawn and still is valid."""
    return _open().filter(team=team).order_by("created_at")


def withdraw(member: Membership, invitation: TeamInvitation) -> None:
    """End an invitation that was not accepted; raise NotAllowed."""
    if invitation.team_id != member.team_id or invitation.role not in grantable_by(member):
        raise NotAllowed
    TeamInvitation.objects.filter(pk=invitation.pk, accepted_at=None).update(withdrawn_at=now())


def find(token: str) -> TeamInvitation:
    """Return the open invitation behind a link; raise InvitationEnded."""
    rows = _open().select_related("team", "invited_by__user")
    invitation = rows.filter(token_hash=digest(token)).first()
    if invitation is None:
        raise InvitationEnded
    return invitation


@transaction.atomic
def accept(invitation: TeamInvitation, user: User) -> Membership:
    """Let the user whose address was invited into the team; raise InvitationEnded, OtherAddress.

    Who had left comes back as the same member, with the role of the new invitation.
    """
    if normalise(user.email) != invitation.email:
        raise OtherAddress
    if not _open().filter(pk=invitation.pk).update(accepted_at=now()):
        raise InvitationEnded
    member, is_new = Membership.objects.get_or_create(
        team=invitation.team, user=user, defaults={"role": invitation.role}
    )
    if not is_new and member.left_at is not None:
        member.role, member.left_at = invitation.role, None
        member.save(update_fields=["role", "left_at"])
    return member


@transaction.atomic
def accept_as_new(
    invitation: TeamInvitation, *, name: str, password: str, language: str, timezone: str
) -> Membership:
    """Make the invited person a user and let them in; the link has proved their address."""
    if addresses.find_user(invitation.email):
        raise AddressTaken
    user = User.objects.create_user(
        invitation.email, password, name=name, language=language, timezone=timezone
    )
    addresses.confirm(user)
    return accept(invitation, user)


def _open() -> QuerySet[TeamInvitation]:
    rows = TeamInvitation.objects.filter(accepted_at=None, withdrawn_at=None)
    return rows.filter(created_at__gt=now() - VALID)
