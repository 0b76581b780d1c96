"""The CONVOCA_ variables: a missing or wrong one is named, with what to write."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from convoca import environment

ROOT = Path(__file__).parents[2]
GOOD = {
    "CONVOCA_SECRET_KEY": "0123456789" * 5,
    "CONVOCA_BASE_URL": "https://calendar.example",
    "CONVOCA_SMTP_URL": "smtp+starttls://convoca:p%40ss@mail.example",
    "CONVOCA_MAIL_FROM": "Convoca <calendar@mail.example>",
}


@pytest.fixture(autouse=True)
def good(monkeypatch, tmp_path: Path) -> None:
    for name in [name for name in os.environ if name.startswith("CONVOCA_")]:
        monkeypatch.delenv(name)
    for name, value in (GOOD | {"CONVOCA_DATA_DIR": str(tmp_path)}).items():
        monkeypatch.setenv(name, value)


def test_a_good_environment_is_read(tmp_path: Path):
    loaded = environment.load()
    assert loaded.is_https
    assert loaded.host == "calendar.example"
    assert loaded.databases["NAME"] == str(tmp_path / "convoca.sqlite3")
    assert environment.parse_smtp_url(loaded.smtp_url) == {
        "host": "mail.example",
        "port": 587,
        "security": "starttls",
        "username": "convoca",
        "password": "p@ss",
    }


def test_international_names_are_kept_as_dns_has_them(monkeypatch):
    monkeypatch.setenv("CONVOCA_BASE_URL", "https://müller.example:8443/")
    monkeypatch.setenv("CONVOCA_MAIL_FROM", "Convoca <calendar@müller.example>")
    monkeypatch.setenv("CONVOCA_REPLY_DOMAIN", "antwort.müller.example")
    loaded = environment.load()
    assert loaded.base_url == "https://xn--mller-kva.example:8443"
    assert loaded.mail_from == "Convoca <calendar@xn--mller-kva.example>"
    assert loaded.reply_domain == "antwort.xn--mller-kva.example"


def test_a_mail_provider_needs_a_secret(monkeypatch):
    monkeypatch.setenv("CONVOCA_ESP", "postmark")
    with pytest.raises(ImproperlyConfigured, match="CONVOCA_ESP_SECRET is missing"):
        environment.load()
    monkeypatch.setenv("CONVOCA_ESP_SECRET", "provider:" + "s" * 20)
    assert environment.load().esp == "postmark"


def test_limits_are_read_for_every_domain_and_for_single_ones():
    assert environment.parse_rates("1000/minute Müller.example=20/hour") == {
        "": (1000, 60),
        "xn--mller-kva.example": (20, 3600),
    }
    assert environment.parse_rate("5/day") == (5, 86400)


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("CONVOCA_BASE_URL", "calendar.example", "https://calendar.example.org"),
        ("CONVOCA_SMTP_URL", "mail.example:25", "smtp+starttls://"),
        ("CONVOCA_RATE_PER_SENDER", "100", "100/minute"),
        ("CONVOCA_RATE_PER_SENDER", "0/minute", "100/minute"),
        ("CONVOCA_RATE_PER_DOMAIN", "gmail.com=10/second", "per minute, hour or day"),
        ("CONVOCA_RATE_PER_DOMAIN", "gmail=10/hour", "gmail.com=300/minute"),
        ("CONVOCA_SMTP_URL", "smtp://", "smtp+starttls://"),
        ("CONVOCA_SMTP_URL", "smtp://mail.example:x", "the port must be a number"),
        ("CONVOCA_DATABASE_URL", "mysql://x/y", "postgres://"),
        ("CONVOCA_DATABASE_URL", "postgres://host", "postgres://"),
        ("CONVOCA_DATABASE_URL", "sqlite://", "sqlite:///"),
        ("CONVOCA_SECRET_KEY", "short", "openssl rand"),
        ("CONVOCA_CA_FILE", "/nowhere.pem", "No such file"),
        ("CONVOCA_CA_FILE", "/etc/passwd", "file of certificates"),
        ("CONVOCA_ESP", "pigeons", "brevo, mailgun"),
        ("CONVOCA_ESP_SECRET", "provider:short", "user:password"),
        ("CONVOCA_SECRET_KEY", "k" * 60, "openssl rand"),
        ("CONVOCA_ENCRYPTION_KEYS", "short", "newest first"),
        ("CONVOCA_MAIL_FROM", "Convoca", "calendar@example.org"),
        ("CONVOCA_MAIL_FROM", "convoca@localhost", "calendar@example.org"),
        ("CONVOCA_SMTP_TIMEOUT", "soon", "number"),
        ("CONVOCA_MAIL_CONNECTIONS", "0", "greater than or equal to 1"),
        ("CONVOCA_LOG_LEVEL", "LOUD", "'DEBUG'"),
    ],
)
def test_a_wrong_variable_is_named_with_what_to_write(monkeypatch, name, value, words):
    monkeypatch.setenv(name, value)
    with pytest.raises(ImproperlyConfigured) as error:
        environment.load()
    assert str(error.value).startswith(f"{name} is wrong: ")
    assert words in str(error.value)


def test_a_data_folder_that_cannot_be_made_is_named(monkeypatch, tmp_path: Path):
    (tmp_path / "file").touch()
    monkeypatch.setenv("CONVOCA_DATA_DIR", str(tmp_path / "file" / "data"))
    with pytest.raises(ImproperlyConfigured, match=r"CONVOCA_DATA_DIR is wrong: .*cannot be"):
        environment.load()


@pytest.mark.parametrize("command", ["serve", "web", "worker", "doctor"])
@pytest.mark.parametrize("name", environment.RUNNING)
def test_what_runs_needs_every_variable(monkeypatch, command, name):
    assert environment.missing_for(command) == []
    monkeypatch.setenv(name, " ")
    assert environment.missing_for(command) == [
        f"{name} is missing: write {environment.RUNNING[name]}."
    ]


def test_what_only_keeps_data_needs_no_mail_server(monkeypatch):
    monkeypatch.delenv("CONVOCA_SMTP_URL")
    assert environment.missing_for("migrate") == environment.missing_for("create_team") == []
    monkeypatch.delenv("CONVOCA_SECRET_KEY")
    assert len(environment.missing_for("migrate")) == len(environment.missing_for("set_plan")) == 1
    assert environment.missing_for("messages") == []


def test_the_command_line_ends_with_the_names_and_no_traceback(monkeypatch):
    monkeypatch.delenv("CONVOCA_SMTP_URL")
    monkeypatch.delenv("CONVOCA_BASE_URL")
    done = run("serve")
    assert done.returncode == 1
    assert [line.partition(" ")[0] for line in done.stderr.splitlines()] == [
        "CONVOCA_BASE_URL",
        "CONVOCA_SMTP_URL",
    ]
    assert done.stdout == ""


def test_a_database_that_is_away_is_named_without_a_traceback(monkeypatch):
    monkeypatch.setenv("CONVOCA_DATABASE_URL", "postgres://nobody@127.0.0.1:1/nothing")
    done = run("serve")
    assert done.returncode == 1
    assert "CONVOCA_DATABASE_URL" in done.stderr
    assert "Traceback" not in done.stderr


def test_djangos_check_for_real_installations_is_clean():
    done = run("check", "--deploy", "--fail-level", "DEBUG")
    assert (done.returncode, done.stderr) == (0, "")
    assert "no issues" in done.stdout


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    clean = {
        name: value for name, value in os.environ.items() if name != "DJANGO_ALLOW_ASYNC_UNSAFE"
    }
    return subprocess.run(
        [sys.executable, "-m", "convoca", *arguments],
        cwd=ROOT,
        env=clean | {"DJANGO_SETTINGS_MODULE": "convoca.settings"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


@pytest.mark.parametrize("listen", ["127.0.0.1:2424", "[::1]:2424", "/run/convoca/lmtp"])
def test_where_replies_come_in(listen: str, monkeypatch):
    monkeypatch.setenv("CONVOCA_LMTP_LISTEN", listen)
    monkeypatch.setenv("CONVOCA_REPLY_DOMAIN", "Reply.example.org")
    loaded = environment.load()
    assert (loaded.lmtp_listen, loaded.reply_domain) == (listen, "reply.example.org")


@pytest.mark.parametrize(
    ("name", "value"),
    [("LMTP_LISTEN", "2424"), ("LMTP_LISTEN", "host:"), ("REPLY_DOMAIN", "rsvp@example.org")],
)
def test_a_wrong_way_in_is_named(name: str, value: str, monkeypatch):
    monkeypatch.setenv(f"CONVOCA_{name}", value)
    with pytest.raises(ImproperlyConfigured, match=f"CONVOCA_{name} is wrong: write"):
        environment.load()
