"""A real installation: its own database, and processes of `convoca` that can be killed."""

from __future__ import annotations

import atexit
import os
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import urllib.request
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.parse import urlsplit
from uuid import uuid4

import psycopg

from tests.support import postgres
from tests.support.patience import PATIENCE, wait_until

ROOT = Path(__file__).parents[2]
PRELUDE = """
import django, json, sys
django.setup()
"""


@dataclass
class Installation:
    """One database and data folder, and the environment that points at them."""

    folder: Path
    smtp_url: str
    database_url: str = ""
    environment: dict[str, str] = field(default_factory=dict)
    processes: list[subprocess.Popen[bytes]] = field(default_factory=list)
    module: str = "convoca"  # what `start` runs; another one may change something first

    def __post_init__(self) -> None:
        clean = {name: value for name, value in os.environ.items() if "CONVOCA_" not in name}
        clean.pop("DJANGO_ALLOW_ASYNC_UNSAFE", None)
        self.environment = (
            clean
            | {
                "DJANGO_SETTINGS_MODULE": "convoca.settings",
                "CONVOCA_DATA_DIR": str(self.folder),
                "CONVOCA_DATABASE_URL": self.database_url,
                "CONVOCA_SECRET_KEY": "only-for-tests-" * 5,
                "CONVOCA_BASE_URL": "http://localhost:8000",
                "CONVOCA_MAIL_FROM": "convoca@cal.example",
                "CONVOCA_SMTP_URL": self.smtp_url,
            }
            | self.environment
        )

    def run(self, *arguments: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        """Run a command to its end."""
        return subprocess.run(
            [sys.executable, "-m", "convoca", *arguments],
            cwd=ROOT,
            env=self.environment,
            capture_output=True,
            text=True,
            check=check,
            timeout=5 * PATIENCE,
        )

    def python(self, code: str, *arguments: str) -> str:
        """Run Python with Django set up, in another process; return what it printed."""
        done = subprocess.run(
            [sys.executable, "-c", PRELUDE + code, *arguments],
            cwd=ROOT,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=5 * PATIENCE,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def start(self, *arguments: str, **environment: str) -> subprocess.Popen[bytes]:
        """Start a command that goes on, in a process of its own."""
        with (self.folder / f"{arguments[0]}.log").open("ab") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", self.module, *arguments],
                cwd=ROOT,
                env=self.environment | environment,
                stdout=subprocess.PIPE,
                stderr=log,
            )
        self.processes.append(process)
        return process

    def start_worker(self) -> subprocess.Popen[bytes]:
        """Start a worker and wait until it listens."""
        process = self.start("worker")
        assert process.stdout
        assert b"running" in process.stdout.readline(), self.log("worker")
        return process

    def start_web(self, command: str = "web") -> tuple[subprocess.Popen[bytes], str]:
        """Start a web server, wait until it answers; return its address too."""
        port = free_port()
        process = self.start(command, "--port", str(port))
        url = f"http://127.0.0.1:{port}"
        wait_until(lambda: is_well(url) or process.poll() is not None)
        assert process.poll() is None, self.log(command)
        return process, url

    def query(self, statement: str) -> list[tuple[Any, ...]]:
        """Ask the database from outside."""
        if self.database_url.startswith("postgres"):
            with psycopg.connect(self.database_url) as server:
                return server.execute(statement.encode()).fetchall()
        with closing(sqlite3.connect(self.folder / "convoca.sqlite3", timeout=20)) as file:
            return file.execute(statement).fetchall()

    def log(self, command: str) -> str:
        return (self.folder / f"{command}.log").read_text()

    def stop(self) -> None:
        for process in self.processes:
            if process.poll() is None:
                process.send_signal(signal.SIGKILL)
            process.wait(PATIENCE)
            if process.stdout:
                process.stdout.close()


@contextmanager
def installed(
    folder: Path, smtp_url: str, database: str = "sqlite", **environment: str
) -> Iterator[Installation]:
    """Give an installation with Alice's team; its processes end with the block.

    `database` is sqlite, postgres or the URL of a PostgreSQL server. The tables are made once and
    copied after that.
    """
    url = _copy_of(_prepared(database), folder, database)
    installation = Installation(folder, smtp_url, url, environment)
    try:
        yield installation
    finally:
        installation.stop()


@cache
def _prepared(database: str) -> str:
    """Return the URL of a database with tables and team that nobody else uses."""
    folder = Path(tempfile.mkdtemp(prefix="convoca-installation-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    is_file = database == "sqlite"
    url = f"sqlite:///{folder}/convoca.sqlite3" if is_file else _new_postgres(database)
    installation = Installation(folder, "smtp://127.0.0.1:9", url)
    installation.run("migrate", "--verbosity", "0")
    installation.run("create-team", "Acme", "--owner", "alice@acme.example", "--plan", "business")
    return url


def _copy_of(url: str, folder: Path, database: str) -> str:
    if url.startswith("sqlite"):
        with (
            closing(sqlite3.connect(url.removeprefix("sqlite:///"))) as source,
            closing(sqlite3.connect(folder / "convoca.sqlite3")) as target,
        ):
            source.backup(target)
        return f"sqlite:///{folder}/convoca.sqlite3"
    return _new_postgres(database, template=urlsplit(url).path.strip("/"))


@cache
def _postgres_server() -> str:
    given = os.environ.get("CONVOCA_TEST_DATABASE", "")
    return given if given.startswith("postgres") else postgres.launch()


def _new_postgres(database: str, template: str = "template1") -> str:
    """Return the URL of a new database, on a server that is started for this run if none is."""
    server = _postgres_server() if database == "postgres" else database
    name = f"convoca_{uuid4().hex[:12]}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
    parts = urlsplit(server)
    return f"postgres://{parts.netloc}/{name}?{parts.query}"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def is_open(port: int) -> bool:
    """Tell whether something listens there."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def is_well(url: str) -> bool:
    try:
        with urllib.request.urlopen(f"{url}/healthz", timeout=2) as answer:
            return bool(answer.status == 200)
    except (URLError, OSError):
        return False
