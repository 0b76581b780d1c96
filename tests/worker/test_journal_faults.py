"""The journal when the disk is full, and a claim whose lease ends while its worker lives."""

import resource

import pytest
from django.utils import timezone

from convoca.accounts.models import Membership
from convoca.calendars.models import Event
from convoca.guests.models import Guest
from convoca.invitations.saving import scheduling
from convoca.mail import outbox
from convoca.mail.models import Delivery, DeliveryAttempt, Sender
from convoca.mail.outbox import journal
from convoca.worker import post
from tests.builders import draft
from tests.support.smtp import SmtpServer


@pytest.fixture(autouse=True)
def clock(time_machine):
    time_machine.move_to("2026-11-20T10:00Z", tick=True)
    return time_machine


@pytest.fixture(autouse=True)
def folder(settings, tmp_path):
    settings.DATA_DIR = tmp_path
    return tmp_path / "journal"


@pytest.fixture
def event(alice: Membership, sender: Sender, gwen: Guest, gus: Guest) -> Event:
    return scheduling.save_event(alice, draft(sender=sender, attendees=[gwen, gus]))


def test_what_the_disk_has_no_room_for_does_not_leave(folder):
    with pytest.raises(OSError, match="whole line"), journal.journal("lease") as lines:
        hand_with_room_for(3, lines)
    assert (folder / "lease").read_bytes() == b"123"


def test_a_hole_in_the_journal_keeps_no_worker_from_starting(folder, event, smtp: SmtpServer):
    claim = outbox.claim(timezone.now())
    assert claim
    first, second = claim.deliveries
    folder.mkdir()
    words = b'\0\0\0\0\n%d\n\xff%d\n{"other": 1}\n[%d]\n"x"\nnull\n%d'
    words %= (first.pk, second.pk, second.pk, second.pk)
    (folder / claim.lease).write_bytes(words)
    post.recover_killed()
    assert list(Delivery.objects.order_by("pk").values_list("doubted", flat=True)) == [1, 0]
    assert post.send_due() == 2


def hand_with_room_for(size: int, lines: journal.Journal) -> None:
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, limits[1]))
        lines.hand(12345)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)


def test_a_clock_set_forward_takes_no_claim_from_a_living_worker(
    event: Event, smtp: SmtpServer, clock
):
    claim = outbox.claim(timezone.now())
    assert claim
    clock.move_to(timezone.now() + 2 * outbox.LEASE, tick=True)
    with journal.journal(claim.lease):
        assert post.send_due() == 0
        assert smtp.mails == []
    assert post.send_due() == 2  # now nobody holds it


def test_what_answers_without_speaking_smtp_ends_no_worker(event: Event, smtp: SmtpServer):
    smtp.refuse("CONNECT", "+ This port is for something else")
    assert post.send_due() == 0
    assert set(Delivery.objects.values_list("status", "reason")) == {("DELAYED", "UNREACHABLE")}
    assert not DeliveryAttempt.objects.exists()
