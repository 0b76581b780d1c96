"""A healthy installation, for the doctor's tests to break."""

from __future__ import annotations

import os
import pathlib

import pytest

from convoca.mail.proofs import preflight
from convoca.standards.imip.sender_policy import NoAnswer
from convoca.worker.doctor import address, machine
from convoca.worker.models import JobSlot
from tests.support.smtp import SmtpServer

DOMAIN = "calendar.example"
SPF = "v=spf1 ip4:192.0.2.10 -all"
HEALTHY_DNS = {
    (DOMAIN, "TXT"): SPF,
    (f"_dmarc.{DOMAIN}", "TXT"): "v=DMARC1; p=reject",
    ("reply.example", "MX"): "10 mx.example.",
}


@pytest.fixture
def dns(monkeypatch) -> dict[tuple[str, str], str | None]:
    """What DNS says; None is silence."""
    known: dict[tuple[str, str], str | None] = dict(HEALTHY_DNS)

    def lookup(name: str, kind: str) -> tuple[str, ...]:
        said = known.get((name, kind), "")
        if said is None:
            raise NoAnswer
        return (said,) if said else ()

    monkeypatch.setattr(preflight, "ask_dns", lambda seconds: lookup)
    return known


@pytest.fixture(autouse=True)
def healthy(smtp: SmtpServer, settings, tmp_path: pathlib.Path, monkeypatch, dns) -> None:
    settings.DATA_DIR, settings.FILES_DIR = tmp_path, tmp_path / "files"
    tmp_path.chmod(0o750)
    settings.BASE_URL = f"https://{DOMAIN}"
    settings.DEFAULT_FROM_EMAIL = f"Convoca <convoca@{DOMAIN}>"
    settings.OUTBOUND_ADDRESSES = ["192.0.2.10"]
    settings.SMTP_TIMEOUT = settings.SMTP_CONNECT_TIMEOUT = 10
    monkeypatch.setattr(machine.finders, "find", lambda path: f"/static/{path}")
    monkeypatch.setattr(machine, "run_checks", lambda **options: [])
    monkeypatch.setattr(address, "_ask", lambda path: (200, b"ok\n"))
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


def a_worker_runs() -> None:
    JobSlot.objects.create(job="preflight", slot=1)
