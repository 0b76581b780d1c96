"""Who calls: a token names the member; cookies never do."""

from __future__ import annotations

import zoneinfo

from django.core.cache import cache
from django.http import HttpRequest
from django.utils import timezone, translation
from ninja.security import HttpBearer

from convoca.accounts import tokens
from convoca.accounts.models import Membership
from convoca.api.problems import TooManyRequests

GUESSES, PERIOD = 30, 60  # wrong tokens a minute from one address


class ApiRequest(HttpRequest):
    """A request whose token was found: `auth` is the member it acts as."""

    auth: Membership


class BearerToken(HttpBearer):
    """`Authorization: Bearer TOKEN`; a right one always passes, wrong ones are counted."""

    def authenticate(self, request: HttpRequest, token: str) -> Membership | None:
        """Return the member a token stands for, and speak their language in their time zone.

        Raise TooManyRequests when wrong tokens keep coming from one address.
        """
        member = tokens.find(token.strip())
        if member is None:
            _count_guess(request.META.get("REMOTE_ADDR", ""))
            return None
        translation.activate(member.user.language)
        timezone.activate(zoneinfo.ZoneInfo(member.user.timezone))
        return member


def _count_guess(address: str) -> None:
    key = f"api-guesses:{address}"
    guesses = cache.get(key, 0) + 1
    cache.set(key, guesses, PERIOD)
    if guesses > GUESSES:
        raise TooManyRequests(PERIOD)
