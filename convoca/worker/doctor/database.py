"""What the doctor says of the database: is it there, is it writable, can we read what it keeps."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from django.db import DatabaseError, connection, transaction
from django.db.migrations.executor import MigrationExecutor
from django.utils import timezone

from convoca.invitations import links
from convoca.invitations.models import Invitation
from convoca.mail import secrets
from convoca.mail.models import Delivery, Mailbox, Sender
from convoca.worker.doctor.findings import ERROR, OK, Finding
from convoca.worker.doctor.machine import network_kind
from convoca.worker.models import JobSlot

WORST_CLOCK = 60.0  # seconds

ABOUT = "CONVOCA_DATABASE_URL"


def check_place() -> Iterator[Finding]:
    """Warn of SQLite across a network: its locks do not hold there, and two machines spoil it."""
    path = _sqlite_file()
    if path is None:
        return
    if kind := network_kind(path):
        text = f"{path} lies in a network ({kind}), where SQLite's locks do not hold:"
        text += " move it to a disk of this machine, or use PostgreSQL."
        yield Finding(ERROR, ABOUT, text)


def check_answer() -> Iterator[Finding]:
    try:
        executor = MigrationExecutor(connection)
        waiting = executor.migration_plan(executor.loader.graph.leaf_nodes())
    except DatabaseError as error:
        text = f"The database does not answer: {_first_line(error)}"
        yield Finding(ERROR, ABOUT, f"{text} Check that it runs, and this variable.")
        return
    if waiting:
        text = f"{len(waiting)} migrations are waiting: run `convoca migrate`."
        yield Finding(ERROR, "Migrations", text)
    else:
        yield Finding(OK, "Database", f"{connection.display_name}, up to date.")


def check_writing() -> Iterator[Finding]:
    """Write one row and take it back."""
    try:
        with transaction.atomic():
            JobSlot.objects.create(job="doctor", slot=timezone.now().timestamp() * 1_000_000 // 1)
            transaction.set_rollback(True)
    except DatabaseError as error:
        text = f"Nothing can be written to it: {_first_line(error)}"
        yield Finding(ERROR, "Database", f"{text} {_remedy()}")


def check_clock() -> Iterator[Finding]:
    """Compare with the database's clock, which is another machine's when it is PostgreSQL."""
    if connection.vendor != "postgresql":
        return
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        theirs = cursor.fetchone()[0]
    difference = abs((theirs - timezone.now()).total_seconds())
    if difference > WORST_CLOCK:
        text = f"It differs by {difference:.0f} s from the database's: run a time service (NTP)."
        yield Finding(ERROR, "Clock", text)
    else:
        yield Finding(OK, "Clock", "It agrees with the database's.")


def check_secrets() -> Iterator[Finding]:
    """Try to read what is stored: a changed key must not be noticed only at the next mail."""
    about = "CONVOCA_SECRET_KEY"
    newest = Invitation.objects.filter(ended_at=None).order_by("-pk").first()
    if newest is not None and links.hash_of(links.token(newest)) != newest.token_hash:
        text = "It is another one than guests' links were made with, so those open no more:"
        yield Finding(ERROR, about, f"{text} put the former one back.")
        return
    try:
        for secret in _stored_secrets():
            secrets.decrypt(secret)
    except secrets.WrongKey as error:
        yield Finding(ERROR, about, str(error))
        return
    yield Finding(OK, about, "What is stored encrypted can be read.")


def _stored_secrets() -> Iterator[bytes]:
    """Yield the newest of each kind."""
    for rows, column in (
        (Sender.objects.exclude(smtp_password=b""), "smtp_password"),
        (Mailbox.objects.exclude(password=b""), "password"),
        (Delivery.objects.filter(kind=Delivery.Kind.POST).exclude(payload=b""), "payload"),
    ):
        yield from rows.order_by("-pk").values_list(column, flat=True)[:1]


def _sqlite_file() -> Path | None:
    name = str(connection.settings_dict["NAME"])
    is_file = connection.vendor == "sqlite" and ":memory:" not in name and "mode=memory" not in name
    return Path(name) if is_file else None


def _first_line(error: DatabaseError) -> str:
    lines = str(error).strip().splitlines() or [type(error).__name__]
    return lines[0].rstrip(".") + "."


def _remedy() -> str:
    path = _sqlite_file()
    if path is None:
        return "Is it a standby, or its disk full?"
    return f"Give {path} and its folder to this user, and see that the disk is not full."
