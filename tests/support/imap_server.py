"""A real IMAP server on the loopback with one mailbox, into which tests deliver mail."""

from __future__ import annotations

import asyncio
import datetime as dt
import ssl
import threading
from argparse import Namespace
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from proxyprotocol.sock import SocketInfoLocal
from pymap.backend.dict import Config, DictBackend
from pymap.backend.dict.filter import FilterSet
from pymap.backend.dict.mailbox import MailboxSet
from pymap.config import BackendCapability
from pymap.imap import IMAPServer
from pymap.parsing.message import AppendMessage
from pysasl.hashing import Cleartext

from tests.support.patience import PATIENCE
from tests.support.tls import make_certificate


class _WithoutIdle(Config):
    @property
    def backend_capability(self) -> BackendCapability:
        return BackendCapability(idle=False, object_id=True, multi_append=True)


class ImapServer:
    """An IMAP server in a thread of its own; `with server.running():` opens its port."""

    host = "127.0.0.1"

    def __init__(
        self,
        *,
        username: str = "info",
        password: str = "s3cret",
        security: str = "none",
        idles: bool = True,
        certificates: Path | None = None,
    ) -> None:
        self.username, self.security, self.idles = username, security, idles
        self._password = password
        self.port = 0
        self.connections = 0
        self._certificates = certificates
        self._loop = asyncio.new_event_loop()
        self._open: set[asyncio.StreamWriter] = set()
        self._contents: dict[int, bytes] = {}
        self._context: ssl.SSLContext | None = None

    @property
    def password(self) -> str:
        return self._password

    @password.setter
    def password(self, new: str) -> None:
        self._password = new
        users = self._backend.login.users_dict
        users[self.username] = replace(users[self.username], password=new)

    @contextmanager
    def running(self) -> Iterator[ImapServer]:
        thread = threading.Thread(target=self._loop.run_forever, name="test-imap", daemon=True)
        thread.start()
        try:
            self._run(self._start())
            yield self
        finally:
            self._run(self._close())
            self._loop.call_soon_threadsafe(self._loop.stop)
            thread.join(PATIENCE)
            self._loop.close()

    def deliver(self, *contents: bytes, when: dt.datetime | None = None) -> list[int]:
        """Put messages into the mailbox, as a mail server does; return their UIDs."""
        arrived = when or dt.datetime.now(dt.UTC)
        uids = []
        for content in contents:
            uids.append(self._run(self._append(AppendMessage(content, arrived, frozenset()))))
            self._contents[uids[-1]] = content
        return uids

    def expunge(self, uid: int) -> None:
        """Take a message away, as another program does."""
        self._mailbox._messages.pop(uid)

    def renumber(self) -> None:
        """Begin to number the messages anew; those there get other UIDs."""
        self._mailbox._uid_validity += 1
        messages = list(self._mailbox._messages.items())
        self._mailbox._messages.clear()
        self._mailbox._max_uid = 0
        for uid, message in messages:
            self.deliver(self._contents[uid], when=message.internal_date)

    def flags(self) -> dict[int, tuple[set[str], bool]]:
        """Return the flags of each message, and whether it is still recent."""
        return {
            uid: ({str(flag) for flag in message.permanent_flags}, message.recent)
            for uid, message in self._mailbox._messages.items()
        }

    def cut(self) -> None:
        """Cut all connections, as a restart does."""
        for writer in list(self._open):
            self._loop.call_soon_threadsafe(writer.transport.abort)

    def shut(self) -> None:
        """Refuse connections, cutting the open ones, until `heal`."""
        self._run(self._close())

    def heal(self) -> None:
        self._run(self._listen())

    async def _start(self) -> None:
        backend, self._config = await DictBackend.init(
            Namespace(
                host=None,
                port="0",
                debug=False,
                cert=None,
                key=None,
                tls=self.security == "starttls",
                demo_data=False,
                demo_user=self.username,
                demo_password=self._password,
                passlib_cfg=None,
                proxy_protocol=None,
            ),
            hash_context=Cleartext(),
            invalid_user_sleep=0.0,
            **self._tls(),
        )
        if not self.idles:  # pymap's own option leaves the capability in place
            self._config.__class__ = _WithoutIdle
        self._config.apply_context()
        self._backend = backend
        mailboxes = MailboxSet()
        self._config.set_cache[self.username] = (mailboxes, FilterSet())
        self._mailbox: Any = await mailboxes.get_mailbox("INBOX")
        await self._listen()

    def _tls(self) -> dict[str, Any]:
        if self._certificates is None:
            return {}
        certificate, key = make_certificate(self._certificates)
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._context.load_cert_chain(certificate, key)
        return {"ssl_context": self._context}

    async def _listen(self) -> None:
        self._listener = await asyncio.start_server(
            self._serve,
            self.host,
            self.port,
            ssl=self._context if self.security == "tls" else None,
        )
        self.port = self._listener.sockets[0].getsockname()[1]

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self._open.add(writer)
        self._config.apply_context()
        try:
            server = IMAPServer(self._backend.login, self._config)
            await server(reader, writer, SocketInfoLocal(writer))
        except (ConnectionError, EOFError, asyncio.CancelledError):
            pass
        finally:
            self._open.discard(writer)

    async def _append(self, message: AppendMessage) -> int:
        return int((await self._mailbox.append(message, recent=True)).uid)

    async def _close(self) -> None:
        self._listener.close()
        for writer in list(self._open):
            writer.transport.abort()
        await asyncio.sleep(0.01)

    def _run(self, work: Coroutine[Any, Any, Any]) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(PATIENCE)
