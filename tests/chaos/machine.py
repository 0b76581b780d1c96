"""The machine below Convoca: its processes, disk, database and clock, and all that befalls them."""

from __future__ import annotations

import random
import resource
import select
import signal
import sqlite3
import subprocess
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import psycopg

from tests.chaos.mailserver import IllServer
from tests.chaos.shifted import CLOCK
from tests.support.installation import Installation, free_port, is_well, wait_until
from tests.support.postgres import Cluster

WORKERS = 2
CONNECTIONS = 2  # of each worker, as by default
DISK = "32m"
PATIENCE = 180.0  # seconds; the machine may be busy with other things
FATES = {"worker": 8, "web": 2, "database": 2, "disk": 1, "clock": 2, "network": 1}
JUMPS = [-86_400, -3_600, -30, 30, 660, 3_600, 7_200]  # seconds; 660 is longer than a lease


@dataclass
class Machine:
    """Keeps one web server and two workers alive, as an operator's supervisor does."""

    there: Installation
    cluster: Cluster | None
    mail: IllServer
    dice: random.Random
    fates: Counter[str] = field(default_factory=Counter)
    in_flight: int = 0  # connections that were open when their worker was killed, at most
    port: int = field(default_factory=free_port)

    def __post_init__(self) -> None:
        self.there.module = "tests.chaos.shifted"
        self.there.environment[CLOCK] = str(self._clock)
        self._tune(0)
        self.web = self._start_web()
        self.workers = [self.there.start("worker") for _ in range(WORKERS)]

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def allowed(self) -> int:
        """How many mails may be in flight, one for each open connection, when something dies."""
        return self.in_flight + WORKERS * CONNECTIONS * self.fates["disk"]

    def strike(self) -> None:
        """Let one thing happen, by the dice."""
        names = [name for name in FATES if name != "database" or self.cluster]
        (fate,) = self.dice.choices(names, [FATES[name] for name in names])
        pause = self.dice.random()
        self.stand_up_again()
        if fate == "worker":
            self._kill_worker(pause)
            return
        time.sleep(pause / 2)
        if fate == "web":
            self._kill(self.web)
        elif fate == "database" and self.cluster:
            self.cluster.crash()
        elif fate == "disk":
            with self._full_disk():
                time.sleep(0.5 + pause)
        elif fate == "clock":
            self._tune(self.dice.choice(JUMPS))
        elif fate == "network":
            self.mail.shut()
            time.sleep(pause)
            self.mail.heal()
        self.fates[fate] += 1

    def stand_up_again(self) -> None:
        """Start what is dead, killed or ended by itself."""
        if self.web.poll() is not None:
            self.fates["web ended"] += self.web.returncode != -signal.SIGKILL
            self.web = self._start_web()
        for at, worker in enumerate(self.workers):
            if worker.poll() is not None:
                self.fates["worker ended"] += worker.returncode != -signal.SIGKILL
                self.workers[at] = self.there.start("worker")

    def heal(self) -> None:
        """End all troubles; ten minutes pass, and fresh processes start."""
        self._tune(0)
        for worker in self.workers:
            self._kill_worker_now(worker)
        self.hurry()  # also the claims of the dead have run out now
        self.stand_up_again()
        wait_until(lambda: is_well(self.url), PATIENCE)

    def hurry(self, condition: str = "due_at IS NOT NULL") -> None:
        """Let the time of waiting pass for what is to be tried again."""
        self.execute(
            f"UPDATE mail_delivery SET due_at = '2026-01-01 00:00:00+00' WHERE {condition}"
        )

    def execute(self, statement: str) -> None:
        if self.cluster:
            with psycopg.connect(self.there.database_url) as server:
                server.execute(statement.encode())
            return
        path = self.there.folder / "convoca.sqlite3"
        with closing(sqlite3.connect(path, timeout=60)) as file, file:
            file.execute(statement)

    def _kill_worker(self, pause: float) -> None:
        """Kill a worker some moments after it says that it works, in the middle of what it does."""
        worker = self.dice.choice(self.workers)
        select.select([worker.stdout], [], [], PATIENCE)
        time.sleep(pause)
        self._kill_worker_now(worker)
        self.stand_up_again()

    def _kill_worker_now(self, worker: subprocess.Popen[bytes]) -> None:
        if worker.poll() is None:
            worker.send_signal(signal.SIGSTOP)  # so that nothing begins while they are counted
            time.sleep(0.02)
            self.in_flight += min(CONNECTIONS, self.mail.open_connections)
            self.fates["worker"] += 1
        self._kill(worker)

    def _kill(self, process: subprocess.Popen[bytes]) -> None:
        process.send_signal(signal.SIGKILL)
        process.wait(PATIENCE)
        if process.stdout:
            process.stdout.close()

    def _start_web(self) -> subprocess.Popen[bytes]:
        return self.there.start("web", "--port", str(self.port))

    @contextmanager
    def _full_disk(self) -> Iterator[None]:
        """Let nothing more be written: no room in the data folder, or else a limit on files."""
        ballast = self.there.folder / "ballast"
        if not ballast.parent.is_mount():
            with self._limited_files():
                yield
            return
        with suppress(OSError), ballast.open("wb", buffering=0) as file:
            while True:
                file.write(b"x" * 65_536) or file.write(b"x")
        try:
            yield
        finally:
            ballast.unlink()

    @contextmanager
    def _limited_files(self) -> Iterator[None]:
        """Without root: every write beyond the first byte of a file fails (EFBIG)."""
        pids = [process.pid for process in [self.web, *self.workers] if process.poll() is None]
        before = resource.getrlimit(resource.RLIMIT_FSIZE)
        for pid in pids:
            resource.prlimit(pid, resource.RLIMIT_FSIZE, (1, before[1]))
        try:
            yield
        finally:
            for pid in pids:
                with suppress(ProcessLookupError):
                    resource.prlimit(pid, resource.RLIMIT_FSIZE, before)

    def _tune(self, seconds: int) -> None:
        new = self._clock.with_suffix(".new")
        new.write_text(str(seconds))
        new.rename(self._clock)

    @property
    def _clock(self) -> Path:
        return self.there.folder.parent / f"{self.there.folder.name}.clock"


@contextmanager
def small_disk(folder: Path) -> Iterator[None]:
    """Mount a small disk on the folder, where that is allowed."""
    mount = ["mount", "-t", "tmpfs", "-o", f"size={DISK},mode=700", "chaos", str(folder)]
    with suppress(OSError):
        subprocess.run(mount, capture_output=True)
    try:
        yield
    finally:
        if folder.is_mount():
            subprocess.run(["umount", "-l", str(folder)], check=True)
