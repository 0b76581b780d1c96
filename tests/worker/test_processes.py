"""Real processes on both databases: woken at once, stopped, racing; `tests/chaos` kills them."""

import signal
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.installation import Installation, installed
from tests.support.patience import PATIENCE, wait_until
from tests.support.smtp import SmtpServer

INVITE = """
import datetime as dt, time
from django.utils import timezone
from convoca.accounts.models import Membership
from convoca.calendars.drafts import EventDraft
from convoca.guests.addressbook import NewGuest
from convoca.invitations.saving import scheduling
from convoca.mail import senders
host = Membership.objects.get()
count = int(sys.argv[1])
start = (timezone.now() + dt.timedelta(days=9)).replace(microsecond=0, tzinfo=None)
guests = [
    NewGuest(email=f"g{number}@guest.example", first_name="G", last_name=str(number))
    for number in range(count)
]
draft = EventDraft(
    title="All hands", start=start, end=start + dt.timedelta(hours=1), timezone="Europe/Madrid",
    sender=senders.default_for(host), attendees=guests,
)
for _ in range(int(sys.argv[2]) if len(sys.argv) > 2 else 1):
    event = scheduling.save_event(host, draft)
"""


@pytest.fixture
def sink() -> Iterator[SmtpServer]:
    """A mail server that no setting of this process points at."""
    with SmtpServer().running() as server:
        yield server


@pytest.fixture(params=["sqlite", "postgres"])
def there(request, tmp_path: Path, sink: SmtpServer) -> Iterator[Installation]:
    with installed(tmp_path, sink.url, request.param) as installation:
        yield installation


def ledger(there: Installation) -> dict[str, int]:
    return dict(there.query("SELECT status, count(*) FROM mail_delivery GROUP BY status"))


def copies(sink: SmtpServer) -> Counter[str]:
    return Counter(mail.recipients[0] for mail in list(sink.mails))


def test_a_commit_wakes_the_workers_of_other_processes(there: Installation, sink: SmtpServer):
    """How soon is for `./dev bench` to say; this worker does not look by itself."""
    there.module = "tests.support.drowsy"
    there.start_worker()
    there.python(INVITE, "1")
    sink.wait_for(1)


def test_a_stopped_worker_finishes_and_leaves_nothing_half_done(
    there: Installation, sink: SmtpServer
):
    worker = there.start_worker()
    sink.stall("BODY", 0.1)
    there.python(INVITE, "150")
    sink.wait_for(5)
    worker.send_signal(signal.SIGTERM)
    assert worker.wait(PATIENCE) == 0, there.log("worker")
    assert set(ledger(there)) == {"SENT", "QUEUED"}
    assert ledger(there)["SENT"] == len(sink.mails)
    sink.heal()
    there.start_worker()
    wait_until(lambda: len(copies(sink)) == 150)
    assert set(copies(sink).values()) == {1}


def test_two_workers_send_nothing_twice(there: Installation, sink: SmtpServer):
    there.start_worker()
    there.start_worker()
    there.python(INVITE, "60", "4")
    wait_until(lambda: len(sink.mails) >= 240)
    time.sleep(0.5)
    assert len({mail.message["Message-ID"] for mail in sink.mails}) == len(sink.mails) == 240
    assert ledger(there) == {"SENT": 240}


def test_a_mail_server_that_comes_back_gets_everything(there: Installation, sink: SmtpServer):
    sink.shut()
    there.start_worker()
    there.python(INVITE, "20")
    wait_until(lambda: ledger(there) == {"DELAYED": 20})
    sink.heal()
    wait_until(lambda: len(sink.mails) == 20)
    assert set(copies(sink).values()) == {1}
