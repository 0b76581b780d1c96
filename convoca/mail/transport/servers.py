"""Which server a mail leaves through, the system's or a sender's own, and where answers come."""

from __future__ import annotations

from dataclasses import dataclass, field

from django.conf import settings

from convoca.environment import parse_smtp_url
from convoca.mail import secrets
from convoca.mail.models import Mailbox, Sender


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """A mail server and how to sign in; `security` is starttls, tls or none."""

    host: str
    port: int
    security: str
    username: str = ""
    password: str = field(default="", repr=False)
    is_system: bool = False

    def __str__(self) -> str:
        return f"{self.host}:{self.port}"


def system_server() -> Server:
    """Return the server of CONVOCA_SMTP_URL."""
    return Server(**parse_smtp_url(settings.SMTP_URL), is_system=True)  # type: ignore[arg-type]


def server_of(sender: Sender | None) -> Server:
    """Return the sender's own server if it has one, else the system's. Raises secrets.WrongKey."""
    if sender is None or not sender.smtp_host:
        return system_server()
    return Server(
        host=sender.smtp_host,
        port=sender.smtp_port,
        security=sender.smtp_security,
        username=sender.smtp_username,
        password=_password(sender.smtp_password),
    )


def mailbox_server(mailbox: Mailbox) -> Server:
    """Return where a connected mailbox is read. Raises secrets.WrongKey."""
    return Server(
        host=mailbox.host,
        port=mailbox.port,
        security=mailbox.security,
        username=mailbox.username,
        password=_password(mailbox.password),
    )


def _password(stored: bytes | memoryview) -> str:
    return secrets.decrypt(stored).decode() if stored else ""
