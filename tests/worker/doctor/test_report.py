"""The doctor's report as a whole: complete, never endless, for people and for programs."""

from __future__ import annotations

import ctypes
import json
import os
import pathlib
import socket
import subprocess
import sys
import threading

import psycopg
import pytest
from django.core.management import call_command

from convoca.mail.models import Sender
from convoca.worker import doctor
from convoca.worker.doctor import Finding
from convoca.worker.models import JobSlot
from tests.support.smtp import SmtpServer
from tests.worker.doctor.conftest import a_worker_runs, troubles


@pytest.mark.django_db(transaction=True)  # checks have threads of their own
def test_a_healthy_installation_has_no_trouble(sender: Sender, smtp: SmtpServer, settings):
    a_worker_runs()
    settings.REPLY_DOMAIN = "reply.example"
    assert troubles(doctor.examine) == []
    assert smtp.mails == []
    assert JobSlot.objects.count() == 1


def alone(monkeypatch, check) -> list[Finding]:
    """Return what the doctor says of one check, which has a second; the database is away."""
    monkeypatch.setattr(doctor, "LONGEST", 1.0)
    monkeypatch.setattr(doctor, "ALONE", [check])
    away = Finding("ERROR", "Database", "away")
    monkeypatch.setattr(doctor.database, "check_answer", lambda: iter([away]))
    *found, last = doctor.examine()
    assert last == away
    return found


def test_what_hangs_or_breaks_is_a_finding_too(monkeypatch):
    is_over = threading.Event()

    def check_sleep():
        is_over.wait()
        yield

    def check_bug():
        raise KeyError("x")
        yield

    monkeypatch.setattr(doctor, "LONGEST", 1.0)
    monkeypatch.setattr(doctor, "ALONE", [check_sleep, check_bug])
    monkeypatch.setattr(doctor.database, "check_answer", check_bug)
    assert list(doctor.examine()) == [
        Finding("ERROR", "Sleep", "This could not be found out in 1 s."),
        Finding("ERROR", "Bug", "This could not be found out: KeyError: 'x'"),
        Finding("ERROR", "Bug", "This could not be found out: KeyError: 'x'"),
    ]
    is_over.set()


@pytest.mark.django_db(transaction=True)  # checks have threads of their own
def test_the_exit_code_tells(smtp: SmtpServer, capsys):
    call_command("doctor")
    assert "Everything that must work does." in capsys.readouterr().out
    smtp.shut()
    with pytest.raises(SystemExit) as leaving:
        call_command("doctor")
    assert leaving.value.code == 1
    assert "1 to mend." in capsys.readouterr().out


@pytest.mark.django_db(transaction=True)  # checks have threads of their own
def test_programs_read_a_line_of_json_for_each_finding(smtp: SmtpServer, capsys):
    smtp.shut()
    with pytest.raises(SystemExit):
        call_command("doctor", json=True)
    found = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [one["about"] for one in found if one["level"] == "ERROR"] == ["CONVOCA_SMTP_URL"]
    assert all(set(one) == {"level", "about", "text"} for one in found)


def test_a_database_that_says_nothing_is_not_waited_for(monkeypatch):
    with socket.create_server(("127.0.0.1", 0)) as silent:

        def check_connection():
            psycopg.connect(host="127.0.0.1", port=silent.getsockname()[1], dbname="x")
            yield

        assert alone(monkeypatch, check_connection) == [
            Finding("ERROR", "Connection", "This could not be found out in 1 s.")
        ]


def test_what_waits_inside_of_c_is_left_behind(monkeypatch):
    """A mutex is taken twice: no signal ends such a wait, as none does for a dead file server."""
    libc, mutex = ctypes.CDLL(None), ctypes.create_string_buffer(64)

    def check_mutex():
        yield Finding("OK", "Mutex", "It can be taken.")
        libc.pthread_mutex_lock(mutex)
        libc.pthread_mutex_lock(mutex)

    try:
        assert alone(monkeypatch, check_mutex) == [
            Finding("OK", "Mutex", "It can be taken."),
            Finding("ERROR", "Mutex", "This could not be found out in 1 s."),
        ]
    finally:
        libc.pthread_mutex_unlock(mutex)


def test_a_real_one_ends_with_1_and_tells_no_password(tmp_path: pathlib.Path):
    settings = {
        "DATABASE_URL": "postgres://convoca:s3cret@127.0.0.1:1/convoca",
        "SMTP_URL": "smtp://convoca:s3cret@127.0.0.1:1",
        "SECRET_KEY": "0123456789" * 5,
        "BASE_URL": "http://127.0.0.1:1",
        "MAIL_FROM": "calendar@acme.example",
        "DATA_DIR": str(tmp_path),
    }
    variables = {f"CONVOCA_{name}": value for name, value in settings.items()}
    variables["DJANGO_SETTINGS_MODULE"] = "convoca.settings"
    command = [sys.executable, "-m", "convoca", "doctor"]
    done = subprocess.run(command, env=os.environ | variables, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (1, "")
    assert "ERROR   CONVOCA_DATABASE_URL: The database does not answer" in done.stdout
    assert "2 to mend." in done.stdout
    assert "s3cret" not in done.stdout
