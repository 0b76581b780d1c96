"""One connection to a mailbox: opened over IMAP, looked into without a trace, and waited on."""

from __future__ import annotations

import datetime as dt
import imaplib
import logging
import re
import socket
import ssl
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from threading import Timer
from typing import Any, TypeVar

from django.conf import settings
from imapclient import IMAPClient
from imapclient.exceptions import IMAPClientError, LoginError, ProtocolError

from convoca.mail.imap.peeking import Peek
from convoca.mail.inbound import inbox
from convoca.mail.models import Mailbox
from convoca.mail.transport.reach import first_open, in_words, trust
from convoca.mail.transport.servers import Server

logging.getLogger("imapclient").setLevel(logging.WARNING)  # it tells every line

MOST_BYTES = 2 * inbox.LARGEST  # that a server may say at once
LONGEST_STEP = 90.0  # seconds
LONGEST_HEADER = 64 * 1024
SIGN_IN_SECONDS = 30.0

Reason = Mailbox.Reason
Result = TypeVar("Result")

_FOR_NOW = re.compile(r"\[(UNAVAILABLE|INUSE|LIMIT|SERVERBUG|ALERT|OVERQUOTA)\b", re.IGNORECASE)
_HEADER = "BODY.PEEK[HEADER.FIELDS (MESSAGE-ID IN-REPLY-TO REFERENCES)]"
_VERDICTS = "BODY.PEEK[HEADER.FIELDS (AUTHENTICATION-RESULTS)]"


class Unreadable(Exception):
    """The mailbox cannot be read now; `reason` is a Mailbox.Reason, `text` the server's words."""

    def __init__(self, reason: Mailbox.Reason, text: str):
        super().__init__(reason, text)
        self.reason, self.text = reason, text[:500]

    def __str__(self) -> str:
        return self.text


class _NotUnderstood(Unreadable):
    """What the server told cannot be parsed; the connection is as good as before."""


@dataclass(frozen=True, slots=True)
class Folder:
    """What a server says of a folder; `uidnext` is above every UID in it."""

    uidvalidity: int
    uidnext: int


class Session:
    """A signed-in connection, for one thread at a time; as a context it says goodbye at the end.

    It only ever EXAMINEs and PEEKs (RFC 9051, 6.3.3, 6.4.5): no message is marked as read, not
    even as no longer recent. Every method raises Unreadable.
    """

    def __init__(self, client: IMAPClient):
        self._client = client
        self._is_idling = False

    @classmethod
    def open(cls, server: Server, *, seconds: float = SIGN_IN_SECONDS) -> Session:
        """Connect, encrypt with a verified certificate, sign in; within `seconds` altogether.

        The server must be on the public Internet, unless the operator allows others.
        """
        end = time.monotonic() + seconds
        client = _attempt(lambda: _Client(server, seconds))
        session = cls(client)
        try:
            session._do(lambda: _sign_in(client, server), max(0.1, end - time.monotonic()))
        except BaseException:
            session.drop()
            raise
        return session

    def __enter__(self) -> Session:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def examine(self, folder: str) -> Folder:
        """Open a folder for reading only."""
        try:
            told = self._do(lambda: self._client.select_folder(folder, readonly=True))
        except Unreadable as error:
            is_refused = error.reason == Reason.TROUBLE
            raise Unreadable(Reason.FOLDER, str(error)) if is_refused else error from None
        if b"UIDVALIDITY" not in told:
            raise Unreadable(Reason.FOLDER, "the server knows no UIDVALIDITY")
        uidnext = told.get(b"UIDNEXT") or max(self.uids_after(0), default=0) + 1
        return Folder(uidvalidity=int(told[b"UIDVALIDITY"]), uidnext=int(uidnext))

    def uids_after(self, uid: int) -> list[int]:
        """Return the UIDs above `uid`, lowest first."""
        found = self._do(lambda: self._client.search(["UID", f"{uid + 1}:*"]))
        return sorted(one for one in found if one > uid)  # "*" is the last one, however low

    def uids_since(self, day: dt.date) -> list[int]:
        """Return the UIDs of what arrived on or after a day, lowest first."""
        return sorted(self._do(lambda: self._client.search(["SINCE", day])))

    def peek(self, uids: Sequence[int]) -> list[Peek]:
        """Return the size, structure and message ids of some messages; no text of theirs.

        A message whose structure cannot be understood is left out.
        """
        try:
            return self._peek(uids)
        except _NotUnderstood:
            return [one for uid in uids for one in self._peek_alone(uid)]

    def fetch(self, uid: int) -> bytes | None:
        """Return a whole message; None when it is no longer there."""
        told = self._do(lambda: self._client.fetch([uid], ["BODY.PEEK[]"]))
        content = told.get(uid, {}).get(b"BODY[]")
        return content if isinstance(content, bytes) else None

    def verdicts(self, uid: int) -> bytes:
        """Return the Authentication-Results headers of a message, topmost first."""
        told = self._do(lambda: self._client.fetch([uid], [_VERDICTS]))
        return _header_of(told.get(uid, {}))

    @property
    def can_idle(self) -> bool:
        return self._do(lambda: self._client.has_capability("IDLE"))

    def fileno(self) -> int:
        """Return what to wait on, once `idle` returned False."""
        return self._client.socket().fileno()

    def idle(self) -> bool:
        """Ask to be told of news (RFC 2177); return True when some came with the answer."""
        self._do(self._client.idle)
        self._is_idling = True
        return self._do(self._client.wire.has_buffered)

    def end_idle(self) -> None:
        """Stop being told; whatever was said means only: look."""
        self._is_idling = False
        self._do(self._client.idle_done)

    def close(self) -> None:
        """Say goodbye without waiting for an answer."""
        with suppress(OSError):
            self._client.wire.sock.settimeout(1)
            self._client.wire.send(b"DONE\r\n" * self._is_idling + b"bye LOGOUT\r\n")
        self.drop()

    def cut(self) -> None:
        """End it for a thread that reads from it, from another thread."""
        self._client.wire.cut()

    def drop(self) -> None:
        """Close the connection as it is."""
        with suppress(Exception):
            self._client.shutdown()

    def _peek(self, uids: Sequence[int]) -> list[Peek]:
        told = self._do(lambda: self._client.fetch(uids, ["RFC822.SIZE", "BODYSTRUCTURE", _HEADER]))
        return [
            Peek.of(uid, one.get(b"RFC822.SIZE"), one.get(b"BODYSTRUCTURE"), _header_of(one))
            for uid, one in sorted(told.items())
        ]

    def _peek_alone(self, uid: int) -> list[Peek]:
        try:
            return self._peek([uid])
        except _NotUnderstood:
            return []

    def _do(self, work: Callable[[], Result], seconds: float = 0.0) -> Result:
        """Do one thing, within some time and a bound of bytes."""
        wire: _Wire = self._client.wire
        wire.left = MOST_BYTES
        with wire.within(seconds or LONGEST_STEP):
            return _attempt(work)


class _Client(IMAPClient):
    """IMAPClient over a connection of ours."""

    def __init__(self, server: Server, seconds: float):
        self._server, self._seconds = server, seconds
        self.wire: _Wire
        super().__init__(
            server.host,
            server.port,
            ssl=server.security == "tls",
            timeout=settings.SMTP_TIMEOUT,
        )

    def forget_capabilities(self) -> None:
        """Ask again: a server may offer more to who has signed in, such as IDLE."""
        self._cached_capabilities = None

    def _create_IMAP4(self) -> imaplib.IMAP4:
        self.wire = _Wire(self._server, self._seconds)
        return self.wire


class _Wire(imaplib.IMAP4):
    """Connects only where it may, verifies whom it talks to, and bounds what it is told."""

    def __init__(self, server: Server, seconds: float):
        self._server = server
        self.left = MOST_BYTES
        self._connection: socket.socket | None = None
        with self.within(seconds):
            super().__init__(server.host, server.port, settings.SMTP_CONNECT_TIMEOUT)

    def _create_socket(self, timeout: float | None) -> socket.socket:
        host, port = self._server.host, self._server.port
        if settings.ALLOW_PRIVATE_SMTP:
            connection = _connect(host, port, timeout)
        else:
            connection = first_open(_connect, host, port, timeout or 0)
        self._connection = connection
        if self._server.security == "tls":
            wrapped = trust().wrap_socket(
                connection, server_hostname=host, do_handshake_on_connect=False
            )
            self._connection = wrapped
            wrapped.do_handshake()
            return wrapped
        return connection

    @contextmanager
    def within(self, seconds: float) -> Iterator[None]:
        """End a conversation that takes too long; the thread that reads it gets an error."""
        timer = Timer(seconds, self.cut)
        timer.daemon = True
        timer.start()
        try:
            yield
        finally:
            timer.cancel()

    def cut(self) -> None:
        connection = getattr(self, "sock", None) or self._connection
        with suppress(OSError):
            if connection is not None:
                connection.shutdown(socket.SHUT_RDWR)

    def read(self, size: int) -> bytes:
        self._spend(size)
        return super().read(size)

    def readline(self) -> bytes:
        line = super().readline()
        self._spend(len(line))
        return line

    def has_buffered(self) -> bool:
        """Tell whether something has been received that is not read: no poll would show it."""
        timeout = self.sock.gettimeout()
        self.sock.setblocking(False)
        try:
            return bool(self.file.peek(1))  # type: ignore[union-attr]
        except (OSError, ValueError):
            return False
        finally:
            self.sock.settimeout(timeout)

    def _spend(self, size: int) -> None:
        self.left -= size
        if self.left < 0:
            raise self.abort("the server says too much")


def _connect(host: str, port: int, timeout: float | None) -> socket.socket:
    return socket.create_connection((host, port), timeout)


def _sign_in(client: _Client, server: Server) -> None:
    if server.security == "starttls":
        if not client.has_capability("STARTTLS"):
            raise Unreadable(Reason.NO_TRUST, f"{server} does not offer STARTTLS.")
        client.starttls(trust())
    typed = server.username + server.password
    if typed.isascii() and typed.isprintable():
        escaped = server.username.replace("\\", "\\\\").replace('"', '\\"')
        client.login(f'"{escaped}"', server.password)  # imaplib quotes the password only
    else:
        client.plain_login(server.username, server.password)
    client.forget_capabilities()


def _attempt(work: Callable[[], Result]) -> Result:
    """Do one thing; whatever a server or the network can break becomes Unreadable."""
    try:
        return work()
    except Unreadable:
        raise
    except LoginError as error:
        raise Unreadable(_why_refused(error), _said(error)) from None
    except ssl.SSLError as error:
        raise Unreadable(Reason.NO_TRUST, in_words(error)) from None
    except imaplib.IMAP4.abort as error:
        raise Unreadable(Reason.UNREACHABLE, _said(error)) from None
    except ProtocolError as error:
        raise _NotUnderstood(Reason.TROUBLE, _said(error)) from None
    except (IMAPClientError, imaplib.IMAP4.error) as error:
        raise Unreadable(Reason.TROUBLE, _said(error)) from None
    except OSError as error:
        raise Unreadable(Reason.UNREACHABLE, in_words(error)) from None
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
        raise _NotUnderstood(Reason.TROUBLE, type(error).__name__) from None


def _why_refused(error: LoginError) -> Mailbox.Reason:
    """Tell a wrong password, which stays wrong, from a server that only cannot say now."""
    text = str(error)
    if isinstance(error.__context__, imaplib.IMAP4.abort) or _FOR_NOW.search(text):
        return Reason.UNREACHABLE
    return Reason.TROUBLE if "command error: BAD" in text else Reason.LOGIN


def _said(error: Exception) -> str:
    """Return the server's words; imaplib sometimes hands them on as bytes in their quotes."""
    text = str(error)
    return text[2:-1] if text[:2] in ("b'", 'b"') else text


def _header_of(told: dict[Any, Any]) -> bytes:
    found = (value for key, value in told.items() if key.startswith(b"BODY[HEADER.FIELDS"))
    content = next(found, None)
    return content[:LONGEST_HEADER] if isinstance(content, bytes) else b""
