"""One machine below Convoca: its folder and clock, its web server and workers, kept alive."""

from __future__ import annotations

import shutil
import signal
import subprocess
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from tests.chaos.shifted import CLOCK
from tests.support.installation import Installation, free_port

PATIENCE = 180.0  # seconds; the machine may be busy with other things

Process = subprocess.Popen[bytes]


@dataclass
class Machine:
    """Keeps its processes alive, as an operator's supervisor does; the first worker takes replies.

    What it knows that the database does not lies in its own folder.
    """

    there: Installation
    worker_count: int
    fates: Counter[str]
    port: int = field(default_factory=free_port)
    lmtp_port: int = field(default_factory=free_port)

    def __post_init__(self) -> None:
        self.there.module = "tests.chaos.shifted"
        self.there.environment[CLOCK] = str(self._clock)
        self.set_clock(0)
        self.web = self._start_web()
        self.workers = [self._start_worker(number) for number in range(self.worker_count)]

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def processes(self) -> list[Process]:
        return [self.web, *self.workers]

    @property
    def leases(self) -> list[str]:
        """The leases under which its workers, living or dead, have sent what is not settled."""
        return [path.name for path in self.there.folder.glob("journal/*")]

    def stand_up_again(self) -> None:
        """Start what is dead, killed or ended by itself."""
        if self.web.poll() is not None:
            self.fates["web ended"] += self.web.returncode != -signal.SIGKILL
            self.web = self._start_web()
        for number, worker in enumerate(self.workers):
            if worker.poll() is not None:
                self.fates["worker ended"] += worker.returncode != -signal.SIGKILL
                self.workers[number] = self._start_worker(number)

    def freeze(self) -> None:
        """Let nothing begin any more while somebody counts; only a kill comes after this."""
        for process in self.processes:
            if process.poll() is None:
                process.send_signal(signal.SIGSTOP)
        time.sleep(0.02)

    def lose(self) -> None:
        """Let it burn down with all that lay in its folder; another takes its place."""
        for process in self.processes:
            kill(process)
        shutil.rmtree(self.there.folder / "journal", ignore_errors=True)
        self.stand_up_again()

    def set_clock(self, seconds: int) -> None:
        new = self._clock.with_suffix(".new")
        new.write_text(str(seconds))
        new.rename(self._clock)

    def _start_web(self) -> Process:
        return self.there.start("web", "--port", str(self.port))

    def _start_worker(self, number: int) -> Process:
        listen = {} if number else {"CONVOCA_LMTP_LISTEN": f"127.0.0.1:{self.lmtp_port}"}
        return self.there.start("worker", **listen)

    @property
    def _clock(self) -> Path:
        return self.there.folder.parent / f"{self.there.folder.name}.clock"


def kill(process: Process) -> None:
    process.send_signal(signal.SIGKILL)
    process.wait(PATIENCE)
    if process.stdout:
        process.stdout.close()
