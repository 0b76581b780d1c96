"""Server-sent events for the bell: a raw ASGI application, one poller for all open pages."""

from __future__ import annotations

import asyncio
import json
import logging
from collections import deque
from collections.abc import Awaitable, Callable, MutableMapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, TypeVar

from convoca.notifications import notify
from convoca.web.live import listening
from convoca.web.live.listening import Ring, with_connection

logger = logging.getLogger(__name__)

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
T = TypeVar("T")

POLL_SECONDS = 0.5
QUIET_SECONDS = 3.0  # between two rings of one bell, however much comes
HEARTBEAT_SECONDS = 15.0  # proxies end what is silent for longer
RECHECK_SECONDS = 30.0  # whether a listener is still signed in
OVERLAP_SECONDS = 10.0  # a transaction may commit after one that began later
MOST_STREAMS = 2000
MOST_STREAMS_OF_A_MEMBER = 8

HEADERS = [
    (b"content-type", b"text/event-stream; charset=utf-8"),
    (b"cache-control", b"no-store"),
    (b"x-accel-buffering", b"no"),
    (b"x-content-type-options", b"nosniff"),
]


@dataclass(eq=False)
class Stream:
    """One open page; None in its queue ends it."""

    member_id: int
    cookies: str
    queue: asyncio.Queue[Ring | None] = field(default_factory=lambda: asyncio.Queue(16))

    def put(self, ring: Ring | None) -> None:
        """Pass it on; a page that does not read is told only the newest."""
        if self.queue.full():
            self.queue.get_nowait()
        self.queue.put_nowait(ring)


class BellStreams:
    """Serves the stream of the bell to signed-in members."""

    def __init__(self) -> None:
        self._streams: set[Stream] = set()
        self._poller: asyncio.Task[None] | None = None
        self._is_closing = False
        self._threads = ThreadPoolExecutor(2, thread_name_prefix="bell")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = {name: value.decode("latin-1") for name, value in scope["headers"]}
        if scope["method"] != "GET":
            await _refuse(send, 405)
            return
        cookies = headers.get(b"cookie", "")
        member_id = await self._ask(listening.member_of, cookies)
        if member_id is None:
            await _refuse(send, 401)
            return
        own = sum(stream.member_id == member_id for stream in self._streams)
        if own >= MOST_STREAMS_OF_A_MEMBER or len(self._streams) >= MOST_STREAMS:
            await _refuse(send, 429)
            return
        await self._serve(Stream(member_id, cookies), _number(headers), receive, send)

    def close(self) -> None:
        """End every stream, so that the server can stop; pages connect again by themselves."""
        self._is_closing = True
        for stream in self._streams:
            stream.put(None)

    async def _serve(self, stream: Stream, heard: int, receive: Receive, send: Send) -> None:
        self._streams.add(stream)
        gone = asyncio.create_task(_wait_until_gone(stream, receive))
        try:
            if self._poller is None or self._poller.done():
                self._poller = asyncio.create_task(self._poll())
            await send({"type": "http.response.start", "status": 200, "headers": HEADERS})
            stream.put(await self._ask(listening.state_of, stream.member_id, heard))
            if self._is_closing:
                stream.put(None)
            await self._pass_on(stream, send)
        finally:
            gone.cancel()
            self._streams.discard(stream)

    async def _pass_on(self, stream: Stream, send: Send) -> None:
        await _write(send, b"retry: 3000\n\n")
        while True:
            try:
                ring = await asyncio.wait_for(stream.queue.get(), HEARTBEAT_SECONDS)
            except TimeoutError:
                await _write(send, b": still here\n\n")
                continue
            if ring is None:
                await send({"type": "http.response.body", "body": b""})
                return
            await _write(send, _event(ring))

    async def _poll(self) -> None:
        """Look for news while anybody listens; one query for all of them when there are none."""
        loop = asyncio.get_running_loop()
        horizon = Horizon(await self._ask(listening.newest_id), loop.time())
        pace, checked_at = Pace(), loop.time()
        while self._streams:
            await asyncio.sleep(POLL_SECONDS)
            try:
                members = {stream.member_id for stream in self._streams}
                told = dict(await self._ask(notify.since, horizon.start, members))
                fresh = horizon.pass_over([*told], loop.time())
                news = pace.take({pk: told[pk] for pk in fresh}, loop.time())
                for ring in await self._ask(listening.rings, news) if news else ():
                    self._tell(ring)
                if loop.time() - checked_at > RECHECK_SECONDS:
                    await self._end_signed_out()
                    checked_at = loop.time()
            except Exception:
                logger.exception("The live bell goes on after an error")
                await asyncio.sleep(RECHECK_SECONDS / 10)

    def _tell(self, ring: Ring) -> None:
        for stream in self._streams:
            if stream.member_id == ring.member_id:
                stream.put(ring)

    async def _end_signed_out(self) -> None:
        listeners = {(stream.member_id, stream.cookies) for stream in self._streams}
        signed_in = await self._ask(listening.still_signed_in, listeners)
        for stream in self._streams:
            if (stream.member_id, stream.cookies) in listeners - signed_in:
                stream.put(None)

    async def _ask(self, function: Callable[..., T], *args: Any) -> T:
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._threads, with_connection(function), *args)


class Horizon:
    """From where to read on, so that a row committed late is not missed and none comes twice."""

    def __init__(self, newest: int, now: float):
        self._passed: deque[tuple[float, int]] = deque([(now - OVERLAP_SECONDS, newest)])
        self._told: set[int] = set()

    @property
    def start(self) -> int:
        return self._passed[0][1]

    def pass_over(self, ids: list[int], now: float) -> set[int]:
        """Return those of `ids` that were not there before."""
        fresh = {one for one in ids if one not in self._told}
        if ids:
            self._told |= fresh
            self._passed.append((now, max(ids)))
        while len(self._passed) > 1 and self._passed[1][0] <= now - OVERLAP_SECONDS:
            self._passed.popleft()
        self._told = {one for one in self._told if one > self.start}
        return fresh


class Pace:
    """Lets a bell ring at once, and then again only after a moment, for all that came meanwhile."""

    def __init__(self) -> None:
        self._rung: dict[int, float] = {}
        self._waiting: dict[int, set[int]] = {}

    def take(self, news: dict[int, int], now: float) -> dict[int, set[int]]:
        """Take in notifications with whose they are, by id; return those to ring for now."""
        for pk, member_id in news.items():
            self._waiting.setdefault(member_id, set()).add(pk)
        self._rung = {key: at for key, at in self._rung.items() if at > now - QUIET_SECONDS}
        ready = self._waiting.keys() - self._rung.keys()
        self._rung |= dict.fromkeys(ready, now)
        return {member_id: self._waiting.pop(member_id) for member_id in ready}


async def _wait_until_gone(stream: Stream, receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
    stream.put(None)


async def _refuse(send: Send, status: int) -> None:
    await send({"type": "http.response.start", "status": status, "headers": [HEADERS[1]]})
    await send({"type": "http.response.body", "body": b""})


async def _write(send: Send, data: bytes) -> None:
    await send({"type": "http.response.body", "body": data, "more_body": True})


def _event(ring: Ring) -> bytes:
    data = {"unread": ring.unread} | ({"text": ring.text} if ring.text else {})
    return f"event: bell\nid: {ring.notification_id}\ndata: {json.dumps(data)}\n\n".encode()


def _number(headers: dict[bytes, str]) -> int:
    text = headers.get(b"last-event-id", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else 0
