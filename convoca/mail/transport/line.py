"""One connection to a mail server: opened and signed in by smtplib, then driven by hand."""

from __future__ import annotations

import re
import smtplib
import socket
import ssl
from contextlib import suppress
from functools import lru_cache
from ipaddress import ip_address
from threading import Timer
from typing import Any, BinaryIO, cast
from urllib.parse import urlsplit

from django.conf import settings

from convoca.mail.models import Delivery
from convoca.mail.transit import Outgoing
from convoca.mail.transport import replies
from convoca.mail.transport.reach import first_open, in_words, trust
from convoca.mail.transport.replies import Reply
from convoca.mail.transport.servers import Server
from convoca.standards.ical.address import domain_of, is_address

Reason = Delivery.Reason

_LONE_LINE_END = re.compile(rb"\r(?!\n)|(?<!\r)\n")


class Unusable(Exception):
    """No mail can be sent over this server now; `reason` is a Delivery.Reason.

    `was_open`: it was ready for mails, so it may have been one of them that ended this.
    """

    def __init__(self, reason: str, text: str, code: int | None = None, *, was_open: bool = False):
        super().__init__(reason, text, code)
        self.reason, self.text, self.code, self.was_open = reason, text, code, was_open

    @classmethod
    def by(cls, reason: str, reply: Reply) -> Unusable:
        """Return the server's words as the cause; what is no answer has no code."""
        return cls(reason, reply.text, reply.code if reply.is_smtp else None)

    def __str__(self) -> str:
        return f"{self.code} {self.text}" if self.code else self.text


class Lost(Exception):
    """The connection ended or went silent."""

    def __init__(self, text: str, reason: str = Reason.NO_ANSWER):
        super().__init__(text)
        self.reason = reason


class Unmailable(Exception):
    """No mail can be written to or from this address through this server."""


class Line:
    """An open, signed-in connection; as a context it says goodbye at the end."""

    def __init__(self, smtp: smtplib.SMTP):
        self._smtp = smtp
        self._file = cast(BinaryIO, smtp.file)  # where smtplib reads replies
        self._extensions = frozenset(smtp.esmtp_features)
        self.is_pipelining = self.offers("pipelining")

    @classmethod
    def open(cls, server: Server, *, seconds: float | None = None) -> Line:
        """Connect, encrypt with a verified certificate, sign in; within `seconds` altogether.

        Members' own servers must be on the public Internet, unless the operator allows others.
        Raises Unusable.
        """
        smtp = _client(server)
        timer = Timer(seconds, _cut, [smtp]) if seconds else None
        try:
            if timer:
                timer.start()
            _sign_in(smtp, server)
        except BaseException:
            smtp.close()
            raise
        finally:
            if timer:
                timer.cancel()
        if smtp.sock:
            smtp.sock.settimeout(settings.SMTP_TIMEOUT)
        return cls(smtp)

    def __enter__(self) -> Line:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def offers(self, extension: str) -> bool:
        return extension in self._extensions

    def ask_sender(self, email: str) -> None:
        """Ask whether mails may come from `email`; nothing is sent. Raises Unusable."""
        try:
            self.write(f"MAIL FROM:<{_on_the_wire(email)}>\r\n".encode())
            reply = self.read()
            self.write(b"RSET\r\n")
            self.read()
        except Lost as error:
            raise Unusable(Reason.NO_ANSWER, str(error)) from None
        if not reply.is_ok:
            raise Unusable.by(Reason.SENDER, reply)

    def write(self, data: bytes) -> None:
        """Send bytes as they are. Raises Lost."""
        try:
            if self._smtp.sock is None:
                raise Lost("the connection is closed")
            self._smtp.sock.sendall(data)
        except OSError as error:
            raise Lost(in_words(error)) from None

    def read(self) -> Reply:
        """Return the next reply. Raises Lost, also when it is none: then nothing more fits."""
        try:
            reply = replies.read(self._file)
        except (OSError, replies.NoReply) as error:
            raise Lost(in_words(error)) from None
        if not reply.is_smtp:
            raise Lost(f"The server answered what is no SMTP: {reply.text}")
        return reply

    def close(self) -> None:
        """Say goodbye without waiting for an answer."""
        with suppress(Lost):
            self.write(b"QUIT\r\n")
        self._smtp.close()


def envelope(line: Line, mail: Outgoing) -> list[bytes]:
    """Return the three commands that announce one mail. Raises Unmailable."""
    sender, recipient = _on_the_wire(mail.envelope_from), _on_the_wire(mail.recipient)
    options = f" SIZE={len(mail.content)}" if line.offers("size") else ""
    is_ascii = mail.content.isascii()
    # One address in the headers that is not ASCII asks for SMTPUTF8 as well (RFC 6531, 3.4).
    head = b"" if is_ascii else mail.content.partition(b"\r\n\r\n")[0]
    if not (sender + recipient).isascii() or not head.isascii():
        if not line.offers("smtputf8"):
            raise Unmailable("The mail server takes only ASCII in addresses (no SMTPUTF8).")
        options += " SMTPUTF8"
    if not is_ascii:
        if not line.offers("8bitmime"):
            raise Unmailable("The mail server takes only 7-bit mails (no 8BITMIME).")
        options += " BODY=8BITMIME"
    return [
        f"MAIL FROM:<{sender}>{options}\r\n".encode(),
        f"RCPT TO:<{recipient}>\r\n".encode(),
        b"DATA\r\n",
    ]


@lru_cache(256)  # senders are few; a recipient is asked for once, at most twice
def _on_the_wire(address: str) -> str:
    """Return an address as servers take it, an IDN domain in ASCII. Raises Unmailable."""
    if not is_address(address):
        raise Unmailable(f"{address!r} is no e-mail address.")
    return f"{address.rpartition('@')[0]}@{domain_of(address)}"


def body(mail: Outgoing) -> bytes:
    """Return the content as it goes over the wire: CRLF, leading dots doubled, the final dot."""
    if mail.is_ready:
        return mail.content + b".\r\n"
    content = with_crlf(mail.content)
    if content.startswith(b"."):
        content = b"." + content
    return content.replace(b"\r\n.", b"\r\n..") + b".\r\n"


def with_crlf(content: bytes) -> bytes:
    """Return the content with CRLF at the end of each line, the last one too."""
    if not content.count(b"\r\n") == content.count(b"\n") == content.count(b"\r"):
        content = _LONE_LINE_END.sub(b"\r\n", content)
    return content if content.endswith(b"\r\n") else content + b"\r\n"


def _client(server: Server) -> smtplib.SMTP:
    """Return smtplib's client, not yet connected."""
    options: dict[str, Any] = {
        "local_hostname": own_name(urlsplit(settings.BASE_URL).hostname or ""),
        "timeout": settings.SMTP_CONNECT_TIMEOUT,
    }
    is_free = server.is_system or settings.ALLOW_PRIVATE_SMTP
    if server.security == "tls":
        options["context"] = trust()
        return (smtplib.SMTP_SSL if is_free else _PublicTls)(**options)
    return (smtplib.SMTP if is_free else _Public)(**options)


def own_name(host: str) -> str:
    """Return by what we greet a mail server: a full name, or an address literal (RFC 5321, 4.1.3).

    A short name such as localhost says nothing elsewhere, and some servers refuse it.
    """
    try:
        address = ip_address(host)
    except ValueError:
        return host if "." in host else "[127.0.0.1]"
    return f"[IPv6:{address}]" if address.version == 6 else f"[{address}]"


class _Public(smtplib.SMTP):
    """Connects only to addresses on the public Internet."""

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        return first_open(super()._get_socket, host, port, timeout)  # type: ignore[misc]


class _PublicTls(smtplib.SMTP_SSL):
    """The same under TLS; the certificate must be of the name, not of the address."""

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        return first_open(super()._get_socket, host, port, timeout)  # type: ignore[misc]


def _sign_in(smtp: smtplib.SMTP, server: Server) -> None:
    """Bring the client to where mails can be sent. Raises Unusable, naming what failed."""
    try:
        smtp._host = server.host  # type: ignore[attr-defined]  # the name TLS verifies
        code, greeting = smtp.connect(server.host, server.port)
        if code != 220:
            raise smtplib.SMTPConnectError(code, greeting)
        smtp.ehlo_or_helo_if_needed()
        if server.security == "starttls":
            _encrypt(smtp, server)
        if server.username:
            _authenticate(smtp, server)
    except ssl.SSLError as error:
        raise Unusable(Reason.NO_TRUST, f"{server}: {in_words(error)}") from None
    except smtplib.SMTPResponseException as error:
        reply = Reply.of(error.smtp_code, error.smtp_error)
        raise Unusable.by(Reason.UNREACHABLE, reply) from None
    except (OSError, smtplib.SMTPException, ValueError) as error:
        raise Unusable(Reason.UNREACHABLE, f"{server}: {in_words(error)}") from None


def _encrypt(smtp: smtplib.SMTP, server: Server) -> None:
    if not smtp.has_extn("starttls"):
        raise Unusable(Reason.NO_TRUST, f"{server} does not offer STARTTLS.")
    smtp.starttls(context=trust())
    smtp.ehlo_or_helo_if_needed()


def _authenticate(smtp: smtplib.SMTP, server: Server) -> None:
    try:
        smtp.login(server.username, server.password)
    except smtplib.SMTPAuthenticationError as error:
        reply = Reply.of(error.smtp_code, error.smtp_error)
        is_refused = reply.is_smtp and reply.code >= 500  # 4xx is for now (RFC 4954, 6)
        raise Unusable.by(Reason.LOGIN if is_refused else Reason.UNREACHABLE, reply) from None
    except (smtplib.SMTPServerDisconnected, smtplib.SMTPResponseException):
        raise
    except (smtplib.SMTPException, UnicodeError):
        raise Unusable(Reason.LOGIN, f"{server} offers no way to sign in that we know.") from None


def _cut(smtp: smtplib.SMTP) -> None:
    """End a conversation that takes too long; the thread that reads it gets an error."""
    with suppress(OSError):
        if smtp.sock:
            smtp.sock.shutdown(socket.SHUT_RDWR)
