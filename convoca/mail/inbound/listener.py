"""The listener: takes replies over LMTP or SMTP from the mail server beside us, into the inbox."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller, UnixSocketController
from aiosmtpd.smtp import SMTP, Envelope, Session, syntax
from django.db import DatabaseError, close_old_connections

from convoca.mail.inbound import inbox
from convoca.mail.transport import verp
from convoca.standards.ical.address import domain_of, is_address, normalise

logger = logging.getLogger(__name__)

MOST_RECIPIENTS = 100
PREFIXES = ("rsvp+", verp.PREFIX)
_LATER = "451 4.3.0 The message cannot be kept now, try again later"


Door = Controller | UnixSocketController


def start(listen: str, domain: str) -> Door:
    """Listen on `host:port` or on the path of a Unix socket, in a thread of its own.

    Raises OSError when that cannot be done. `stop()` of what is returned ends it.
    """
    logging.getLogger("mail.log").setLevel(logging.WARNING)  # aiosmtpd's, which tells every line
    options: dict[str, Any] = {
        "data_size_limit": inbox.LARGEST,
        "ident": "Convoca",
        "server_hostname": domain,
    }
    keeper = Doorkeeper(domain)
    controller: Door
    if "/" in listen:
        controller = _OnSocket(keeper, unix_socket=listen, **options)
    else:
        host, _colon, port = listen.rpartition(":")
        controller = _OnPort(keeper, hostname=host.strip("[]"), port=int(port), **options)
    controller.start()
    if "/" in listen:
        Path(listen).chmod(0o666)  # the folder's mode decides who may deliver
    return controller


class Doorkeeper:
    """Lets in only what is for our domain, and says "kept" only of what is in the database."""

    def __init__(self, domain: str) -> None:
        self._domain = normalise(f"x@{domain}").partition("@")[2]

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if domain_of(address) != self._domain:
            return "550 5.7.1 We take mail for our own domain only"
        if not is_address(address) or not normalise(address).startswith(PREFIXES):
            return "550 5.1.1 There is no such mailbox"
        if len(envelope.rcpt_tos) >= MOST_RECIPIENTS:
            return "452 4.5.3 Too many recipients"
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        """Keep the message for each recipient; under LMTP answer once for each (RFC 2033, 4.2)."""
        content = envelope.original_content or b""
        addresses = list(dict.fromkeys(envelope.rcpt_tos))
        answers = await asyncio.to_thread(_keep, content, addresses, envelope.mail_from or "")
        if isinstance(server, _Server) and server.is_lmtp:
            return "\r\n".join(answers[address] for address in envelope.rcpt_tos)
        return max(answers.values())  # SMTP has one answer: the worst


class _Server(SMTP):
    """Speaks LMTP to who says LHLO, SMTP to all others."""

    line_length_limit = 64 * 1024  # some programs do not fold what they write
    is_lmtp = False

    @syntax("LHLO hostname")
    async def smtp_LHLO(self, hostname: str) -> None:
        self.is_lmtp = True
        await self.smtp_EHLO(hostname)

    async def handle_exception(self, error: Exception) -> str:
        logger.error("A mail could not be taken", exc_info=error)
        return _LATER


class _OnPort(Controller):
    def factory(self) -> SMTP:
        return _Server(self.handler, **self.SMTP_kwargs)


class _OnSocket(UnixSocketController):
    def factory(self) -> SMTP:
        return _Server(self.handler, **self.SMTP_kwargs)


def _keep(content: bytes, addresses: Iterable[str], sender: str) -> dict[str, str]:
    """Return the answer for each address, in a thread that may wait for the database."""
    close_old_connections()
    try:
        return {address: _keep_one(content, address, sender) for address in addresses}
    finally:
        close_old_connections()


def _keep_one(content: bytes, address: str, sender: str) -> str:
    try:
        inbox.keep(content, recipient=address, envelope_from=sender)
    except inbox.TooLarge:
        return "552 5.3.4 The message is too large"
    except (DatabaseError, OSError):
        logger.exception("A mail could not be kept")
        return _LATER
    return "250 2.0.0 Kept"
