"""From whom a member's invitations go: choosing an address, adding one, proving it (S6-S10)."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from django.db import IntegrityError, transaction
from django.utils import timezone

from convoca.accounts import addresses
from convoca.accounts.models import Membership
from convoca.accounts.text import one_line
from convoca.mail import mailboxes, secrets
from convoca.mail.mailboxes import ImapLogin
from convoca.mail.models import Mailbox, Sender, SenderChoice
from convoca.mail.proofs.codes import confirm, send_code
from convoca.mail.proofs.login import prove
from convoca.mail.refusals import (
    AlreadyAdded,
    BadName,
    CodeTooSoon,
    NotAnAddress,
    NotYours,
    SenderNotConfirmed,
)
from convoca.mail.traffic import lanes
from convoca.mail.transport.servers import Server
from convoca.standards.ical.address import is_address, normalise

__all__ = [
    "Choice",
    "SmtpLogin",
    "add",
    "choices",
    "choose",
    "chosen",
    "confirm",
    "default_for",
    "forget_logins",
    "may_use",
    "remove",
    "send_code",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """One line of *Send invitations from*; without `sender` it is the account's own address."""

    sender: Sender | None
    name: str
    email: str
    is_recommended: bool
    is_confirmed: bool

    @property
    def mailbox(self) -> Mailbox | None:
        """The sender's connected mailbox."""
        found = getattr(self.sender, "mailbox", None)
        return found if found is not None and found.ended_at is None else None


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
    account = normalise(member.email)
    own = Sender.objects.owned_by(member)
    rows = (
        (own | Sender.objects.usable_by(member)).distinct().select_related("mailbox", "preflight")
    )
    rows = rows.order_by("created_at", "id")
    others = [_choice(row) for row in rows if not _is_account(row, member)]
    row = own.filter(email_key=account).select_related("mailbox", "preflight").first()
    first = Choice(
        sender=row,
        name=row.name if row else member.name,
        email=member.email,
        is_recommended=True,
        is_confirmed=bool(row and row.confirmed_at) or addresses.is_confirmed(member.user),
    )
    return [first, *others]


def chosen(member: Membership) -> Sender | None:
    """Return the sender the member chose for all invitations, if it can still be used."""
    choice = SenderChoice.objects.filter(member=member).select_related("sender").first()
    return choice.sender if choice and may_use(member, choice.sender) else None


def default_for(member: Membership) -> Sender | None:
    """Return the chosen sender, else the account's address when that is confirmed."""
    return chosen(member) or _account_sender(member)


def may_use(member: Membership, sender: Sender) -> bool:
    """Tell whether the member may send from it: confirmed, and their own or everyone's."""
    return Sender.objects.usable_by(member).filter(pk=sender.pk).exists()


def choose(member: Membership, sender: Sender | None) -> Sender:
    """Make `sender` the default of all later invitations; None is the account's own address.

    Raises NotYours, or SenderNotConfirmed, also for an account address that was never confirmed
    (add it then).
    """
    usable = sender or _account_sender(member)
    if usable is None:
        raise SenderNotConfirmed
    if not may_use(member, usable):
        is_own = usable.owner_id == member.pk and usable.deleted_at is None
        raise SenderNotConfirmed if is_own else NotYours
    SenderChoice.objects.update_or_create(member=member, defaults={"sender": usable})
    return usable


def add(
    member: Membership,
    *,
    name: str,
    email: str,
    available_to_everyone: bool = False,
    login: SmtpLogin | None = None,
    mailbox: ImapLogin | None = None,
) -> Sender:
    """Add an address: mail it a code, or prove it by a real login to its own server.

    With `login` its `mailbox` can be connected as well, after a login of its own. An empty name is
    the member's. The account's own address needs no code once the account proved it. An
    unconfirmed address of one's own is taken up again; a code sent within the last minute stays
    good. A confirmed one gets another login, and its mails that wait are tried with it at once.
    Call it outside a transaction. Raises NotAnAddress, BadName, AlreadyAdded, LoginRefused,
    CodeTooSoon, TooManyCodes.
    """
    email, name = email.strip(), one_line(name) or member.name
    if not is_address(email) or len(email) > 254:
        raise NotAnAddress
    if len(name) > 120:
        raise BadName
    known = Sender.objects.owned_by(member).filter(email_key=normalise(email)).first()
    if known and known.confirmed_at and not login:
        raise AlreadyAdded
    sender = known or Sender(team=member.team, owner=member)
    sender.name, sender.email, sender.email_key = name, email, normalise(email)
    sender.available_to_everyone = available_to_everyone
    proof = None
    if login:
        _prove(sender, login)
        proof = mailboxes.prove(sender, mailbox) if mailbox else None
    elif _is_account(sender, member) and addresses.is_confirmed(member.user):
        sender.confirmed_at = timezone.now()
    try:
        with transaction.atomic():
            sender.save()
            if login and known:
                lanes.reroute(sender)
            if not sender.confirmed_at:
                _send_code(sender, is_new=known is None)
            if proof:
                mailboxes.store(sender, proof)
    except IntegrityError:  # the same address added twice at once
        raise AlreadyAdded from None
    return sender


def remove(member: Membership, sender: Sender) -> None:
    """Take the address off every list: nobody can choose it for an event any more.

    Events whose guests already know it keep it (a new organizer would be a new meeting to their
    programs), and their updates still leave from it. Owners and administrators may remove
    addresses of colleagues. Raises NotYours.
    """
    if sender.team_id != member.team_id or not (sender.owner_id == member.pk or member.is_admin):
        raise NotYours
    with transaction.atomic():
        SenderChoice.objects.filter(sender=sender).delete()
        Sender.objects.filter(pk=sender.pk, deleted_at=None).update(deleted_at=timezone.now())


def forget_logins(in_use: Collection[int]) -> int:
    """Erase the passwords of removed senders other than those `in_use`; return how many."""
    unused = Sender.objects.exclude(deleted_at=None).exclude(pk__in=in_use)
    mailboxes.end(Mailbox.objects.filter(sender__in=unused))
    removed = Sender.objects.exclude(deleted_at=None).exclude(smtp_password=b"")
    return removed.exclude(pk__in=in_use).update(smtp_password=b"", smtp_username="")


def _choice(row: Sender) -> Choice:
    return Choice(
        sender=row,
        name=row.name,
        email=row.email,
        is_recommended=False,
        is_confirmed=row.confirmed_at is not None,
    )


def _is_account(sender: Sender, member: Membership) -> bool:
    return sender.owner_id == member.pk and sender.email_key == normalise(member.email)


def _account_sender(member: Membership) -> Sender | None:
    """Return the sender of the account's own address, made when it is first needed.

    None while neither the account nor a code has confirmed the address.
    """
    key = normalise(member.email)
    own = Sender.objects.owned_by(member).filter(email_key=key)
    found = own.first()
    if found and found.confirmed_at:
        return found
    if not addresses.is_confirmed(member.user):
        return None
    if found:
        own.update(confirmed_at=timezone.now())
        return own.get()
    try:
        with transaction.atomic():
            return Sender.objects.create(
                team=member.team,
                owner=member,
                name=member.name,
                email=member.email,
                email_key=key,
                confirmed_at=timezone.now(),
            )
    except IntegrityError:  # made by a parallel request
        return own.get()


def _send_code(sender: Sender, *, is_new: bool) -> None:
    try:
        send_code(sender)
    except CodeTooSoon:
        if is_new:
            raise  # it was removed and is added again; no code of the new one is on its way


def _prove(sender: Sender, login: SmtpLogin) -> None:
    server = Server(
        host=login.host.strip(),
        port=login.port,
        security=login.security,
        username=login.username.strip(),
        password=login.password,
    )
    prove(server, sender.email)
    sender.smtp_host, sender.smtp_port = server.host, server.port
    sender.smtp_security, sender.smtp_username = server.security, server.username
    sender.smtp_password = secrets.encrypt(server.password.encode())
    sender.confirmed_at = timezone.now()
