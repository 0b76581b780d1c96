"""From whom a member's invitations go: choosing an address, adding one, proving it (S6-S10)."""

from __future__ import annotations

from dataclasses import dataclass

from convoca.accounts.models import Membership
from convoca.mail.models import Sender


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """One line of *Send invitations from*; without `sender` it is the account's own address."""

    sender: Sender | None
    name: str
    email: str
    is_recommended: bool
    is_confirmed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class SmtpLogin:
    """How to send through a sender's own mail server; `security` is starttls, tls or none."""

    host: str
    port: int
    security: str
    username: str
    password: str


def choices(member: Membership) -> list[Choice]:
    """Return what the member can send from, the account's own address first and recommended.

    Their own unconfirmed addresses are listed too, so that a code can still be typed.
    """
    raise NotImplementedError


def chosen(member: Membership) -> Sender | None:
    """Return the sender the member chose for all invitations, if it can still be used."""
    raise NotImplementedError


def default_for(member: Membership) -> Sender | None:
    """Return the chosen sender, else the account's address when that is confirmed."""
    raise NotImplementedError


def may_use(member: Membership, sender: Sender) -> bool:
    """Tell whether the member may send from it: confirmed, and their own or everyone's."""
    raise NotImplementedError


def choose(member: Membership, sender: Sender | None) -> Sender:
    """Make `sender` the default of all later invitations; None is the account's own address.

    Raises SenderNotConfirmed, also for an account address that was never confirmed (add it then).
    """
    raise NotImplementedError


def add(
    member: Membership,
    *,
    name: str,
    email: str,
    available_to_everyone: bool = False,
    login: SmtpLogin | None = None,
) -> Sender:
    """Add an address: mail it a code, or prove it by a real login to its own server.

    The login happens outside a transaction. An unconfirmed address of one's own is taken up
    again. Raises NotAnAddress, BadName, AlreadyAdded, LoginRefused, CodeTooSoon, TooManyCodes.
    """
    raise NotImplementedError


def send_code(sender: Sender) -> None:
    """Mail a new six-digit code, valid for 30 minutes; it ends the older one.

    Raises AlreadyConfirmed, CodeTooSoon, TooManyCodes.
    """
    raise NotImplementedError


def confirm(sender: Sender, code: str) -> Sender:
    """Confirm the sender with the code typed; spaces and dashes in it do not matter.

    Raises AlreadyConfirmed, NoCode, CodeExpired, NoAttemptsLeft, WrongCode, CodeReplaced.
    """
    raise NotImplementedError


def remove(member: Membership, sender: Sender) -> None:
    """Take the address off every list: nobody can choose it for an event any more.

    Events whose guests already know it keep it (a new organizer would be a new meeting to their
    programs), and their updates still leave from it. Owners and administrators may remove
    addresses of colleagues. Raises NotYours.
    """
    raise NotImplementedError
