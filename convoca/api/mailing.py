"""Addresses to send from, and their mailboxes, in the API: what is typed and what is answered."""

from __future__ import annotations

import datetime as dt
from typing import Literal
from uuid import UUID

from django.utils.translation import gettext as _
from ninja import Schema
from pydantic import ConfigDict, Field, model_validator

from convoca.accounts.models import Membership
from convoca.api.schemas import Typed
from convoca.mail import mailboxes, senders
from convoca.mail.models import Mailbox, Sender


class LoginIn(Typed):
    """How to send through an address's own mail server."""

    host: str
    port: int = Field(587, ge=1, le=65_535)
    security: Literal["starttls", "tls", "none"] = "starttls"
    username: str
    password: str


class ImapIn(Typed):
    """How to read answers in an address's mailbox.

    An empty password is that of its SMTP login, or the one stored for the same server and user.
    `authserv_id` is the name in the Authentication-Results of its server; empty, it is learned.
    """

    host: str = Field(max_length=253)
    port: int = Field(993, ge=1, le=65_535)
    security: Literal["starttls", "tls", "none"] = "tls"
    username: str = Field(max_length=254)
    password: str = Field("", max_length=512)
    folder: str = Field("INBOX", max_length=200)
    authserv_id: str = Field("", max_length=253)


class SenderIn(Typed):
    """An address to send from; with `smtp` it is proved by a login, else by a code.

    With `imap` too, answers that arrive in its mailbox are read.
    """

    name: str = ""
    email: str
    available_to_everyone: bool = False
    smtp: LoginIn | None = None
    imap: ImapIn | None = None

    @model_validator(mode="after")
    def _check_imap(self) -> SenderIn:
        if self.imap is not None and self.smtp is None:
            raise ValueError(_("A mailbox is connected to an address that is confirmed."))
        return self


class SenderPatch(Typed):
    """A change of an address: its mailbox connected, or with null no longer read."""

    imap: ImapIn | None


class CodeIn(Typed):
    """The code that came by mail."""

    model_config = ConfigDict(extra="forbid", coerce_numbers_to_str=True)

    code: str = Field(max_length=40)


class MailboxOut(Schema):
    """A connected mailbox; `problem` says why answers in it are not being read, if they are not."""

    host: str
    username: str
    folder: str
    authserv_id: str
    looked_at: dt.datetime
    problem: str

    @classmethod
    def of(cls, mailbox: Mailbox | None) -> MailboxOut | None:
        if mailbox is None:
            return None
        return cls(
            host=mailbox.host,
            username=mailbox.username,
            folder=mailbox.folder,
            authserv_id=mailbox.authserv_id,
            looked_at=mailbox.looked_at,
            problem=str(mailbox.problem),
        )


class SenderOut(Schema):
    """An address to send from; `id` is null for the account's own while nothing chose it."""

    id: UUID | None
    name: str
    email: str
    confirmed: bool
    available_to_everyone: bool
    recommended: bool = False
    is_default: bool = False
    mailbox: MailboxOut | None = None

    @classmethod
    def of(cls, sender: Sender) -> SenderOut:
        return cls(
            id=sender.public_id,
            name=sender.name,
            email=sender.email,
            confirmed=sender.confirmed_at is not None,
            available_to_everyone=sender.available_to_everyone,
            mailbox=MailboxOut.of(mailboxes.of(sender)),
        )

    @classmethod
    def of_choice(
        cls, choice: senders.Choice, default: Sender | None, member: Membership
    ) -> SenderOut:
        sender = choice.sender
        is_own = sender is not None and sender.owner_id == member.pk
        return cls(
            id=sender.public_id if sender else None,
            name=choice.name,
            email=choice.email,
            confirmed=choice.is_confirmed,
            available_to_everyone=bool(sender and sender.available_to_everyone),
            recommended=choice.is_recommended,
            is_default=sender is not None and sender == default,
            mailbox=MailboxOut.of(choice.mailbox) if is_own else None,
        )
