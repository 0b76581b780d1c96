"""A mail server that only counts: what it accepts, when, and how much of it."""

from __future__ import annotations

import asyncio
import multiprocessing as mp
import time
from dataclasses import dataclass
from multiprocessing.sharedctypes import SynchronizedArray

COUNT, OCTETS, FIRST_AT, LAST_AT = range(4)


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
        self._numbers = mp.Array("d", 4)
        ready: mp.Queue[int] = mp.Queue()
        self._process = mp.Process(target=_serve, args=(self._numbers, ready), daemon=True)
        self._process.start()
        self.port = ready.get(timeout=10)

    def reset(self) -> None:
        with self._numbers.get_lock():
            self._numbers[:] = [0.0] * 4

    def tally(self) -> Tally:
        with self._numbers.get_lock():
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


def _serve(numbers: SynchronizedArray[float], ready: mp.Queue[int]) -> None:
    async def main() -> None:
        loop = asyncio.get_running_loop()
        server = await loop.create_server(lambda: _Session(numbers), "127.0.0.1", 0)
        ready.put(server.sockets[0].getsockname()[1])
        await server.serve_forever()

    asyncio.run(main())


class _Session(asyncio.Protocol):
    """SMTP as far as a sender needs it: everything is accepted, PIPELINING is offered."""

    def __init__(self, numbers: SynchronizedArray[float]) -> None:
        self._numbers = numbers
        self._buffer = bytearray()
        self._is_reading_body = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        transport.write(b"220 sink.example ESMTP\r\n")

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        answers = bytearray()
        while (answer := self._next()) is not None:
            answers += answer
        self._transport.write(bytes(answers))

    def _next(self) -> bytes | None:
        """Consume one command, or one whole mail, and return the answer; None: more is needed."""
        if self._is_reading_body:
            end = self._buffer.find(b"\r\n.\r\n")
            if end < 0:
                return None
            self._count(end + 2)
            del self._buffer[: end + 5]
            self._is_reading_body = False
            return b"250 2.0.0 Ok\r\n"
        end = self._buffer.find(b"\n")
        if end < 0:
            return None
        verb = bytes(self._buffer[:4]).upper()
        del self._buffer[: end + 1]
        return self._answer(verb)

    def _answer(self, verb: bytes) -> bytes:
        if verb == b"EHLO":
            return b"250-sink.example\r\n250-PIPELINING\r\n250-8BITMIME\r\n250 SMTPUTF8\r\n"
        if verb == b"DATA":
            self._is_reading_body = True
            return b"354 Go on\r\n"
        if verb == b"QUIT":
            return b"221 2.0.0 Bye\r\n"
        return b"250 2.1.0 Ok\r\n"

    def _count(self, octets: int) -> None:
        now = time.time()
        with self._numbers.get_lock():
            self._numbers[COUNT] += 1
            self._numbers[OCTETS] += octets
            self._numbers[FIRST_AT] = self._numbers[FIRST_AT] or now
            self._numbers[LAST_AT] = now
