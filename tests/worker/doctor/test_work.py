"""What the doctor finds in a database, and about the work that waits in it."""

from __future__ import annotations

import pathlib

import pytest
from django.core.management import CommandError
from django.db import DatabaseError, connection
from django.utils import timezone

from convoca.accounts.models import Membership
from convoca.guests.models import Guest
from convoca.invitations.saving import scheduling
from convoca.mail import outbox
from convoca.mail.models import Delivery, Halt, Sender
from convoca.worker import doctor, serving
from convoca.worker.doctor import Finding, database, work
from convoca.worker.models import JobSlot
from tests.builders import draft
from tests.worker.doctor.conftest import a_worker_runs, text_of, troubles

MINUTE = timezone.timedelta(minutes=1)


def test_a_database_that_is_away_is_an_error_and_the_rest_is_still_checked(db: None, monkeypatch):
    def fail(*args: object) -> None:
        raise DatabaseError("connection refused\nIs the server running?")

    monkeypatch.setattr(database, "MigrationExecutor", fail)
    findings = list(doctor.examine())
    text = (
        "The database does not answer: connection refused. Check that it runs, and this variable."
    )
    assert Finding("ERROR", "CONVOCA_DATABASE_URL", text) in findings
    assert "CONVOCA_SECRET_KEY" not in {finding.about for finding in findings}


def test_waiting_migrations_are_an_error_and_stop_the_servers(db: None, monkeypatch):
    monkeypatch.setattr(database.MigrationExecutor, "migration_plan", lambda *args: [1, 2])
    assert troubles(database.check_answer) == [("ERROR", "Migrations")]
    with pytest.raises(CommandError, match="convoca migrate"):
        serving.check_migrations()


def test_a_database_that_cannot_be_written_is_an_error(db: None):
    if connection.vendor == "sqlite":
        read_only, writable = "PRAGMA query_only = ON", "PRAGMA query_only = OFF"
    else:
        read_only, writable = "SET transaction_read_only = on", "SELECT 1"
    with connection.cursor() as cursor:
        cursor.execute(read_only)
        try:
            assert troubles(database.check_writing) == [("ERROR", "Database")]
        finally:
            cursor.execute(writable)


def test_sqlite_across_a_network_is_an_error(monkeypatch, tmp_path: pathlib.Path):
    monkeypatch.setattr(database, "_sqlite_file", lambda: tmp_path / "convoca.sqlite3")
    assert troubles(database.check_place) == []
    monkeypatch.setattr(database, "network_kind", lambda path: "nfs4")
    assert troubles(database.check_place) == [("ERROR", "CONVOCA_DATABASE_URL")]


def test_a_clock_that_is_wrong_is_an_error(db: None, time_machine):
    time_machine.move_to("2020-01-01T00:00Z")
    expected = [("ERROR", "Clock")] if connection.vendor == "postgresql" else []
    assert troubles(database.check_clock) == expected


@pytest.mark.parametrize("secret", ["sender", "mail"])
def test_a_changed_encryption_key_is_an_error(sender: Sender, secret):
    if secret == "sender":
        Sender.objects.filter(pk=sender.pk).update(smtp_password=b"of another key")
    else:
        outbox.enqueue_post("k", recipient="a@b.example", content=b"x")
        Delivery.objects.update(payload=b"of another key")
    assert troubles(database.check_secrets) == [("ERROR", "CONVOCA_SECRET_KEY")]


def test_a_changed_key_of_links_is_an_error(
    alice: Membership, gwen: Guest, sender: Sender, settings
):
    scheduling.save_event(alice, draft(start="2099-11-24 10:00", sender=sender, attendees=[gwen]))
    assert troubles(database.check_secrets) == []
    settings.SECRET_KEY = "another key " * 5
    assert "guests' links" in text_of(database.check_secrets)


def test_no_worker_is_warned_of_and_an_error_once_mails_wait(alice: Membership):
    assert troubles(work.check_worker) == [("WARNING", "Worker")]
    a_worker_runs()
    outbox.enqueue_post("k", recipient="a@b.example", content=b"")
    assert troubles(work.check_worker) == []
    JobSlot.objects.update(taken_at=timezone.now() - 3 * MINUTE)
    assert troubles(work.check_worker) == [("ERROR", "Worker")]
    assert text_of(work.check_worker) == (
        "No worker has run for 3 minutes: start `convoca serve` or `convoca worker`. "
        "Mails that wait: 1."
    )


def test_a_worker_ahead_of_time_is_an_error(db: None):
    a_worker_runs()
    JobSlot.objects.update(taken_at=timezone.now() + 90 * MINUTE)
    assert troubles(work.check_worker) == [("ERROR", "Clock")]


def test_mails_that_wait_too_long_are_warned_of(alice: Membership):
    outbox.enqueue_post("k", recipient="a@b.example", content=b"")
    assert troubles(work.check_outbox) == []
    Delivery.objects.update(due_at=timezone.now() - 6 * MINUTE)
    assert troubles(work.check_outbox) == [("WARNING", "Mails")]


def test_what_waits_for_its_destination_is_told_apart_from_a_missing_worker(sender: Sender):
    now = timezone.now()
    Sender.objects.update(smtp_host="mail.acme.example")
    sender.refresh_from_db()
    outbox.enqueue_post("k", recipient="a@b.example", content=b"", sender=sender)
    Delivery.objects.update(due_at=now - 6 * MINUTE)
    for lane in (str(sender.pk), "@busy.example"):
        Halt.objects.create(
            lane=lane, since=now, until=now + MINUTE, reason="NO_ANSWER", words="mail: timed out"
        )
    assert troubles(work.check_outbox) == []
    first, second = work.check_halts()
    assert first.text.startswith("1 wait for the server of alice@acme.example since ")
    assert first.text.endswith(": The mail server stopped answering. mail: timed out")
    assert second.text.startswith("0 wait for busy.example through CONVOCA_SMTP_URL since ")


def test_why_mails_cannot_leave_is_told_by_server(sender: Sender):
    for number in range(3):
        outbox.enqueue_post(f"k{number}", recipient="a@b.example", content=b"")
    Delivery.objects.update(status="DELAYED", reason="LOGIN", last_error="535 No")
    Sender.objects.update(smtp_host="mail.acme.example")
    Delivery.objects.filter(key="k0").update(sender=sender)
    assert [finding.text for finding in work.check_outbox()] == [
        "2 are tried again (CONVOCA_SMTP_URL): The outgoing mail server refused the login. 535 No",
        "1 are tried again (mail.acme.example): The outgoing mail server refused the login. 535 No",
    ]
    Delivery.objects.update(reason="FULL")
    assert troubles(work.check_outbox) == []
