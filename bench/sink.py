"""A mail server that only counts: what it accepts, when, and how much of it.

One process, one loop over sockets and no lock, so that it costs a mail less than any sender does.
"""

from __future__ import annotations

import multiprocessing as mp
import select
import socket
import time
from dataclasses import dataclass
from multiprocessing.sharedctypes import RawArray
from typing import Any

COUNT, OCTETS, FIRST_AT, LAST_AT = range(4)
CHUNK = 256 * 1024
END = b"\r\n.\r\n"
EHLO = b"250-sink.example\r\n250-PIPELINING\r\n250-8BITMIME\r\n250 SMTPUTF8\r\n"


@dataclass(frozen=True, slots=True)
class Tally:
    """What a sink accepted since its last reset; times are seconds since the epoch."""

    mails: int
    octets: int
    first_at: float
    last_at: float


class Sink:
    """Runs in a process of its own, so that it measures and does not share the sender's time."""

    def __init__(self) -> None:
        self._numbers = RawArray("d", 4)
        listener = socket.create_server(("127.0.0.1", 0), backlog=256)
        self.port = listener.getsockname()[1]
        self._process = mp.Process(target=_serve, args=(listener, self._numbers), daemon=True)
        self._process.start()
        listener.close()

    @property
    def pid(self) -> int:
        return self._process.pid or 0

    def reset(self) -> None:
        self._numbers[:] = [0.0] * 4

    def tally(self) -> Tally:
        count, octets, first_at, last_at = self._numbers[:]
        return Tally(mails=int(count), octets=int(octets), first_at=first_at, last_at=last_at)

    def wait(self, mails: int, timeout: float) -> Tally:
        """Wait until that many have come; raise TimeoutError when they do not."""
        end = time.monotonic() + timeout
        while (tally := self.tally()).mails < mails:
            if time.monotonic() > end:
                raise TimeoutError(f"{tally.mails} of {mails} mails came within {timeout:.0f} s")
            time.sleep(0.005)
        return tally

    def close(self) -> None:
        self._process.terminate()
        self._process.join()


def _serve(listener: socket.socket, numbers: Any) -> None:
    sessions: dict[int, _Session] = {}
    poll = select.epoll()
    poll.register(listener, select.EPOLLIN)
    while True:
        for number, _events in poll.poll():
            if number == listener.fileno():
                line, _address = listener.accept()
                sessions[line.fileno()] = _Session(line, numbers)
                poll.register(line, select.EPOLLIN)
            elif not sessions[number].hear():
                poll.unregister(number)
                sessions.pop(number).line.close()


class _Session:
    """SMTP as far as a sender needs it: everything is accepted, PIPELINING is offered."""

    def __init__(self, line: socket.socket, numbers: Any) -> None:
        line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        line.sendall(b"220 sink.example ESMTP\r\n")
        self.line = line
        self._numbers = numbers
        self._rest = b""  # the beginning of a command, or the last octets of a mail so far
        self._octets = 0  # of the mail being read
        self._is_reading_body = False

    def hear(self) -> bool:
        """Read what has come and answer all of it; False when the other side has gone."""
        try:
            data = self.line.recv(CHUNK)
            if data:
                self.line.sendall(self._answers(self._rest + data))
        except ConnectionError:
            return False
        return bool(data)

    def _answers(self, data: bytes) -> bytes:
        answers, at = [], 0
        while True:
            end = data.find(END if self._is_reading_body else b"\n", at)
            if end < 0:
                break
            if self._is_reading_body:
                self._count(self._octets + end + 2 - at)
                at, self._octets, self._is_reading_body = end + len(END), 0, False
                answers.append(b"250 2.0.0 Ok\r\n")
            else:
                answers.append(self._answer(data[at : at + 4].upper()))
                at = end + 1
        left = max(at, len(data) - len(END)) if self._is_reading_body else at
        self._octets += left - at
        self._rest = data[left:]
        return b"".join(answers)

    def _answer(self, verb: bytes) -> bytes:
        if verb == b"EHLO":
            return EHLO
        if verb == b"DATA":
            self._is_reading_body = True
            return b"354 Go on\r\n"
        if verb == b"QUIT":
            return b"221 2.0.0 Bye\r\n"
        return b"250 2.1.0 Ok\r\n"

    def _count(self, octets: int) -> None:
        """Count a mail; the count comes last, so that whoever sees it sees the rest too."""
        numbers, now = self._numbers, time.time()
        numbers[OCTETS] += octets
        numbers[FIRST_AT] = numbers[FIRST_AT] or now
        numbers[LAST_AT] = now
        numbers[COUNT] += 1
