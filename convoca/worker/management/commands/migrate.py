"""`convoca migrate`: bring the database up to date; several machines may ask for it at once."""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.commands.migrate import Command as DjangosMigrate
from django.db import connections

LOCK = 7_205_759_403_792_793  # of PostgreSQL; any number that nothing else uses


class Command(DjangosMigrate):
    """Also makes the table of the cache, which Django leaves to another command."""

    def handle(self, *args: Any, **options: Any) -> None:
        with _alone(options["database"]):
            super().handle(*args, **options)
            if not options["plan"] and not options["check_unapplied"] and not options["app_label"]:
                call_command("createcachetable", database=options["database"], verbosity=0)


@contextmanager
def _alone(alias: str) -> Iterator[None]:
    """Hold a lock that other migrating processes wait for."""
    connection = connections[alias]
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_lock(%s)", [LOCK])
        try:
            yield
        finally:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(%s)", [LOCK])
    else:
        settings.DATA_DIR.mkdir(parents=True, exist_ok=True)
        with (settings.DATA_DIR / "migrate.lock").open("w") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield
