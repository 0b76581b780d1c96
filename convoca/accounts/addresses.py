"""The address a user signs in with, and whether it has proved to be theirs."""

from __future__ import annotations

from allauth.account.models import EmailAddress
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from convoca.accounts.models import User
from convoca.standards.ical.address import is_address, normalise

MAX_LENGTH = 254


def is_confirmed(user: User) -> bool:
    """Tell whether the user has proved that mail to their account's address reaches them."""
    return EmailAddress.objects.filter(user=user, email__iexact=user.email, verified=True).exists()


def confirm(user: User) -> None:
    """Record that the account's address is the user's own."""
    EmailAddress.objects.update_or_create(
        user=user,
        email=user.email.lower(),
        defaults={"verified": True, "primary": True},
    )


def find_user(email: str) -> User | None:
    """Return whoever signs in with this address."""
    return User.objects.filter(email__iexact=normalise(email)).first()


def check(email: str) -> str:
    """Return the address in its one spelling; raise ValidationError when it is none."""
    if not is_address(email) or len(normalise(email)) > MAX_LENGTH:
        raise ValidationError(_("Enter a valid e-mail address."))
    return normalise(email)
