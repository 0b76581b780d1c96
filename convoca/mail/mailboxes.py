"""Connecting a sender's mailbox, so that answers are read where they arrive."""

from __future__ import annotations

import datetime as dt
import secrets as tokens
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from convoca.accounts.models import Membership
from convoca.mail import secrets
from convoca.mail.imap.session import Folder, Session, Unreadable
from convoca.mail.models import Mailbox, Sender
from convoca.mail.outbox import letters
from convoca.mail.proofs import login, turns
from convoca.mail.refusals import LoginRefused, NotYours, SenderNotConfirmed
from convoca.mail.transport.servers import Server, mailbox_server, server_of

GREETINGS_A_DAY = 10  # that one member can have us write
TRIES_AN_HOUR = 20  # of one member; nobody guesses passwords through us
PORTS = {"tls": 993, "starttls": 143, "none": 143}
_KNOWN = {"smtp.gmail.com": "imap.gmail.com", "smtp.googlemail.com": "imap.gmail.com"}
_NO_TROUBLE = {
    "attempts": 0,
    "failing_since": None,
    "reason": "",
    "last_error": "",
    "told_at": None,
    "stopped_at": None,
}

Reason = Mailbox.Reason


@dataclass(frozen=True, slots=True, kw_only=True)
class ImapLogin:
    """How to read a sender's mailbox; an empty password is that of the sender's SMTP login.

    `authserv_id` is what the mailbox's server writes before its Authentication-Results; empty,
    it is learned.
    """

    host: str
    port: int
    security: str
    username: str
    password: str = ""
    folder: str = "INBOX"
    authserv_id: str = ""


@dataclass(frozen=True, slots=True)
class Proof:
    """A login that worked, and where the folder ended then: older mails are never read."""

    server: Server
    login: ImapLogin
    folder: Folder


def of(sender: Sender) -> Mailbox | None:
    """Return the sender's connected mailbox."""
    return Mailbox.objects.filter(sender=sender.pk, ended_at=None).first()


def guess(sender: Sender) -> ImapLogin:
    """Return what the mailbox's login probably is, from how its mails are sent."""
    host = sender.smtp_host.lower()
    name, _dot, domain = host.partition(".")
    guessed = f"imap.{domain}" if name in ("smtp", "smtps", "submission") else host
    return ImapLogin(
        host=_KNOWN.get(host, guessed),
        port=PORTS["tls"],
        security="tls",
        username=sender.smtp_username,
    )


def connect(member: Membership, sender: Sender, typed: ImapLogin) -> Mailbox:
    """Read answers from the sender's mailbox from now on, once a real login has worked.

    Call it outside a transaction. Raises NotYours, SenderNotConfirmed, LoginRefused.
    """
    if sender.owner_id != member.pk or sender.deleted_at is not None:
        raise NotYours
    if sender.confirmed_at is None:
        raise SenderNotConfirmed
    proof = prove(sender, typed)
    with transaction.atomic():
        return store(sender, proof)


def prove(sender: Sender, typed: ImapLogin) -> Proof:
    """Sign in, open the folder, change nothing. Raises LoginRefused with the step that failed."""
    server = Server(
        host=typed.host.strip(),
        port=typed.port,
        security=typed.security,
        username=typed.username.strip(),
        password=typed.password or _known_password(sender, typed),
    )
    if not server.password:
        raise LoginRefused(_("Write the password of the mailbox."), field="imap_password")
    if not turns.take(f"mailbox-login:{sender.owner_id}", TRIES_AN_HOUR, seconds=3600):
        raise LoginRefused(_("Too many tries. Try again in an hour."), field="imap_password")
    login.check(server, prefix="imap", ports=tuple(sorted(set(PORTS.values()))))
    try:
        with Session.open(server, seconds=login.PROOF_SECONDS) as session:
            return Proof(server, typed, session.examine(typed.folder or "INBOX"))
    except Unreadable as error:
        raise _refusal(error) from None


def store(sender: Sender, proof: Proof) -> Mailbox:
    """Write a proved login down and greet the mailbox, inside the caller's transaction.

    Where only the login has changed, reading goes on where it ended. Of an address that was removed
    and added again the newer mailbox speaks for all events. The greeting tells its owner, whoever
    connected it, and teaches us how its server signs.
    """
    server, typed, now = proof.server, proof.login, timezone.now()
    known = of(sender)
    folder = typed.folder or "INBOX"
    is_same = known is not None and (known.host.lower(), known.username, known.folder) == (
        server.host.lower(),
        server.username,
        folder,
    )
    changes: dict[str, Any] = {
        "host": server.host,
        "port": server.port,
        "security": server.security,
        "username": server.username,
        "password": secrets.encrypt(server.password.encode()),
        "folder": folder,
        "authserv_id": typed.authserv_id.strip(),
        "greeting_id": _greeting_id(sender),
    }
    if known is None or not is_same:
        changes |= _beginning(proof.folder, now)
    elif not changes["authserv_id"]:
        changes["authserv_id"] = known.authserv_id
    mailbox, _is_new = Mailbox.objects.update_or_create(
        sender=sender,
        defaults=changes | {"due_at": now, "lease": "", "ended_at": None} | _NO_TROUBLE,
    )
    same_address = Mailbox.objects.filter(
        sender__owner=sender.owner_id, sender__email_key=sender.email_key
    )
    end(same_address.exclude(pk=mailbox.pk))
    if mailbox.greeting_id:
        _greet(mailbox, sender)
    return mailbox


def _beginning(folder: Folder, now: dt.datetime) -> dict[str, Any]:
    """Return where the reading of a mailbox begins: after what is in it."""
    return {
        "uidvalidity": folder.uidvalidity,
        "last_uid": folder.uidnext - 1,
        "connected_at": now,
        "looked_at": now,
    }


def disconnect(member: Membership, sender: Sender) -> None:
    """Stop reading the sender's mailbox and erase its login. Raises NotYours."""
    if sender.team_id != member.team_id or not (sender.owner_id == member.pk or member.is_admin):
        raise NotYours
    end(Mailbox.objects.filter(sender=sender))


def end(mailboxes: QuerySet[Mailbox]) -> None:
    """Stop reading these; their logins are erased, what was kept stays."""
    mailboxes.filter(ended_at=None).update(
        ended_at=timezone.now(), due_at=None, lease="", password=b"", username="", greeting_id=""
    )


def _known_password(sender: Sender, typed: ImapLogin) -> str:
    """Return a stored password, for the server it is for and no other.

    Whoever sits at somebody else's open page must not have it sent to a server of theirs.
    """
    asked = (typed.host.strip().lower(), typed.username.strip())
    connected = of(sender)
    if connected and asked == (connected.host.lower(), connected.username):
        return mailbox_server(connected).password
    hosts = {sender.smtp_host.lower(), guess(sender).host}
    if sender.smtp_host and asked[0] in hosts and asked[1] == sender.smtp_username:
        return server_of(sender).password
    return ""


def _greet(mailbox: Mailbox, sender: Sender) -> None:
    owner = sender.owner
    letters.post(
        f"mailbox:{mailbox.pk}:{mailbox.greeting_id}",
        "mail/connected",
        {"email": sender.email, "name": owner.name, "team": owner.team.name},
        recipient=sender.email,
        name=sender.name,
        language=owner.user.language,
        team=owner.team,
        message_id=mailbox.greeting_id,
    )


def _greeting_id(sender: Sender) -> str:
    """Return a message id that nobody can guess; "" when this member had us write too often."""
    if not turns.take(f"greeting:{sender.owner_id}", GREETINGS_A_DAY, seconds=24 * 3600):
        return ""
    domain = settings.DEFAULT_FROM_EMAIL.rpartition("@")[2].strip("> ")
    return f"<{tokens.token_hex(16)}@{domain}>"


def _refusal(error: Unreadable) -> LoginRefused:
    """Say which step failed, in the member's language, with the server's own words."""
    if error.reason == Reason.LOGIN:
        message, field = _("The server refused the user name or the password."), "imap_password"
    elif error.reason == Reason.NO_TRUST:
        message, field = _("The connection could not be encrypted safely."), "imap_security"
    elif error.reason == Reason.FOLDER:
        message, field = _("There is no such folder in this mailbox."), "imap_folder"
    else:
        message, field = _("The server cannot be reached."), "imap_host"
    return LoginRefused(message, answer=str(error), field=field)
