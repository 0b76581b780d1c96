"""Replies to a real worker: kept by pipe and by LMTP, read at once on both databases."""

from __future__ import annotations

import smtplib
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from convoca.calendars.organizers import own_address
from tests.support.installation import ROOT, Installation, free_port, installed
from tests.support.patience import PATIENCE, wait_until
from tests.support.smtp import SmtpServer
from tests.worker.test_processes import INVITE

REPLY = """From: G <g0@guest.example>
Content-Type: text/calendar; method=REPLY; charset=UTF-8

BEGIN:VCALENDAR
METHOD:REPLY
BEGIN:VEVENT
UID:{uid}
SEQUENCE:0
DTSTAMP:2026010{day}T080000Z
ATTENDEE;PARTSTAT={answer}:mailto:g0@guest.example
END:VEVENT
END:VCALENDAR
"""


@pytest.fixture
def sink() -> Iterator[SmtpServer]:
    with SmtpServer().running() as server:
        yield server


@pytest.fixture
def there(request, tmp_path: Path, sink: SmtpServer) -> Iterator[Installation]:
    with installed(tmp_path, sink.url, getattr(request, "param", "sqlite")) as installation:
        installation.environment["CONVOCA_REPLY_DOMAIN"] = "reply.example"
        yield installation


def ingest(there: Installation, content: bytes, *arguments: str) -> tuple[int, str]:
    """Run the pipe as a mail server does; return its exit code and what it complained of."""
    done = subprocess.run(
        [sys.executable, "-m", "convoca", "ingest", *arguments],
        cwd=ROOT,
        env=there.environment,
        input=content,
        capture_output=True,
        timeout=5 * PATIENCE,
    )
    return done.returncode, done.stderr.decode()


def event(there: Installation) -> tuple[str, str]:
    there.python(INVITE, "1")
    [(uid, address)] = there.query("SELECT uid, organizer_email FROM calendars_event")
    [(token,)] = there.query("SELECT reply_token FROM invitations_invitation")
    return uid, own_address(address, token)


def partstat(there: Installation) -> str:
    [(found,)] = there.query("SELECT partstat FROM calendars_attendee")
    return found


@pytest.mark.parametrize("there", ["sqlite", "postgres"], indirect=True)
def test_replies_are_kept_without_a_worker_and_read_by_it_at_once(there: Installation):
    port = free_port()
    uid, address = event(there)
    by_pipe = REPLY.format(uid=uid, answer="TENTATIVE", day=1).encode()
    for _ in range(2):
        assert ingest(there, by_pipe, "--recipient", address) == (0, "")
    assert partstat(there) == "NEEDS-ACTION"
    there.environment["CONVOCA_LMTP_LISTEN"] = f"127.0.0.1:{port}"
    there.module = "tests.support.drowsy"
    there.start_worker()
    wait_until(lambda: partstat(there) == "TENTATIVE")
    by_lmtp = REPLY.format(uid=uid, answer="DECLINED", day=2)
    with smtplib.LMTP("127.0.0.1", port) as client:
        client.sendmail("g0@guest.example", [address], by_lmtp)
    wait_until(lambda: partstat(there) == "DECLINED")
    assert there.query("SELECT count(*) FROM invitations_rsvp") == [(2,)]
    assert there.query("SELECT count(*) FROM mail_inboundmessage") == [(2,)]


def test_the_pipe_asks_for_another_try_whatever_is_wrong(there: Installation):
    assert ingest(there, b"x" * (10 * 1024 * 1024 + 1))[0] == 65
    assert ingest(there, b"x", "--nonsense")[0] == 75
    there.environment["CONVOCA_DATABASE_URL"] = "postgres://u:p@127.0.0.1:1/none"
    code, complaint = ingest(there, b"x")
    assert (code, "cannot be kept" in complaint) == (75, True)
    there.environment["CONVOCA_DATABASE_URL"] = "nonsense://"
    assert ingest(there, b"x")[0] == 75
    del there.environment["CONVOCA_SECRET_KEY"]
    assert ingest(there, b"x")[0] == 75


def test_a_worker_that_cannot_listen_says_so(there: Installation):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        there.environment["CONVOCA_LMTP_LISTEN"] = f"127.0.0.1:{taken.getsockname()[1]}"
        done = there.run("worker", check=False)
    assert done.returncode == 1
    assert "CONVOCA_LMTP_LISTEN: nothing can listen on" in done.stderr
