"""The demo gets settings of its own, whatever is set for a real installation."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest

from convoca.worker.demo import environment


@pytest.fixture(autouse=True)
def _own_environment(monkeypatch):
    monkeypatch.setattr(os, "environ", dict(os.environ))


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def test_demo_never_uses_the_real_installation(tmp_path: Path):
    os.environ["CONVOCA_DATABASE_URL"] = "postgres://real/database"
    os.environ["CONVOCA_SMTP_URL"] = "smtps://real.example"
    port = free_port()

    environment.set_up(["--port", str(port), "--dir", str(tmp_path / "demo")])

    ours = {name: value for name, value in os.environ.items() if name.startswith("CONVOCA_")}
    smtp_url = ours.pop("CONVOCA_SMTP_URL")
    assert smtp_url.startswith("smtp://127.0.0.1:")
    assert ours == {
        "CONVOCA_DEMO": "1",
        "CONVOCA_DATA_DIR": str(tmp_path / "demo"),
        "CONVOCA_BASE_URL": f"http://localhost:{port}",
        "CONVOCA_MAIL_FROM": "Convoca <convoca@albufera.example>",
        "CONVOCA_LOG_LEVEL": "WARNING",
    }
    assert (tmp_path / "demo").is_dir()


def test_taken_port_says_what_to_do(tmp_path: Path):
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(SystemExit) as refusal:
            environment.set_up(["--port", str(port), "--dir", str(tmp_path)])
    assert f"Port {port} is taken" in str(refusal.value)
    assert f"El puerto {port} está ocupado" in str(refusal.value)
    assert f"convoca demo --port {port + 1}" in str(refusal.value)


def test_impossible_port_is_explained(tmp_path: Path):
    with pytest.raises(SystemExit, match="Cannot listen on"):
        environment.set_up(["--port", "70000", "--dir", str(tmp_path)])


def test_unusable_folder_is_explained(tmp_path: Path):
    (tmp_path / "file").write_text("")
    with pytest.raises(SystemExit, match="cannot be written"):
        environment.set_up(["--port", str(free_port()), "--dir", str(tmp_path / "file" / "demo")])


@pytest.mark.parametrize(
    ("host", "visible"),
    [("127.0.0.1", "localhost"), ("::1", "localhost"), ("192.0.2.7", "192.0.2.7")],
)
def test_address_printed_is_one_a_browser_reaches(host: str, visible: str):
    assert environment.visible_host(host) == visible
