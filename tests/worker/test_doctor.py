"""`convoca doctor` on a healthy installation, and on each broken one."""

from __future__ import annotations

import os
import pathlib

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection
from django.utils import timezone

from convoca.accounts.models import Membership
from convoca.mail import inbox, outbox
from convoca.mail.models import Delivery, InboundMessage, Mailbox, Sender
from convoca.worker import doctor, serving
from convoca.worker.doctor import Finding
from tests.support.smtp import SmtpServer


@pytest.fixture(autouse=True)
def healthy(smtp: SmtpServer, settings, tmp_path: pathlib.Path, monkeypatch) -> None:
    settings.DATA_DIR = tmp_path
    tmp_path.chmod(0o750)
    settings.BASE_URL = "https://calendar.example"
    settings.SMTP_TIMEOUT = settings.SMTP_CONNECT_TIMEOUT = 10
    monkeypatch.setattr(doctor.finders, "find", lambda path: f"/static/{path}")
    for name in [name for name in os.environ if name.startswith("CONVOCA_")]:
        monkeypatch.delenv(name)


def troubles(*checks) -> list[tuple[str, str]]:
    return [
        (finding.level, finding.about)
        for check in checks
        for finding in check()
        if finding.level != "OK"
    ]


def text_of(check) -> str:
    return " ".join(finding.text for finding in check() if finding.level != "OK")


def test_a_healthy_installation_has_no_trouble(db: None, smtp: SmtpServer):
    everything = [
        doctor.check_variables,
        doctor.check_address,
        doctor.check_data_dir,
        doctor.check_mail_server,
        doctor.check_assets,
        doctor.check_database,
        doctor.check_clock,
        doctor.check_secrets,
        doctor.check_outbox,
        doctor.check_inbox,
        doctor.check_mailboxes,
    ]
    assert troubles(*everything) == []
    assert smtp.mails == []


def test_a_misspelt_variable_is_pointed_at(monkeypatch):
    monkeypatch.setenv("CONVOCA_SMPT_URL", "x")
    assert troubles(doctor.check_variables) == [("WARNING", "CONVOCA_SMPT_URL")]


@pytest.mark.parametrize("url", ["http://calendar.example", "http://localhost:8000"])
def test_an_address_others_cannot_trust_or_open_is_warned_of(settings, url):
    settings.BASE_URL = url
    assert troubles(doctor.check_address) == [("WARNING", "CONVOCA_BASE_URL")]


def test_debugging_is_warned_of(settings):
    settings.DEBUG = True
    assert troubles(doctor.check_address) == [("WARNING", "CONVOCA_DEBUG")]


def test_a_data_folder_that_cannot_be_written_is_an_error(settings, tmp_path: pathlib.Path):
    file = tmp_path / "file"
    file.touch()
    settings.DATA_DIR = file / "data"
    assert troubles(doctor.check_data_dir) == [("ERROR", "CONVOCA_DATA_DIR")]


def test_a_data_folder_open_to_everybody_is_warned_of(tmp_path: pathlib.Path):
    tmp_path.chmod(0o755)
    assert "chmod 750" in text_of(doctor.check_data_dir)


def test_a_full_disk_is_warned_of(monkeypatch):
    monkeypatch.setattr(doctor, "LOW_DISK", 10**18)
    assert "500 MB" in text_of(doctor.check_data_dir)


def test_a_mail_server_that_is_away_is_an_error(smtp: SmtpServer):
    smtp.shut()
    assert troubles(doctor.check_mail_server) == [("ERROR", "CONVOCA_SMTP_URL")]
    assert "Connection refused" in text_of(doctor.check_mail_server)


def test_a_mail_server_that_refuses_our_address_is_an_error(smtp: SmtpServer):
    smtp.refuse("MAIL", "553 5.7.1 Not you")
    assert troubles(doctor.check_mail_server) == [("ERROR", "CONVOCA_MAIL_FROM")]


def test_a_mail_server_that_refuses_the_login_is_an_error(settings):
    with SmtpServer(username="convoca", password="right").running() as server:
        settings.SMTP_URL = server.url.replace("right", "wrong")
        assert troubles(doctor.check_mail_server) == [("ERROR", "CONVOCA_SMTP_URL")]
        assert "refused the login" in text_of(doctor.check_mail_server)


def test_missing_scripts_and_styles_are_an_error(monkeypatch):
    monkeypatch.setattr(doctor.finders, "find", lambda path: None)
    assert troubles(doctor.check_assets) == [("ERROR", "Front end")]


def test_a_database_that_is_away_is_an_error_and_the_rest_is_still_checked(db: None, monkeypatch):
    def fail(*args: object) -> None:
        raise DatabaseError("connection refused\nIs the server running?")

    monkeypatch.setattr(doctor, "MigrationExecutor", fail)
    findings = list(doctor.examine())
    assert (
        Finding("ERROR", "CONVOCA_DATABASE_URL", "The database does not answer: connection refused")
        in findings
    )
    assert "CONVOCA_SECRET_KEY" not in {finding.about for finding in findings}


def test_waiting_migrations_are_an_error_and_stop_the_servers(db: None, monkeypatch):
    monkeypatch.setattr(doctor.MigrationExecutor, "migration_plan", lambda *args: [1, 2])
    assert troubles(doctor.check_database) == [("ERROR", "Migrations")]
    with pytest.raises(CommandError, match="convoca migrate"):
        serving.check_migrations()


def test_a_clock_that_is_wrong_is_an_error(db: None, time_machine):
    time_machine.move_to("2020-01-01T00:00Z")
    expected = [("ERROR", "Clock")] if connection.vendor == "postgresql" else []
    assert troubles(doctor.check_clock) == expected


def test_a_changed_key_is_an_error(sender: Sender):
    Sender.objects.filter(pk=sender.pk).update(smtp_password=b"of another key")
    assert troubles(doctor.check_secrets) == [("ERROR", "CONVOCA_SECRET_KEY")]


def test_mails_nobody_sends_are_warned_of(alice: Membership):
    outbox.enqueue_post("k", recipient="a@b.example", content=b"")
    assert troubles(doctor.check_outbox) == []
    Delivery.objects.update(due_at=timezone.now() - timezone.timedelta(minutes=6))
    assert troubles(doctor.check_outbox) == [("WARNING", "Worker")]


def test_replies_nobody_understands_are_warned_of(db: None, settings):
    inbox.keep(b"x")
    assert troubles(doctor.check_inbox) == []
    InboundMessage.objects.update(attempts=3)
    settings.LMTP_LISTEN = "127.0.0.1:2424"
    assert troubles(doctor.check_inbox) == [
        ("WARNING", "Incoming mail"),
        ("WARNING", "CONVOCA_LMTP_LISTEN"),
    ]


def test_mailboxes_that_cannot_be_read_are_named(mailbox: Mailbox):
    assert troubles(doctor.check_mailboxes) == []
    now = timezone.now()
    Mailbox.objects.update(
        reason="LOGIN", last_error="[AUTH] no", failing_since=now, stopped_at=now
    )
    assert troubles(doctor.check_mailboxes) == [("WARNING", "Mailboxes")]
    text = text_of(doctor.check_mailboxes)
    assert text.startswith("alice@acme.example: The mailbox's server refused the user name")
    assert text.endswith("given up, its owner has been told) [AUTH] no")


def test_mailboxes_nobody_looks_into_are_warned_of(mailbox: Mailbox, monkeypatch):
    Mailbox.objects.update(
        due_at=timezone.now() - timezone.timedelta(minutes=16), failing_since=timezone.now()
    )
    monkeypatch.setattr(doctor, "MOST_NAMED", 0)
    assert text_of(doctor.check_mailboxes) == (
        "1 more cannot be read. "
        "1 should have been looked at 15 minutes ago: run `convoca worker`, or more."
    )


def test_the_exit_code_tells(db: None, smtp: SmtpServer, capsys, monkeypatch):
    monkeypatch.setattr(doctor, "run_checks", lambda **options: [])
    call_command("doctor")
    assert "Everything that must work does." in capsys.readouterr().out
    smtp.shut()
    with pytest.raises(SystemExit) as leaving:
        call_command("doctor")
    assert leaving.value.code == 1
    assert "1 to mend." in capsys.readouterr().out
