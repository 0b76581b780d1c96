"""What members decide about themselves, and administrators about their team."""

from __future__ import annotations

from collections.abc import Iterable

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from convoca.accounts.invalid import FieldError, Invalid
from convoca.accounts.models import LANGUAGES, LONGEST_GRACE, Membership, Team
from convoca.accounts.refusals import NotAllowed
from convoca.accounts.text import one_line
from convoca.accounts.zones import is_zone

MAX_NAME = 120


@transaction.atomic
def change(
    member: Membership,
    *,
    name: str | None = None,
    language: str | None = None,
    timezone: str | None = None,
    notify_by_email: bool | None = None,
) -> None:
    """Change what is given of a member's preferences; raise Invalid with every complaint.

    Name, language and time zone are the person's, in all their teams.
    """
    _check(name, language, timezone)
    user = member.user
    user.name = user.name if name is None else one_line(name)
    user.language = language or user.language
    user.timezone = timezone or user.timezone
    user.save(update_fields=["name", "language", "timezone"])
    if notify_by_email is not None:
        member.notify_by_email = notify_by_email
        member.save(update_fields=["notify_by_email"])


def change_team(
    member: Membership,
    *,
    name: str | None = None,
    language: str | None = None,
    timezone: str | None = None,
    grace_seconds: int | None = None,
) -> Team:
    """Change the member's team; raise NotAllowed, or Invalid with every complaint."""
    if not member.is_admin:
        raise NotAllowed
    _check(name, language, timezone)
    if grace_seconds is not None and not 0 <= grace_seconds <= LONGEST_GRACE:
        raise Invalid.field("grace_seconds", _("Choose from 0 to 60 seconds."))
    team = member.team
    team.name = team.name if name is None else one_line(name)
    team.language = language or team.language
    team.timezone = timezone or team.timezone
    team.grace_seconds = team.grace_seconds if grace_seconds is None else grace_seconds
    team.save(update_fields=["name", "language", "timezone", "grace_seconds"])
    return team


def _check(name: str | None, language: str | None, timezone: str | None) -> None:
    errors = list(_complaints(name, language, timezone))
    if errors:
        raise Invalid(errors)


def _complaints(
    name: str | None, language: str | None, timezone: str | None
) -> Iterable[FieldError]:
    if name is not None and not 0 < len(one_line(name)) <= MAX_NAME:
        yield FieldError("name", _("Write a name of at most 120 characters."))
    if language is not None and language not in dict(LANGUAGES):
        yield FieldError("language", _("This language is not known."))
    if timezone is not None and not is_zone(timezone):
        yield FieldError("timezone", _("This time zone is not known."))
