"""A real mail server on the loopback that keeps every mail and misbehaves on request."""

from __future__ import annotations

import asyncio
import logging
import ssl
import threading
import warnings
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from functools import cached_property, partial
from pathlib import Path
from typing import Any, Literal, cast

import pytest
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from tests.support.patience import PATIENCE
from tests.support.tls import make_certificate

logging.getLogger("mail.log").setLevel(logging.ERROR)  # aiosmtpd's, which tells every line

# CONNECT: before the greeting. DATA: at the command. CONTENT: after 354, before the last line.
# BODY: after the last line, mail not kept. REPLY: after it, mail kept and not yet acknowledged.
Stage = Literal[
    "CONNECT",
    "EHLO",
    "HELO",
    "STARTTLS",
    "AUTH",
    "MAIL",
    "RCPT",
    "DATA",
    "CONTENT",
    "BODY",
    "REPLY",
    "RSET",
    "QUIT",
]
Security = Literal["none", "starttls", "tls"]


@dataclass(frozen=True)
class Mail:
    """One mail as it came over the wire, with its envelope."""

    sender: str
    recipients: tuple[str, ...]
    data: bytes
    login: str = ""
    is_encrypted: bool = False

    @cached_property
    def message(self) -> EmailMessage:
        return message_from_bytes(self.data, policy=policy.default)

    @property
    def subject(self) -> str:
        return str(self.message["Subject"])

    @property
    def text(self) -> str:
        return self._body("plain")

    @property
    def html(self) -> str:
        return self._body("html")

    @property
    def calendar(self) -> str:
        """The first text/calendar part, or nothing."""
        for part in self.message.walk():
            if part.get_content_type() == "text/calendar":
                payload = cast(bytes, part.get_payload(decode=True))
                return payload.decode("utf-8")
        return ""

    def _body(self, kind: Literal["plain", "html"]) -> str:
        part = self.message.get_body((kind,))
        return str(part.get_content()) if part else ""


@dataclass
class Rule:
    """What the server does instead, at one stage, for lines that contain a text."""

    stage: Stage
    containing: str
    times: int | None
    reply: str = ""
    drop: bool = False
    delay: float = 0.0


class SmtpServer:
    """An SMTP server in a thread of its own; `with server.running():` opens its port."""

    host = "127.0.0.1"

    def __init__(
        self,
        *,
        username: str = "",
        password: str = "",
        security: Security = "none",
        pipelining: bool = True,
        certificates: Path | None = None,
    ) -> None:
        self.username, self.password = username, password
        self.security = security
        self.pipelining = pipelining
        self.port = 0
        self.mails: list[Mail] = []
        self.connections = 0
        self.unheard = 0  # mails it kept, and then hung up on who may not have read that
        self._rules: list[Rule] = []
        self._arrived = threading.Condition()
        self._tls = _tls_context(certificates) if certificates else None
        self.loop = asyncio.new_event_loop()
        self._listener: asyncio.Server | None = None
        self._open: set[Connection] = set()

    @property
    def url(self) -> str:
        scheme = {"none": "smtp", "starttls": "smtp+starttls", "tls": "smtps"}[self.security]
        login = f"{self.username}:{self.password}@" if self.username else ""
        return f"{scheme}://{login}{self.host}:{self.port}"

    def to(self, address: str) -> list[Mail]:
        """Return the mails for one address, oldest first."""
        return [mail for mail in list(self.mails) if address in mail.recipients]

    def wait_for(self, count: int, seconds: float = PATIENCE) -> list[Mail]:
        """Return all mails once there are `count`; raise AssertionError when they do not come."""
        with self._arrived:
            if not self._arrived.wait_for(lambda: len(self.mails) >= count, seconds):
                raise AssertionError(f"{len(self.mails)} of {count} mails came in {seconds} s")
            return list(self.mails)

    def refuse(
        self, stage: Stage, reply: str, *, containing: str = "", times: int | None = None
    ) -> None:
        """Answer `reply` ("550 5.1.1 No such user") at a stage, a number of times or always."""
        self._rules.append(Rule(stage, containing, times, reply=reply))

    def drop(self, stage: Stage, *, containing: str = "", times: int | None = None) -> None:
        """Cut the connection at a stage."""
        self._rules.append(Rule(stage, containing, times, drop=True))

    def stall(
        self, stage: Stage, seconds: float, *, containing: str = "", times: int | None = None
    ) -> None:
        """Wait before going on at a stage."""
        self._rules.append(Rule(stage, containing, times, delay=seconds))

    def heal(self) -> None:
        """Behave again, and listen again."""
        self._rules.clear()
        self._run(self._listen())

    def shut(self) -> None:
        """Refuse connections, cutting the open ones, until `heal`; the port stays the same."""
        self._run(self._close())

    @contextmanager
    def running(self) -> Iterator[SmtpServer]:
        thread = threading.Thread(target=self.loop.run_forever, name="test-smtp", daemon=True)
        thread.start()
        try:
            self._run(self._listen())
            yield self
        finally:
            self._run(self._close())
            self.loop.call_soon_threadsafe(self.loop.stop)
            thread.join(PATIENCE)
            self.loop.close()

    def rule_for(self, stage: Stage, line: str) -> Rule | None:
        """Return what to do at a stage instead of the ordinary, using up one of its times."""
        for rule in self._rules:
            if rule.stage == stage and rule.containing in line and rule.times != 0:
                if rule.times is not None:
                    rule.times -= 1
                return rule
        return None

    def keep(self, mail: Mail) -> None:
        with self._arrived:
            self.mails.append(mail)
            self._arrived.notify_all()

    def opened(self, connection: Connection) -> None:
        self.connections += 1
        self._open.add(connection)

    def closed(self, connection: Connection) -> None:
        self._open.discard(connection)

    async def _listen(self) -> None:
        if self._listener:
            return
        self._listener = await self.loop.create_server(
            partial(Connection, self, self._tls),
            self.host,
            self.port,
            ssl=self._tls if self.security == "tls" else None,
            reuse_address=True,
        )
        self.port = self._listener.sockets[0].getsockname()[1]

    async def _close(self) -> None:
        if self._listener:
            self._listener.close()
            self._listener = None
        for connection in list(self._open):
            connection.cut()
        await asyncio.sleep(0)  # lets the cut connections end their tasks

    def _run(self, work: Awaitable[None]) -> None:
        asyncio.run_coroutine_threadsafe(cast(Any, work), self.loop).result(PATIENCE)


@dataclass
class Handler:
    """Aiosmtpd's hooks of one connection."""

    server: SmtpServer
    connection: Connection = field(init=False)

    async def handle_EHLO(
        self, smtp: SMTP, session: Session, envelope: Envelope, hostname: str, lines: list[str]
    ) -> list[str]:
        session.host_name = hostname
        return [lines[0], "250-PIPELINING", *lines[1:]] if self.server.pipelining else lines

    async def handle_DATA(self, smtp: SMTP, session: Session, envelope: Envelope) -> str:
        self.connection.is_unheard = False  # whoever sends the next has read the last answer
        recipients = tuple(str(address) for address in envelope.rcpt_tos)
        if reply := await self.connection.misbehave("BODY", " ".join(recipients)):
            return reply
        login = (
            cast(LoginPassword, session.auth_data).login.decode() if session.authenticated else ""
        )
        self.server.keep(
            Mail(
                sender=envelope.mail_from or "",
                recipients=recipients,
                data=cast(bytes, envelope.original_content),
                login=login,
                is_encrypted=session.ssl is not None or self.server.security == "tls",
            )
        )
        reply = await self.connection.misbehave("REPLY", " ".join(recipients))
        self.connection.is_unheard = True
        return reply or "250 2.0.0 Kept"


class Connection(SMTP):
    """One client's connection, which looks up the rules before each command."""

    def __init__(self, server: SmtpServer, tls: ssl.SSLContext | None) -> None:
        handler = Handler(server)
        with warnings.catch_warnings(action="ignore"):  # a login without TLS, on the loopback
            super().__init__(
                handler,
                hostname="localhost",
                enable_SMTPUTF8=True,
                timeout=PATIENCE,
                loop=server.loop,
                tls_context=tls if server.security == "starttls" else None,
                require_starttls=server.security == "starttls",
                auth_required=bool(server.username),
                auth_require_tls=False,
                auth_exclude_mechanism=None if server.username else ["LOGIN", "PLAIN"],
                authenticator=self._check_login,
            )
        handler.connection = self
        self.is_unheard = False
        self._server = server
        for command, method in self._smtp_methods.items():
            self._smtp_methods[command] = partial(self._command, cast(Stage, command), method)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._server.opened(self)
        super().connection_made(transport)

    def connection_lost(self, error: Exception | None) -> None:
        self._server.closed(self)
        super().connection_lost(error)

    def cut(self) -> None:
        self._count_unheard()
        transport = self.transport
        if isinstance(transport, asyncio.WriteTransport) and not transport.is_closing():
            transport.abort()

    async def misbehave(self, stage: Stage, line: str) -> str:
        """Do what a rule asks here; return the reply it asks for, or nothing to go on."""
        rule = self._server.rule_for(stage, line)
        if rule is None:
            return ""
        await asyncio.sleep(rule.delay)
        if rule.drop:
            self.cut()
            raise ConnectionResetError
        if rule.reply.startswith("421"):
            self._hang_up_soon()
        return rule.reply

    async def _handle_client(self) -> None:
        try:
            if reply := await self.misbehave("CONNECT", ""):
                await self.push(reply)
                self._writer.close()
                return
            await super()._handle_client()
        except ConnectionResetError:
            pass

    async def _command(
        self, command: Stage, method: Callable[[str | None], Awaitable[None]], argument: str | None
    ) -> None:
        reply = await self.misbehave(command, argument or "")
        if not reply and command == "DATA" and self.envelope:
            reply = await self._interrupt(" ".join(self.envelope.rcpt_tos))
        if reply:
            await self.push(reply)
        else:
            await method(argument)

    async def _interrupt(self, recipients: str) -> str:
        """Ask for the content and do what a rule wants while it comes."""
        rule = self._server.rule_for("CONTENT", recipients) if recipients else None
        if rule is None:
            return ""
        await self.push("354 Go on")
        await self._reader.readline()
        await asyncio.sleep(rule.delay)
        if rule.reply:
            await self.push(rule.reply)
        self._writer.close()  # whoever does not read to the end can only hang up
        raise ConnectionResetError

    def _hang_up_soon(self) -> None:
        """Close once the 421 has gone out, as a server that shuts down does."""
        self._count_unheard()
        self.loop.call_later(0.05, self._writer.close)

    def _count_unheard(self) -> None:
        """Note that a hang-up may take along, unread, the answer to a mail that was kept."""
        self._server.unheard += self.is_unheard
        self.is_unheard = False

    def _check_login(
        self, smtp: SMTP, session: Session, envelope: Envelope, mechanism: str, login: LoginPassword
    ) -> AuthResult:
        expected = (self._server.username.encode(), self._server.password.encode())
        if (login.login, login.password) == expected:
            return AuthResult(success=True, auth_data=login)
        return AuthResult(success=False, handled=False)


def _tls_context(folder: Path) -> ssl.SSLContext:
    certificate, key = folder / "certificate.pem", folder / "key.pem"
    if not certificate.exists():
        make_certificate(folder)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    return context


@pytest.fixture
def smtp(settings: Any) -> Iterator[SmtpServer]:
    """A mail server, and Convoca's settings pointing at it."""
    with SmtpServer().running() as server:
        settings.SMTP_URL = server.url
        yield server
