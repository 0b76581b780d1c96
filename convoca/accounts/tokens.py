"""Secrets that stand for somebody: made here, shown once, kept only as a hash."""

from __future__ import annotations

import datetime as dt
import hashlib
import secrets

from django.utils.timezone import now

from convoca.accounts.models import ApiToken, Membership

PREFIX = "convoca_"
USED_PRECISION = dt.timedelta(minutes=1)


def issue(member: Membership, name: str) -> tuple[ApiToken, str]:
    """Give a program a token to act as `member`; the second value is shown once, never stored."""
    clear = PREFIX + secrets.token_urlsafe(32)
    token = ApiToken.objects.create(membership=member, name=name, token_hash=digest(clear))
    return token, clear


def find(clear: str) -> Membership | None:
    """Return whom the token stands for, while it is valid and the member has not left.

    The time of last use is kept to the minute, so that reading does not write each time.
    """
    token = (
        ApiToken.objects.filter(token_hash=digest(clear), revoked_at=None)
        .filter(membership__in=Membership.objects.current().order_by())
        .select_related("membership__user", "membership__team")
        .first()
    )
    if token is None:
        return None
    if token.last_used_at is None or now() - token.last_used_at > USED_PRECISION:
        ApiToken.objects.filter(pk=token.pk).update(last_used_at=now())
    return token.membership


def revoke(token: ApiToken) -> None:
    """End a token at once."""
    ApiToken.objects.filter(pk=token.pk, revoked_at=None).update(revoked_at=now())


def digest(clear: str) -> str:
    """Hash a random secret; it is long enough to need no salt."""
    return hashlib.sha256(clear.encode()).hexdigest()
