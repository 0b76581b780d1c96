"""The guest's mailbox at their provider: a POP3 server (RFC 1939) that holds what was put in."""

from __future__ import annotations

import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager


class Postbox(socketserver.ThreadingTCPServer):
    """Mails for one person, whatever the password; `with postbox.open():` opens its port."""

    allow_reuse_address = True
    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Session)
        self.mails: list[bytes] = []

    @property
    def port(self) -> int:
        return int(self.server_address[1])

    @contextmanager
    def open(self) -> Iterator[Postbox]:
        thread = threading.Thread(target=self.serve_forever, args=[0.05], daemon=True)
        thread.start()
        try:
            yield self
        finally:
            self.shutdown()
            self.server_close()


class Session(socketserver.StreamRequestHandler):
    """One visit of the mail program; nothing is ever deleted."""

    server: Postbox

    def handle(self) -> None:
        self._say("+OK")
        self.mails = list(self.server.mails)
        for line in self.rfile:
            command, _, argument = line.decode().strip().partition(" ")
            if not self._answer(command.upper(), argument):
                return

    def _answer(self, command: str, argument: str) -> bool:
        """Answer one line; return whether the visit goes on."""
        match command:
            case "CAPA":
                self._list("USER", "UIDL")
            case "STAT":
                self._say(f"+OK {len(self.mails)} {sum(map(len, self.mails))}")
            case "LIST":
                self._list(*(f"{n} {len(mail)}" for n, mail in enumerate(self.mails, 1)))
            case "UIDL":
                self._list(*(f"{n} mail{n}" for n, _ in enumerate(self.mails, 1)))
            case "RETR":
                self._list(*self.mails[int(argument) - 1].decode("latin-1").splitlines())
            case "USER" | "PASS" | "NOOP" | "QUIT":
                self._say("+OK")
            case _:
                self._say("-ERR")
        return command != "QUIT"

    def _list(self, *lines: str) -> None:
        self._say("+OK")
        for line in lines:
            self._say(f".{line}" if line.startswith(".") else line)
        self._say(".")

    def _say(self, line: str) -> None:
        self.wfile.write(line.encode("latin-1") + b"\r\n")
