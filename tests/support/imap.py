"""An IMAP server that members may connect to, and Alice's mailbox on it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from django.core.cache import cache

from convoca.mail import mailboxes
from convoca.mail.mailboxes import ImapLogin
from convoca.mail.models import Mailbox, Sender
from tests.support.imap_server import ImapServer

__all__ = ["ImapServer", "imap", "login_at", "mailbox"]


@pytest.fixture
def imap(settings: Any) -> Iterator[ImapServer]:
    """A mailbox's server that members may connect to, though it is beside us."""
    settings.ALLOW_PRIVATE_SMTP = True
    settings.SMTP_TIMEOUT = settings.SMTP_CONNECT_TIMEOUT = 10
    cache.clear()
    with ImapServer().running() as server:
        yield server


def login_at(server: ImapServer, **changes: Any) -> ImapLogin:
    """Return the login that works there."""
    login = ImapLogin(
        host=server.host,
        port=server.port,
        security=server.security,
        username=server.username,
        password=server.password,
    )
    return replace(login, **changes)


@pytest.fixture
def mailbox(imap: ImapServer, sender: Sender) -> Mailbox:
    """Alice's own address with its mailbox connected; its server signs as mx.acme.example."""
    return mailboxes.connect(sender.owner, sender, login_at(imap, authserv_id="mx.acme.example"))
