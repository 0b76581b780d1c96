"""Convoca as an operator runs it: real processes, a fresh database, one team with a token."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

CONVOCA = [sys.executable, "-m", "convoca"]
TICKS = os.sysconf("SC_CLK_TCK")


class Server:
    """A running installation, web server first, and the API of its owner."""

    def __init__(self, processes: list[subprocess.Popen[bytes]], api: httpx.Client) -> None:
        self._processes = processes
        self.api = api

    def create_event(self, guests: int, title: str, **fields: Any) -> tuple[str, float]:
        """Save an event with that many guests; return its id and the seconds of the answer."""
        body = {
            "title": title,
            "start": "2027-03-02T10:00",
            "end": "2027-03-02T11:00",
            "timezone": "Europe/Madrid",
            "location": "Sala Goya",
            "description": "<p>Repasamos el contrato <b>punto por punto</b>.</p>",
            "attendees": [
                {"email": f"guest{n}@guest.example", "first_name": "Guest", "last_name": str(n)}
                for n in range(guests)
            ],
        }
        started = time.perf_counter()
        answer = self.api.post("events", json=body | fields)
        seconds = time.perf_counter() - started
        answer.raise_for_status()
        return answer.json()["id"], seconds

    def cpu_seconds(self) -> float:
        """Return the processor time so far of what sends: the workers, or the one process."""
        return sum(map(_cpu_seconds, self._processes[1:] or self._processes))

    def peak_megabytes(self) -> list[float]:
        """Return the most memory that each process ever held."""
        return [_peak_megabytes(process) for process in self._processes]


def _cpu_seconds(process: subprocess.Popen[bytes]) -> float:
    fields = Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def _peak_megabytes(process: subprocess.Popen[bytes]) -> float:
    status = Path(f"/proc/{process.pid}/status").read_text()
    line = next(line for line in status.splitlines() if line.startswith("VmHWM"))
    return int(line.split()[1]) / 1024


@contextmanager
def serving(
    smtp_port: int, database_url: str = "", *, workers: int = 0, is_signing: bool = False
) -> Iterator[Server]:
    """Run Convoca on an empty database until the block ends.

    Without `workers` it is `convoca serve`, else `convoca web` and so many `convoca worker`.
    `is_signing` lets them sign each mail with an RSA-2048 and an Ed25519 key.
    """
    with tempfile.TemporaryDirectory(prefix="convoca-bench-") as folder:
        port = _free_port()
        environment = os.environ | {
            "CONVOCA_DATA_DIR": folder,
            "CONVOCA_DATABASE_URL": database_url,
            "CONVOCA_SECRET_KEY": "only-for-measuring-" * 4,
            "CONVOCA_SMTP_URL": f"smtp://127.0.0.1:{smtp_port}",
            "CONVOCA_MAIL_FROM": "convoca@cal.example",
            "CONVOCA_BASE_URL": f"http://127.0.0.1:{port}",
            "CONVOCA_LOG_LEVEL": "ERROR",
        }
        _run(environment, "migrate")
        owner = ["--owner", "ana@sender.example", "--plan", "business", "--language", "es"]
        made = json.loads(_run(environment, "create-team", "Bench", *owner))
        if is_signing:
            _run(environment, "dkim-key", "sender.example")
            _run(environment, "dkim-key", "sender.example", "--sign")
        commands = [["web" if workers else "serve", "--port", str(port)], *[["worker"]] * workers]
        processes = [
            subprocess.Popen([*CONVOCA, *words], env=environment, stdout=subprocess.DEVNULL)
            for words in commands
        ]
        api = httpx.Client(
            base_url=f"http://127.0.0.1:{port}/api/v1/",
            headers={"Authorization": f"Bearer {made['token']}"},
            timeout=600,
        )
        try:
            _wait(processes[0], api)
            yield Server(processes, api)
        finally:
            for process in processes:
                process.terminate()
            for process in processes:
                process.wait(60)


def _run(environment: dict[str, str], *words: str) -> str:
    done = subprocess.run(
        [*CONVOCA, *words], env=environment, check=True, capture_output=True, text=True
    )
    return done.stdout


def _wait(process: subprocess.Popen[bytes], api: httpx.Client) -> None:
    for _ in range(300):
        if process.poll() is not None:
            raise RuntimeError("convoca serve ended at once")
        try:
            api.get("me").raise_for_status()
            return
        except httpx.TransportError:
            time.sleep(0.1)
    raise RuntimeError("convoca serve does not answer")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
