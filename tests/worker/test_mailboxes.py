"""The watch over connected mailboxes: told of news at once, back after trouble, gone when asked."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.core.cache import cache
from django.db import connection
from django.utils import timezone

from convoca.accounts.models import Membership
from convoca.mail import mailboxes as connecting
from convoca.mail.imap import watching
from convoca.mail.imap.session import Unreadable
from convoca.mail.models import InboundMessage, Mailbox
from convoca.notifications.models import Notification
from convoca.worker import mailboxes
from convoca.worker.mailboxes import Watch
from tests.support.imap import ImapServer, login_at
from tests.support.patience import PATIENCE, wait_until

pytestmark = pytest.mark.django_db(transaction=True)

ANSWER = b"From: gwen@guest.example\r\nContent-Type: text/calendar; method=REPLY\r\n\r\n%d\r\n"


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Look often, try again soon, and take every answer for one of ours."""
    cache.clear()
    monkeypatch.setattr(mailboxes, "TICK_SECONDS", 0.02)
    monkeypatch.setattr(watching, "FIRST_DELAY", timezone.timedelta(seconds=0.1))
    monkeypatch.setattr(mailboxes.replies, "is_ours", lambda mailbox, content: True)


@contextmanager
def watching_over() -> Iterator[Watch]:
    """Run a watch in a thread of its own; at the end it must stop by itself."""
    stopping = threading.Event()
    watch = Watch(stopping.is_set)

    def run() -> None:
        try:
            watch.run()
        finally:
            connection.close()

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield watch
    finally:
        stopping.set()
        thread.join(PATIENCE)
        assert not thread.is_alive()


def kept() -> int:
    return InboundMessage.objects.count()


def waits(watch: Watch) -> bool:
    return len(watch._waiting) == 1


def test_news_is_told_of_at_once(mailbox: Mailbox, imap: ImapServer):
    with watching_over() as watch:
        wait_until(lambda: waits(watch))
        for number in range(3):
            wait_until(lambda: waits(watch))
            imap.deliver(ANSWER % number)
            wait_until(lambda number=number: kept() == number + 1)
        assert imap.connections == 2  # the first was the proof
    mailbox.refresh_from_db()
    assert (mailbox.last_uid, mailbox.lease) == (103, "")
    assert mailbox.due_at is not None
    assert mailbox.due_at <= timezone.now()


def test_what_comes_during_a_look_is_not_overlooked(
    mailbox: Mailbox, imap: ImapServer, monkeypatch: pytest.MonkeyPatch
):
    def is_ours(which: Mailbox, content: bytes) -> bool:
        if content.endswith(b"1\r\n"):
            imap.deliver(ANSWER % 2)
        return True

    monkeypatch.setattr(mailboxes.replies, "is_ours", is_ours)
    with watching_over():
        imap.deliver(ANSWER % 1)
        wait_until(lambda: kept() == 2)


def test_a_cut_connection_is_opened_again_and_nothing_missed(mailbox: Mailbox, imap: ImapServer):
    with watching_over() as watch:
        wait_until(lambda: waits(watch))
        before = imap.connections
        imap.cut()
        imap.deliver(ANSWER % 1)
        wait_until(lambda: kept() == 1)
        assert imap.connections > before


def test_a_server_that_hangs_up_again_and_again_is_looked_at_by_turns(
    mailbox: Mailbox, imap: ImapServer
):
    with watching_over() as watch:
        for count in range(2, 2 + mailboxes.MOST_HANGUPS):
            wait_until(lambda count=count: imap.connections == count and waits(watch))
            imap.cut()
        wait_until(lambda: Mailbox.objects.get().lease == "")
        assert imap.connections == 2 + mailboxes.MOST_HANGUPS
    assert Mailbox.objects.get().attempts == 0


def test_a_server_that_was_away_is_found_again(mailbox: Mailbox, imap: ImapServer):
    with watching_over() as watch:
        wait_until(lambda: waits(watch))
        imap.shut()
        wait_until(lambda: Mailbox.objects.filter(attempts__gte=1, reason="UNREACHABLE").exists())
        imap.heal()
        imap.deliver(ANSWER % 1)
        wait_until(lambda: kept() == 1)
        wait_until(lambda: Mailbox.objects.filter(attempts=0, failing_since=None).exists())
    assert not Notification.objects.exists()


def test_a_changed_password_stops_the_watch_and_rings_the_owners_bell(
    mailbox: Mailbox, imap: ImapServer
):
    with watching_over() as watch:
        wait_until(lambda: waits(watch))
        imap.password = "changed"
        imap.cut()
        wait_until(lambda: Notification.objects.filter(kind="MAILBOX").exists())
        tried = imap.connections
        time.sleep(0.3)
        assert imap.connections == tried
    mailbox.refresh_from_db()
    assert (mailbox.reason, mailbox.due_at) == ("LOGIN", None)
    assert mailbox.stopped_at is not None


def test_connected_anew_it_is_watched_again(mailbox: Mailbox, imap: ImapServer, alice: Membership):
    Mailbox.objects.update(stopped_at=timezone.now(), due_at=None)
    with watching_over() as watch:
        connecting.connect(alice, mailbox.sender, login_at(imap))
        wait_until(lambda: waits(watch))
        imap.deliver(ANSWER % 1)
        wait_until(lambda: kept() == 1)


def test_a_disconnected_mailbox_is_left_wait_until(
    mailbox: Mailbox, imap: ImapServer, alice: Membership, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(mailboxes, "RENEW_SECONDS", 0.05)
    with watching_over() as watch:
        wait_until(lambda: waits(watch))
        connecting.disconnect(alice, mailbox.sender)
        wait_until(lambda: not watch._waiting)
        imap.deliver(ANSWER % 1)
        time.sleep(0.2)
    assert kept() == 0


def test_what_cannot_be_held_open_is_looked_at_by_turns(
    mailbox: Mailbox, imap: ImapServer, settings: Any, monkeypatch: pytest.MonkeyPatch
):
    settings.MAILBOX_CONNECTIONS = 0
    monkeypatch.setattr(mailboxes, "EVERY", timezone.timedelta(seconds=0.1))
    with watching_over() as watch:
        imap.deliver(ANSWER % 1)
        wait_until(lambda: kept() == 1)
        imap.deliver(ANSWER % 2)
        wait_until(lambda: kept() == 2)
        assert not watch._waiting


def test_two_workers_read_a_mailbox_once(mailbox: Mailbox, imap: ImapServer):
    with watching_over() as first, watching_over() as second:
        wait_until(lambda: len(first._waiting) + len(second._waiting) == 1)
        imap.deliver(ANSWER % 1)
        wait_until(lambda: kept() == 1)
        assert imap.connections == 2


def test_a_server_without_idle_is_looked_at_by_turns(
    sender: Any, settings: Any, monkeypatch: pytest.MonkeyPatch
):
    settings.ALLOW_PRIVATE_SMTP = True
    monkeypatch.setattr(mailboxes, "EVERY", timezone.timedelta(seconds=0.1))
    with ImapServer(idles=False).running() as server:
        connecting.connect(sender.owner, sender, login_at(server))
        with watching_over():
            for number in (1, 2):
                server.deliver(ANSWER % number)
                wait_until(lambda number=number: kept() == number)
            wait_until(lambda: server.connections > 2)  # one for the proof, and one for each look


def test_a_look_that_hangs_does_not_keep_the_worker(
    mailbox: Mailbox, imap: ImapServer, monkeypatch: pytest.MonkeyPatch
):
    looking = threading.Event()

    def hang(session: Any, which: Mailbox, is_ours: Any) -> None:
        looking.set()
        session._client.wire.sock.settimeout(5 * PATIENCE)
        session._client.wire.readline()  # nothing will be said
        raise Unreadable(Mailbox.Reason.UNREACHABLE, "cut")

    monkeypatch.setattr(mailboxes, "STOP_SECONDS", 0.1)
    monkeypatch.setattr(mailboxes.visits, "read_new", hang)
    with watching_over():
        assert looking.wait(PATIENCE)
    assert Mailbox.objects.get().lease == ""


def test_a_key_that_was_lost_is_told(mailbox: Mailbox):
    Mailbox.objects.update(password=b"of another key")
    with watching_over():
        wait_until(lambda: Notification.objects.filter(kind="MAILBOX").exists())
    assert Mailbox.objects.get().reason == "KEY"


def test_a_bug_leaves_the_mailbox_to_the_end_of_its_lease(
    mailbox: Mailbox, imap: ImapServer, monkeypatch: pytest.MonkeyPatch
):
    def fail(*args: object) -> None:
        raise RuntimeError

    monkeypatch.setattr(mailboxes.visits, "read_new", fail)
    with watching_over() as watch:
        wait_until(lambda: imap.connections == 2)
        wait_until(lambda: not watch._busy)
        due_at = Mailbox.objects.get().due_at
        assert due_at is not None
        assert due_at > timezone.now()
