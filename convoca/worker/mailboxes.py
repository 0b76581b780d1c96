"""Connected mailboxes are watched: some over connections that tell of news, the rest by turns."""

from __future__ import annotations

import datetime as dt
import logging
import selectors
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from queue import SimpleQueue

from django.conf import settings
from django.db import close_old_connections, transaction
from django.utils import timezone

from convoca.invitations import notices, replies
from convoca.mail.imap import visits, watching
from convoca.mail.imap.session import Session, Unreadable
from convoca.mail.imap.visits import LeaseLost
from convoca.mail.models import Mailbox
from convoca.mail.secrets import WrongKey
from convoca.mail.transport.servers import mailbox_server

logger = logging.getLogger(__name__)

THREADS = 4  # that look into mailboxes at the same time
TICK_SECONDS = 1.0
RENEW_SECONDS = 15.0
EVERY = dt.timedelta(minutes=5)  # between two looks into a mailbox that does not tell of news
IDLE_SECONDS = 9 * 60.0  # routers forget a silent connection before the 29 minutes of RFC 2177
STOP_SECONDS = 5.0  # for looks that are under way when the worker is asked to stop
SHORTEST_IDLE = 60.0
MOST_HANGUPS = 3  # in a row, each sooner than that; then it is looked at by turns


@dataclass(eq=False, slots=True)
class Watched:
    """A mailbox this worker holds; while it waits for news its `session` is open."""

    mailbox: Mailbox
    session: Session | None = None
    waits_since: float = 0.0
    hangups: int = 0

    @property
    def lease(self) -> tuple[int, str]:
        return self.mailbox.pk, self.mailbox.lease

    def close(self) -> None:
        if self.session is not None:
            self.session.close()
            self.session = None


class Watch:
    """One thread that waits for news of all mailboxes held, and a few that look into them.

    Each is held by a lease: killed at any moment, they fall due for another worker.
    """

    def __init__(self, is_stopping: Callable[[], bool]):
        self._is_stopping = is_stopping
        self._waiting: set[Watched] = set()
        self._busy: dict[Watched, Future[None]] = {}
        self._done: SimpleQueue[Watched] = SimpleQueue()
        self._selector = selectors.DefaultSelector()
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="mailbox")

    def run(self) -> None:
        """Watch until asked to stop; then say goodbye everywhere and give all leases back."""
        renewed_at = time.monotonic()
        try:
            while not self._is_stopping():
                close_old_connections()
                self._take_back()
                self._claim()
                if time.monotonic() - renewed_at > RENEW_SECONDS:
                    self._renew()
                    renewed_at = time.monotonic()
                for key, _events in self._selector.select(TICK_SECONDS):
                    self._look(key.data)
        finally:
            self._stop()

    def _claim(self) -> None:
        room = 2 * THREADS - len(self._busy)
        for mailbox in watching.claim(timezone.now(), room) if room > 0 else ():
            self._look(Watched(mailbox))

    def _look(self, watched: Watched) -> None:
        self._no_longer_waits(watched)
        may_wait = len(self._waiting) + len(self._busy) < settings.MAILBOX_CONNECTIONS
        self._busy[watched] = self._threads.submit(self._visit, watched, may_wait)

    def _visit(self, watched: Watched, may_wait: bool) -> None:
        """Look into one mailbox, in one of the other threads."""
        try:
            close_old_connections()
            visit(watched, may_wait=may_wait)
        except Exception:
            logger.exception("Mailbox %s could not be looked into", watched.mailbox.pk)
            watched.close()  # its lease ends by itself
        finally:
            close_old_connections()
            self._done.put(watched)

    def _take_back(self) -> None:
        """Wait for news of those that were looked into; look again where a wait is too long."""
        while not self._done.empty():
            watched = self._done.get()
            del self._busy[watched]
            if watched.session is not None:
                watched.waits_since = time.monotonic()
                self._waiting.add(watched)
                self._selector.register(watched.session, selectors.EVENT_READ, watched)
        for watched in list(self._waiting):
            if time.monotonic() - watched.waits_since > IDLE_SECONDS:
                self._look(watched)

    def _renew(self) -> None:
        """Keep the leases; leave mailboxes that are another's, changed or disconnected."""
        held = self._waiting | self._busy.keys()
        if not held:
            return
        mine = watching.renew([one.mailbox for one in held], timezone.now())
        for watched in [one for one in self._waiting if one.lease not in mine]:
            self._no_longer_waits(watched)
            watched.close()

    def _no_longer_waits(self, watched: Watched) -> None:
        if watched in self._waiting:
            self._waiting.discard(watched)
            self._selector.unregister(watched.session)  # type: ignore[arg-type]

    def _stop(self) -> None:
        self._threads.shutdown(wait=False, cancel_futures=True)
        self._selector.close()
        _done, late = wait(self._busy.values(), STOP_SECONDS)
        for watched, visit in self._busy.items():
            if visit in late and watched.session is not None:
                watched.session.cut()  # it ends with an error, and the next look begins there
        self._threads.shutdown(wait=True)
        for watched in self._waiting | self._busy.keys():
            watched.close()
            watching.give_back(watched.mailbox, timezone.now())


def visit(watched: Watched, *, may_wait: bool) -> None:
    """Look into a mailbox; leave its session open where it can wait for news, else end the lease.

    What goes wrong is written down, and its owner told where only they can mend it.
    """
    try:
        is_restless = _look_into(watched)
        watching.went_well(watched.mailbox)
        if not (may_wait and not is_restless and _waits(watched)):
            watched.close()
            watching.give_back(watched.mailbox, timezone.now() + EVERY)
    except LeaseLost:
        watched.close()
    except WrongKey as error:
        _fail(watched, Unreadable(Mailbox.Reason.KEY, str(error)))
    except Unreadable as error:
        _fail(watched, error)


def _look_into(watched: Watched) -> bool:
    """Keep what is new; tell whether its server hangs up again and again when asked to wait."""
    mailbox = watched.mailbox
    if watched.session is not None:
        try:
            watched.session.end_idle()
            _read_all(watched.session, mailbox)
            return False
        except Unreadable:  # connections die; whether the server has died is seen below
            watched.close()
            is_soon = time.monotonic() - watched.waits_since < SHORTEST_IDLE
            watched.hangups = watched.hangups + 1 if is_soon else 0
    watched.session = Session.open(mailbox_server(mailbox))
    _read_all(watched.session, mailbox)
    return watched.hangups >= MOST_HANGUPS


def _waits(watched: Watched) -> bool:
    """Ask to be told of news, and look once more when some came while we asked."""
    session = watched.session
    if session is None or not session.can_idle:
        return False
    while session.idle():
        session.end_idle()
        _read_all(session, watched.mailbox)
    return True


def _read_all(session: Session, mailbox: Mailbox) -> None:
    """Look until nothing is new: what comes during a look is told in the midst of it, not later."""
    before = None
    while before != (mailbox.uidvalidity, mailbox.last_uid):
        before = mailbox.uidvalidity, mailbox.last_uid
        visits.read_new(session, mailbox, replies.is_ours)


def _fail(watched: Watched, error: Unreadable) -> None:
    watched.close()
    logger.warning("Mailbox %s cannot be read: %s", watched.mailbox.pk, error)
    with transaction.atomic():
        if watching.went_wrong(watched.mailbox, error, timezone.now()):
            notices.mailbox_unread(watched.mailbox)
