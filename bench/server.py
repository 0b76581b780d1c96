"""Convoca as an operator runs it: real processes, a fresh database, one team with a token."""

from __future__ import annotations

import json
import os
import socket
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import psycopg

CONVOCA = [sys.executable, "-m", "convoca"]
TICKS = os.sysconf("SC_CLK_TCK")
REPLY_DOMAIN = "reply.cal.example"


@dataclass(frozen=True, slots=True, kw_only=True)
class Setup:
    """Which processes run on which database.

    Without `workers` it is `convoca serve`, else `convoca web` and so many `convoca worker`.
    `is_signing` lets them sign each mail with an RSA-2048 and an Ed25519 key, `is_listening`
    lets one of them take replies over LMTP.
    """

    smtp_port: int
    database_url: str = ""
    workers: int = 0
    is_signing: bool = False
    is_listening: bool = False


class Server:
    """A running installation, web server first, and the API of its owner."""

    def __init__(
        self,
        processes: list[subprocess.Popen[bytes]],
        api: httpx.Client,
        connect: Callable[[], Any],
        lmtp_port: int,
    ) -> None:
        self._processes = processes
        self.api = api
        self.connect = connect  # to the database, from outside
        self.lmtp_port = lmtp_port

    def create_event(self, guests: int, title: str, **fields: Any) -> tuple[str, float]:
        """Save an event with that many guests; return its id and the seconds of the answer."""
        return self.request("POST", "events", an_event(guests, title) | fields)

    def request(self, method: str, path: str, body: Any = None) -> tuple[str, float]:
        """Return the id in the answer, and the seconds it took."""
        content = json.dumps(body)
        started = time.perf_counter()
        answer = self.api.request(method, path, content=content)
        seconds = time.perf_counter() - started
        answer.raise_for_status()
        return answer.json()["id"], seconds

    def ask(self, query: str) -> list[tuple[Any, ...]]:
        """Return what the database answers."""
        with closing(self.connect()) as connection:
            rows: list[tuple[Any, ...]] = connection.execute(query).fetchall()
        return rows

    def cpu_seconds(self) -> float:
        """Return the processor time so far of what sends: the workers, or the one process."""
        return sum(map(_cpu_seconds, self._processes[1:] or self._processes))

    def forget_peaks(self) -> None:
        """Let `peak_megabytes` tell of what comes."""
        for process in self._processes:
            Path(f"/proc/{process.pid}/clear_refs").write_text("5")

    def peak_megabytes(self) -> list[float]:
        """Return the most memory that each process has held since its peak was forgotten."""
        return [_peak_megabytes(process) for process in self._processes]


def an_event(guests: int, title: str) -> dict[str, Any]:
    """Return what is posted: an ordinary meeting."""
    return {
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


def _cpu_seconds(process: subprocess.Popen[bytes]) -> float:
    fields = Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def _peak_megabytes(process: subprocess.Popen[bytes]) -> float:
    status = Path(f"/proc/{process.pid}/status").read_text()
    line = next(line for line in status.splitlines() if line.startswith("VmHWM"))
    return int(line.split()[1]) / 1024


@contextmanager
def serving(setup: Setup) -> Iterator[Server]:
    """Run Convoca on an empty database until the block ends."""
    with tempfile.TemporaryDirectory(prefix="convoca-bench-") as folder:
        port, lmtp_port = _free_port(), _free_port()
        environment = _environment(setup, folder, port)
        _run(environment, "migrate")
        owner = ["--owner", "ana@sender.example", "--plan", "business", "--language", "es"]
        made = json.loads(_run(environment, "create-team", "Bench", *owner))
        if setup.is_signing:
            _run(environment, "dkim-key", "sender.example")
            _run(environment, "dkim-key", "sender.example", "--sign")
        listening = {"CONVOCA_LMTP_LISTEN": f"127.0.0.1:{lmtp_port}"} if setup.is_listening else {}
        web = ["web" if setup.workers else "serve", "--port", str(port)]
        commands = [web, *[["worker"]] * setup.workers]
        takes_mail = [number == bool(setup.workers) for number in range(len(commands))]
        processes = [
            subprocess.Popen(
                [*CONVOCA, *words],
                env=environment | (listening if is_door else {}),
                stdout=subprocess.DEVNULL,
            )
            for words, is_door in zip(commands, takes_mail, strict=True)
        ]
        api = httpx.Client(
            base_url=f"http://127.0.0.1:{port}/api/v1/",
            headers={"Authorization": f"Bearer {made['token']}"},
            timeout=600,
        )
        try:
            _wait(processes[0], api)
            yield Server(processes, api, _connecting(setup, folder), lmtp_port)
        finally:
            for process in processes:
                process.terminate()
            for process in processes:
                process.wait(60)


def _environment(setup: Setup, folder: str, port: int) -> dict[str, str]:
    return os.environ | {
        "CONVOCA_DATA_DIR": folder,
        "CONVOCA_DATABASE_URL": setup.database_url,
        "CONVOCA_SECRET_KEY": "only-for-measuring-" * 4,
        "CONVOCA_SMTP_URL": f"smtp://127.0.0.1:{setup.smtp_port}",
        "CONVOCA_MAIL_FROM": "convoca@cal.example",
        "CONVOCA_REPLY_DOMAIN": REPLY_DOMAIN if setup.is_listening else "",
        "CONVOCA_BASE_URL": f"http://127.0.0.1:{port}",
        "CONVOCA_LOG_LEVEL": "ERROR",
    }


def _connecting(setup: Setup, folder: str) -> Callable[[], Any]:
    """Return how the database is looked at from outside."""
    if setup.database_url:
        return lambda: psycopg.connect(setup.database_url, autocommit=True)
    return lambda: sqlite3.connect(Path(folder) / "convoca.sqlite3")


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
