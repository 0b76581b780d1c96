"""Three servers and a domain, of which some are dead or slow: the others' mails leave as ever."""

import datetime as dt
import threading
from collections.abc import Iterator
from contextlib import suppress

import pytest
from django.db import connection
from django.utils import timezone

from convoca.accounts.models import Membership
from convoca.mail import outbox
from convoca.mail.models import Delivery, DeliveryAttempt, Halt, Sender
from convoca.mail.traffic import lanes
from convoca.mail.traffic.patience import GIVE_UP
from convoca.mail.transport import verp
from convoca.worker import jobs, post
from convoca.worker.seats import FIRST, Seats
from tests.support.due import next_due, try_again
from tests.support.patience import PATIENCE, wait_until
from tests.support.smtp import SmtpServer

Status = Delivery.Status


@pytest.fixture(autouse=True)
def clock(db: None, time_machine, settings, tmp_path):
    settings.DATA_DIR = tmp_path
    settings.SMTP_TIMEOUT = settings.SMTP_CONNECT_TIMEOUT = 5
    settings.ALLOW_PRIVATE_SMTP = True
    time_machine.move_to("2026-11-20T10:00Z", tick=True)
    return time_machine


@pytest.fixture(autouse=True)
def no_jitter(monkeypatch):
    monkeypatch.setattr("random.uniform", lambda low, high: 1.0)


@pytest.fixture
def other(settings) -> Iterator[SmtpServer]:
    """Carol's own mail server."""
    with SmtpServer().running() as server:
        yield server


@pytest.fixture
def carol(alice: Membership, other: SmtpServer) -> Sender:
    """An address that has its own server."""
    return Sender.objects.create(
        team=alice.team,
        owner=alice,
        name="Carol",
        email="carol@other.example",
        email_key="carol@other.example",
        confirmed_at=timezone.now(),
        smtp_host=other.host,
        smtp_port=other.port,
        smtp_security="none",
    )


def queue(sender: Sender | None, count: int = 1, *, domain: str = "guest.example") -> None:
    for number in range(count):
        name = f"{number}@{domain}"
        content = f"Subject: x\r\nMessage-ID: <{name}>\r\n\r\nx\r\n".encode()

        key = f"{sender and sender.pk}:{name}"
        outbox.enqueue_post(key, recipient=name, content=content, sender=sender)


def states(sender: Sender | None, *fields: str) -> set[tuple[object, ...]]:
    return set(Delivery.objects.filter(sender=sender).values_list(*fields))


def test_a_dead_server_is_asked_once_and_holds_up_nobody(
    carol: Sender, other: SmtpServer, smtp: SmtpServer
):
    other.shut()
    queue(carol, 200)
    queue(None, 3)
    assert post.send_due() == 3
    assert len(smtp.mails) == 3
    assert states(carol, "attempts", "lease") == {(0, "")}
    halt = Halt.objects.get()
    assert (halt.lane, halt.reason, halt.failures) == (str(carol.pk), "UNREACHABLE", 0)
    assert next_due() == halt.until
    assert not DeliveryAttempt.objects.filter(delivery__sender=carol).exists()


def test_it_is_tried_with_one_mail_later_and_later_and_all_leave_when_it_is_back(
    carol: Sender, other: SmtpServer, clock
):
    other.shut()
    queue(carol, 60)
    post.send_due()
    waits = []
    for _ in range(3):
        try_again()
        post.send_due()
        halt = Halt.objects.get()
        waits.append((halt.until - halt.tried_at).total_seconds())
    assert waits == [10, 20, 40]
    other.heal()
    try_again()
    assert post.send_due() == 60
    assert len(other.mails) == 60
    assert not Halt.objects.exists()


def test_two_workers_do_not_both_try_a_server_in_trouble(carol: Sender, other: SmtpServer):
    other.shut()
    queue(carol, 2)
    post.send_due()
    try_again()
    (lane,) = lanes.ready(timezone.now())
    claim = outbox.claim_from(lane, timezone.now())
    assert claim
    assert len(claim.deliveries) == 1
    assert outbox.claim_from(lane, timezone.now()) is None
    assert lanes.ready(timezone.now()) == []


def test_a_clock_that_was_ahead_halts_nobody_for_longer(carol: Sender, other: SmtpServer, clock):
    other.shut()
    queue(carol)
    clock.shift(dt.timedelta(days=1))
    post.send_due()
    clock.shift(dt.timedelta(days=-1))
    other.heal()
    assert post.send_due() == 0  # the mail itself was put back tomorrow
    Delivery.objects.update(due_at=timezone.now())
    assert post.send_due() == 1


def test_a_refused_login_waits_longer_and_is_tried_at_once_when_it_is_mended(
    carol: Sender, other: SmtpServer
):
    other.refuse("MAIL", "530 5.7.0 Authentication required")
    queue(carol)
    post.send_due()
    halt = Halt.objects.get()
    assert halt.reason == "LOGIN"
    assert (halt.until - halt.tried_at).total_seconds() == 300
    other.heal()
    try_again()
    Halt.objects.update(until=timezone.now() + dt.timedelta(hours=1))
    assert post.send_due() == 0
    lanes.reroute(carol)
    assert post.send_due() == 1


def test_mails_of_an_address_that_gets_its_own_server_leave_through_that(
    carol: Sender, other: SmtpServer, smtp: SmtpServer
):
    smtp.shut()
    Sender.objects.filter(pk=carol.pk).update(smtp_host="")
    carol.refresh_from_db()
    queue(carol)
    post.send_due()
    carol.smtp_host = other.host
    carol.save()
    lanes.reroute(carol)
    assert post.send_due() == 1
    assert len(other.mails) == 1


def test_what_waits_for_a_dead_server_is_given_up_after_days(
    carol: Sender, other: SmtpServer, clock
):
    other.shut()
    queue(carol, 3)
    post.send_due()
    clock.shift(GIVE_UP - dt.timedelta(hours=1))
    queue(carol, 1, domain="late.example")
    post.send_due()
    assert states(carol, "status") <= {("DELAYED",), ("QUEUED",)}
    clock.shift(dt.timedelta(hours=6))
    post.send_due()
    early = Delivery.objects.filter(email__endswith="@guest.example")
    assert set(early.values_list("status", "reason")) == {("FAILED", "UNREACHABLE")}
    assert not Delivery.objects.filter(status="FAILED", email="0@late.example").exists()


def test_a_clock_set_forward_gives_up_nothing_that_waits_for_a_dead_server(
    carol: Sender, other: SmtpServer, smtp: SmtpServer, clock
):
    jobs.run_now()
    other.shut()
    queue(carol, 3)
    post.send_due()
    clock.shift(2 * GIVE_UP)
    assert post.send_due() == 0
    assert states(carol, "status", "attempts") <= {("DELAYED", 0), ("QUEUED", 0)}
    other.heal()
    try_again()
    post.send_due()
    assert len(other.mails) == 3


def test_a_domain_in_trouble_waits_alone(smtp: SmtpServer):
    smtp.refuse("RCPT", "451 4.4.1 No answer from host", containing="@slow.example")
    queue(None, 40, domain="slow.example")
    queue(None, 5)
    post.send_due()
    halt = Halt.objects.get()
    assert (halt.lane, halt.reason, halt.words) == (
        "@slow.example",
        "LATER",
        "4.4.1 No answer from host",
    )
    assert len(smtp.mails) == 5
    queue(None, 8)
    tried = DeliveryAttempt.objects.count()
    assert post.send_due() == 3
    assert DeliveryAttempt.objects.count() == tried + 3


def test_what_a_server_said_of_one_mail_names_nobody_to_the_others(smtp: SmtpServer):
    smtp.refuse("RCPT", "451 4.4.1 <gwen@slow.example>: no answer", containing="@slow.example")
    queue(None, 3, domain="slow.example")
    post.send_due()
    assert Halt.objects.get().words == "4.4.1 <…>: no answer"
    smtp.heal()
    smtp.refuse("MAIL", "421 4.3.2 Not for gwen@guest.example now")
    queue(None, 5)
    post.send_due()
    untried = Delivery.objects.filter(email__endswith="@guest.example", attempts=0)
    assert untried.exists()
    assert not untried.filter(last_error__contains="gwen").exists()
    assert not Halt.objects.filter(words__contains="gwen").exists()


def test_new_mails_to_a_domain_in_trouble_wait_with_the_others(smtp: SmtpServer):
    smtp.refuse("RCPT", "451 4.4.1 No answer from host", containing="@slow.example")
    queue(None, 3, domain="slow.example")
    post.send_due()
    queue(None, 6, domain="slow.example")
    assert post.send_due() == 0
    rows = Delivery.objects.filter(lane="@slow.example")
    assert rows.filter(attempts=0, status="QUEUED", lease="").count() == 3
    smtp.heal()
    try_again()
    post.send_due()
    post.send_due()
    assert not Halt.objects.exists()
    assert len(smtp.mails) == 6


@pytest.mark.parametrize(
    "words",
    [
        "450 4.2.0 Greylisted",
        "451 Greylisted, please try again in 5 minutes",
        "451 4.7.1 Come back later",
        "450 4.1.1 Unverified address",
    ],
)
def test_what_concerns_single_mailboxes_or_first_visits_halts_no_domain(
    smtp: SmtpServer, words: str, db: None
):
    smtp.refuse("RCPT", words)
    queue(None, 10)
    assert post.send_due() == 10
    assert not Halt.objects.exists()


def test_a_stranger_comes_again_to_a_greylist_when_asked_and_as_the_same(
    smtp: SmtpServer, sender: Sender, settings, clock
):
    """Greylists remember address, envelope sender and recipient; the sender is of each mail."""
    settings.REPLY_DOMAIN = "reply.example"
    queue(sender, 3)
    triplets = {}
    for row in Delivery.objects.all():
        triplets[row.email] = verp.envelope_from(row, sender)
        words = "451 Greylisted, please try again in 5 minutes"
        smtp.refuse("MAIL", words, containing=f"<{triplets[row.email]}>", times=1)
    assert post.send_due() == 3
    clock.shift(dt.timedelta(minutes=4))
    queue(None, domain="known.example")
    assert post.send_due() == 1
    clock.shift(dt.timedelta(minutes=2))
    assert post.send_due() == 3
    later = smtp.mails[1:]
    assert {mail.recipients[0]: mail.sender for mail in later} == triplets


def test_a_server_that_puts_everybody_off_is_asked_once_a_minute_at_least(
    smtp: SmtpServer, db: None
):
    """Whose mails are to blame is not known, so that nobody can stop the others' for long."""
    smtp.refuse("RCPT", "452 4.3.1 Disk full")
    for number in range(5):
        queue(None, domain=f"d{number}.example")
    post.send_due()
    halt = Halt.objects.get()
    assert halt.lane == lanes.SYSTEM
    Halt.objects.update(failures=10, until=timezone.now())
    queue(None)
    post.send_due()
    halt.refresh_from_db()
    assert halt.failures == 11
    assert (halt.until - halt.tried_at).total_seconds() == 60


def test_a_turn_that_is_lost_at_the_domain_gives_the_servers_back():
    now = timezone.now()
    for name in ("", "@slow.example"):
        Halt.objects.create(lane=name, since=now, until=now, tried_at=now)
    queue(None, domain="slow.example")
    Delivery.objects.update(lane="@slow.example")
    (lane,) = lanes.ready(timezone.now())
    Halt.objects.filter(lane="@slow.example").update(tried_at=timezone.now())
    assert not lanes.take_turn(lane, timezone.now())
    assert Halt.objects.get(lane="").until == now


@pytest.mark.django_db(transaction=True)
def test_a_dead_and_a_stalling_server_keep_only_their_own_connections_busy(
    carol: Sender, sender: Sender, other: SmtpServer, smtp: SmtpServer, settings
):
    """The third server's mails all arrive while the other two have not answered once."""
    sender.smtp_host, sender.smtp_port, sender.smtp_security = "127.0.0.1", 9, "none"
    sender.save()
    queue(sender, 50)
    settings.SMTP_CONNECT_TIMEOUT = 5 * PATIENCE
    other.stall("CONNECT", 5 * PATIENCE)
    queue(carol, 3 * FIRST)  # enough for everybody's first batch
    queue(None, 30)
    seats = Seats(1)
    is_done = threading.Event()

    def work() -> None:
        try:
            post.send_due(lambda: is_done.is_set(), seats)
        finally:
            connection.close()

    threads = [threading.Thread(target=work) for _ in range(seats.count)]
    for thread in threads:
        thread.start()
    with suppress(AssertionError):
        wait_until(lambda: len(smtp.mails) == 30)
    arrived, halted = len(smtp.mails), set(Halt.objects.values_list("lane", flat=True))
    is_done.set()
    other.shut()  # cuts the line that is still waiting for its greeting
    for thread in threads:
        thread.join()
    assert (arrived, halted) == (30, {str(sender.pk)})
    assert states(sender, "attempts") == {(0,)}
