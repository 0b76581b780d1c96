"""Where the demo lives: its own CONVOCA_* variables, set before Django reads its settings."""

from __future__ import annotations

import argparse
import errno
import os
import socket
import sys
from pathlib import Path

LOOPBACK = {"127.0.0.1", "localhost", "::1"}
WILDCARDS = {"0.0.0.0", "::", ""}  # noqa: S104 (recognised, never chosen)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of `convoca demo`."""
    parser.add_argument("--port", type=int, default=8000, help="port of the pages (8000)")
    parser.add_argument(
        "--dir", type=Path, default=Path("var/demo"), help="folder of the demo's data (var/demo)"
    )
    parser.add_argument(
        "--host", default="127.0.0.1", help="address to listen on (only this machine: 127.0.0.1)"
    )


def set_up(arguments: list[str]) -> None:
    """Point every CONVOCA_* variable at the demo that `arguments` ask for.

    Variables set for a real installation are dropped, so that the demo never writes to its data
    or speaks to its mail server. Ends the program when the port is taken or the folder unusable.
    """
    parser = argparse.ArgumentParser(prog="convoca demo")
    add_arguments(parser)
    options, _ = parser.parse_known_args(arguments)
    _check_port(options.host, options.port)
    _make_folder(options.dir)
    log_level = os.environ.get("CONVOCA_LOG_LEVEL", "WARNING")
    for name in [name for name in os.environ if name.startswith("CONVOCA_")]:
        del os.environ[name]
    os.environ |= {
        "CONVOCA_DEMO": "1",
        "CONVOCA_DATA_DIR": str(options.dir),
        "CONVOCA_BASE_URL": f"http://{visible_host(options.host)}:{options.port}",
        "CONVOCA_SMTP_URL": f"smtp://127.0.0.1:{free_port()}",
        "CONVOCA_MAIL_FROM": "Convoca <convoca@albufera.example>",
        "CONVOCA_LOG_LEVEL": log_level,
    }


def _check_port(host: str, port: int) -> None:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        with socket.socket(family) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((host, port))
    except (OSError, OverflowError) as error:
        sys.exit(_explain(error, host, port))


def _explain(error: OSError | OverflowError, host: str, port: int) -> str:
    match getattr(error, "errno", None):
        case errno.EADDRINUSE:
            return (
                f"El puerto {port} está ocupado: para lo que lo usa o elige otro.\n"
                f"Port {port} is taken: stop what uses it, or choose another one:\n\n"
                f"    convoca demo --port {port + 1}"
            )
        case errno.EACCES:
            return (
                f"El puerto {port} está reservado al administrador; elige uno a partir de 1024.\n"
                f"Port {port} is reserved for the administrator; choose one from 1024 up."
            )
    return (
        f"No se puede escuchar en {host}, puerto {port}: {error}.\n"
        f"Cannot listen on {host}, port {port}; --host must be an address of this machine."
    )


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        reason = error.strerror
        sys.exit(
            f"No se puede escribir en la carpeta {folder} ({reason}); elige otra con --dir.\n"
            f"The folder {folder} cannot be written ({reason}); choose another one with --dir."
        )


def visible_host(host: str) -> str:
    """Return the name under which browsers reach a server listening on `host`."""
    if host in LOOPBACK:
        return "localhost"
    if host in WILDCARDS:
        return _own_address()
    return f"[{host}]" if ":" in host else host


def _own_address() -> str:
    """Return this machine's address in its network; connecting a datagram socket sends nothing."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))
        except OSError:
            return "localhost"
        return str(probe.getsockname()[0])


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
