"""The engine room: threads that send the post and keep the clock, until they are asked to stop."""

from __future__ import annotations

import datetime as dt
import logging
import threading
import time
from collections.abc import Callable
from functools import partial

from django.conf import settings
from django.core.management.base import CommandError
from django.db import close_old_connections, connections
from django.utils import timezone

from convoca.mail import wake
from convoca.mail.inbound import inbox, listener
from convoca.mail.traffic.rounds import Round
from convoca.worker import clock, inbound, jobs, mailboxes, post
from convoca.worker.seats import Seats

logger = logging.getLogger(__name__)

LONGEST_SLEEP = 5.0  # seconds; a look at the outbox that no bell asked for
CLOCK_SECONDS = 5.0
RECOVERY_SECONDS = 15.0
PAUSE_AFTER_ERROR = 2.0
GATHERING_SECONDS = 0.1  # in which answers come in that are then worked off together


class CannotListen(CommandError):
    """The address for incoming mail is taken or not ours; the text says which."""


class Engine:
    """Some sending threads, one that reads what came in, one for their bell, one for the clock.

    Another watches the connected mailboxes. With a reply domain and an address to listen on,
    replies are taken there as well.

    Nothing is kept in here that is needed later: killed at any moment, the next engine finds
    everything in the outbox and in the journal. So the threads are daemons.
    """

    def __init__(self, sending_threads: int | None = None):
        self._stopping = threading.Event()
        self._wake = threading.Condition()
        self._calls = {self._send: 0, self._receive: 0}
        self._door: listener.Door | None = None
        self._seats = Seats(sending_threads or settings.MAIL_CONNECTIONS)
        self._round = Round()
        senders = [self._send] * self._seats.count
        loops = [self._listen, self._keep_time, self._receive, self._watch, *senders]
        self._threads = [
            threading.Thread(
                target=self._run, args=[loop], name=f"worker{loop.__name__}", daemon=True
            )
            for loop in loops
        ]

    def start(self) -> None:
        """Settle what killed workers left, and start the threads. Raises CannotListen."""
        post.recover_killed()
        self._door = _open_door()
        for thread in self._threads:
            thread.start()
        logger.info("The worker is running")

    def stop(self, timeout: float = 30.0) -> bool:
        """Finish the mails in flight, give back the others; tell whether all threads ended."""
        self._stopping.set()
        if self._door is not None:
            self._door.stop()
        with self._wake:
            self._wake.notify_all()
        end = time.monotonic() + timeout
        for thread in self._threads:
            thread.join(max(0.0, end - time.monotonic()))
        is_stopped = not any(thread.is_alive() for thread in self._threads)
        logger.info("The worker has stopped" if is_stopped else "The worker was still sending")
        return is_stopped

    def _run(self, loop: Callable[[], None]) -> None:
        """Keep a loop going whatever happens to it, such as a database that restarts."""
        while not self._stopping.is_set():
            try:
                loop()
            except Exception:
                logger.exception("The worker goes on after an error")
                connections.close_all()
                self._stopping.wait(PAUSE_AFTER_ERROR)
        connections.close_all()

    def _listen(self) -> None:
        """Wake those who send when something is due, and who reads when something came in."""
        bell = wake.Bell()
        try:
            while not self._stopping.is_set():
                close_old_connections()
                waits = [
                    self._call_or_wait(self._send, self._round.next_due(timezone.now())),
                    self._call_or_wait(self._receive, inbox.next_due()),
                ]
                self._wait(bell, min(waits))
        finally:
            bell.close()

    def _call_or_wait(self, work: Callable[[], None], due: dt.datetime | None) -> float:
        """Wake who does this work if it is due; return for how many seconds there is nothing to do.

        When they are woken it is their turn to look for more.
        """
        wait = (due - timezone.now()).total_seconds() if due else LONGEST_SLEEP
        if wait > 0:
            return min(wait, LONGEST_SLEEP)
        with self._wake:
            self._calls[work] += 1
            self._wake.notify_all()
        return LONGEST_SLEEP

    def _wait(self, bell: wake.Bell, seconds: float) -> None:
        """Listen in short turns, so that a stop is noticed soon."""
        end = time.monotonic() + seconds
        while not self._stopping.is_set() and (left := end - time.monotonic()) > 0:
            if bell.wait(min(left, 0.5)):
                return

    def _send(self) -> None:
        self._at_each_call(
            self._send, lambda is_stopping: post.send_due(is_stopping, self._seats, self._round)
        )

    def _receive(self) -> None:
        pause = partial(self._stopping.wait, GATHERING_SECONDS)
        self._at_each_call(self._receive, partial(inbound.work_off_due, pause=pause))

    def _watch(self) -> None:
        mailboxes.Watch(self._stopping.is_set).run()

    def _at_each_call(
        self, called: Callable[[], None], work: Callable[[Callable[[], bool]], object]
    ) -> None:
        answered = 0
        while not self._stopping.is_set():
            with self._wake:
                self._wake.wait_for(
                    lambda: self._calls[called] > answered or self._stopping.is_set(),  # noqa: B023
                    LONGEST_SLEEP,
                )
                answered = self._calls[called]
            close_old_connections()
            work(self._stopping.is_set)

    def _keep_time(self) -> None:
        recovered_at = time.monotonic()
        watch = clock.Clock(timezone.now(), recovered_at)
        while not self._stopping.wait(CLOCK_SECONDS):
            close_old_connections()
            if by := watch.look(timezone.now(), time.monotonic()):
                clock.set_back(by, timezone.now())
            jobs.run_now()
            if time.monotonic() - recovered_at > RECOVERY_SECONDS:
                post.recover_killed()
                recovered_at = time.monotonic()


def _open_door() -> listener.Door | None:
    """Take mail for the reply domain, if there is one."""
    if not settings.REPLY_DOMAIN or not settings.LMTP_LISTEN:
        return None
    try:
        return listener.start(settings.LMTP_LISTEN, settings.REPLY_DOMAIN)
    except OSError as error:
        raise CannotListen(
            f"CONVOCA_LMTP_LISTEN: nothing can listen on {settings.LMTP_LISTEN}: {error}"
        ) from None
