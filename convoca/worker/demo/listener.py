"""The demo's mail server: takes every mail on loopback and keeps it as a file to be read."""

from __future__ import annotations

import secrets
import time
from email.utils import formatdate
from pathlib import Path

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

REFUSED_DOMAIN = "correo-cerrado.example"


def start(port: int, folder: Path) -> Controller:
    """Listen on loopback, and store each mail once per recipient as `folder/<number>.eml`."""
    folder.mkdir(parents=True, exist_ok=True)
    controller = Controller(
        Postman(folder),
        hostname="127.0.0.1",
        port=port,
        ident="Convoca demo",
        data_size_limit=64 * 1024 * 1024,
    )
    controller.start()
    return controller


class Postman:
    """Delivers into a folder; refuses one domain for good, as the servers of lost customers do."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if address.lower().endswith("@" + REFUSED_DOMAIN):
            return f"550 5.1.1 <{address}>: this mailbox does not exist any more"
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        for address in envelope.rcpt_tos:
            self.store(envelope.mail_from or "", address, envelope.original_content or b"")
        return "250 2.0.0 Delivered to the demo mailbox"

    def store(self, envelope_from: str, address: str, content: bytes) -> Path:
        """Write the mail under its final name only when it is whole, and return that name."""
        name = f"{time.time_ns()}-{secrets.token_hex(4)}"
        draft = self.folder / f"{name}.part"
        draft.write_bytes(_trace(envelope_from, address) + content)
        return draft.rename(self.folder / f"{name}.eml")


def _trace(envelope_from: str, address: str) -> bytes:
    """Return the lines that a mail server puts on top when it delivers."""
    return (
        f"Return-Path: <{envelope_from}>\r\n"
        f"Delivered-To: {address}\r\n"
        f"Received: from convoca by localhost with ESMTP; {formatdate(localtime=True)}\r\n"
    ).encode()
