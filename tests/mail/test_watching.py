"""Which worker reads a mailbox, and what becomes of one that cannot be read."""

from __future__ import annotations

import datetime as dt

import pytest
from django.utils import timezone

from convoca.accounts.models import Membership
from convoca.mail.imap import watching
from convoca.mail.imap.session import Unreadable
from convoca.mail.models import Mailbox

Reason = Mailbox.Reason
MINUTE = dt.timedelta(minutes=1)


@pytest.fixture(autouse=True)
def now(time_machine):
    time_machine.move_to("2026-11-20T10:00Z", tick=False)
    return timezone.now()


def claim(at: dt.datetime) -> Mailbox:
    [taken] = watching.claim(at, 5)
    return taken


def test_one_worker_at_a_time_reads_a_mailbox(mailbox: Mailbox, now: dt.datetime):
    first = claim(now)
    assert first.lease
    assert watching.claim(now + MINUTE, 5) == []
    assert claim(now + 2 * MINUTE).lease != first.lease


def test_a_lease_is_prolonged_until_another_has_it(mailbox: Mailbox, now: dt.datetime):
    first = claim(now)
    assert watching.renew([first], now + MINUTE) == {(first.pk, first.lease)}
    assert watching.claim(now + 2 * MINUTE, 5) == []
    claim(now + 3 * MINUTE)
    assert watching.renew([first], now + 3 * MINUTE) == set()


def test_a_mailbox_given_back_is_anybodys(mailbox: Mailbox, now: dt.datetime):
    watching.give_back(claim(now), now + MINUTE)
    assert watching.claim(now, 5) == []
    assert claim(now + MINUTE)


def test_who_lost_the_lease_gives_nothing_back(mailbox: Mailbox, now: dt.datetime):
    first = claim(now)
    claim(now + 2 * MINUTE)
    watching.give_back(first, now)
    watching.went_wrong(first, Unreadable(Reason.LOGIN, "no"), now)
    assert watching.claim(now + 3 * MINUTE, 5) == []
    assert Mailbox.objects.get().stopped_at is None


def test_who_left_the_team_is_not_read(mailbox: Mailbox, alice: Membership, now: dt.datetime):
    held = claim(now)
    alice.left_at = now
    alice.save()
    assert watching.renew([held], now) == set()
    assert watching.claim(now + 5 * MINUTE, 5) == []


def test_what_cannot_be_reached_is_tried_later_and_later(mailbox: Mailbox, now: dt.datetime):
    delays = []
    for _ in range(9):
        taken = claim(now)
        told = watching.went_wrong(taken, Unreadable(Reason.UNREACHABLE, "down"), now)
        due_at = Mailbox.objects.get().due_at
        assert due_at
        delays.append(int((due_at - now).total_seconds()))
        now = due_at
        assert not told
    assert delays == [15, 30, 60, 120, 240, 480, 960, 1800, 1800]


def test_the_owner_is_told_once_of_long_trouble(mailbox: Mailbox, now: dt.datetime):
    told = []
    for hours in (0, 5, 6, 9):
        moment = now + dt.timedelta(hours=hours)
        told.append(watching.went_wrong(claim(moment), Unreadable(Reason.UNREACHABLE, ""), moment))
    assert told == [False, False, True, False]
    watching.went_well(claim(now + dt.timedelta(days=1)))
    mailbox.refresh_from_db()
    assert (mailbox.attempts, mailbox.failing_since, mailbox.told_at) == (0, None, None)


@pytest.mark.parametrize("reason", [Reason.LOGIN, Reason.KEY])
def test_a_refused_login_is_told_and_not_tried_again(
    mailbox: Mailbox, now: dt.datetime, reason: Mailbox.Reason
):
    assert watching.went_wrong(claim(now), Unreadable(reason, "no\0"), now)
    mailbox.refresh_from_db()
    assert (mailbox.stopped_at, mailbox.due_at, mailbox.last_error) == (now, None, "no")
    assert watching.claim(now + dt.timedelta(days=9), 5) == []
    assert watching.failing() == [mailbox]


def test_mailboxes_nobody_looks_at_are_counted(mailbox: Mailbox, now: dt.datetime):
    assert watching.overdue(now) == 0
    assert watching.overdue(now + 16 * MINUTE) == 1
