"""The web server: uvicorn in this process, with the sizes and timeouts of this installation."""

from __future__ import annotations

import gc
import logging
import signal
import socket
import sys
from argparse import ArgumentParser

import uvicorn
from django.conf import settings
from django.core.management.base import CommandError
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.urls import get_resolver

logger = logging.getLogger(__name__)

GRACE_SECONDS = 5  # for requests in flight when the server is asked to stop
TURN_SECONDS = 0.001  # how long one request computes before another that is ready gets its turn


def check_migrations() -> None:
    """Raise CommandError when the database is not what this version of the code expects."""
    executor = MigrationExecutor(connection)
    if executor.migration_plan(executor.loader.graph.leaf_nodes()):
        raise CommandError("The database is not up to date: run `convoca migrate` first.")


def load_all() -> None:
    """Load what stays until the end, pages and all, and let the garbage collector pass over it.

    Else the first mail or page waits for it, and the collector looks through all of it whenever
    thousands of rows are made: a fourth of the time that a large save takes.
    """
    assert get_resolver().url_patterns
    gc.collect()
    gc.freeze()


def add_arguments(parser: ArgumentParser) -> None:
    """Take where to listen."""
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on")
    parser.add_argument("--port", type=int, default=8000, help="port to listen on")


def listen(host: str, port: int) -> socket.socket:
    """Open the port; exit with a sentence when that cannot be done."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=2048)
    except (OSError, OverflowError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        sys.exit(f"The web server cannot listen on {host}, port {port}: {reason}.")


def run(listener: socket.socket) -> None:
    """Serve pages, API and the live bell until SIGTERM or Ctrl+C, then return or raise SystemExit.

    Uvicorn raises the signal it was stopped by once more at its end: that must not kill a process
    whose worker still has mails in flight.
    """
    sys.setswitchinterval(TURN_SECONDS)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: sys.exit(0))
    config = uvicorn.Config(
        "convoca.asgi:application",
        log_config=None,
        access_log=settings.DEBUG,
        proxy_headers=True,
        lifespan="on",
        server_header=False,
        timeout_graceful_shutdown=GRACE_SECONDS,
        timeout_keep_alive=30,
    )
    host, port = listener.getsockname()[:2]
    logger.info("Listening on %s, port %s", host, port)
    Server(config).run(sockets=[listener])


class Server(uvicorn.Server):
    """Has all pages at hand from the start; ends the live bells before it waits for requests."""

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        load_all()
        await super().startup(sockets)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        if hang_up := self.lifespan.state.get("hang_up"):
            hang_up()
        await super().shutdown(sockets)
