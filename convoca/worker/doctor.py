"""The checks of `convoca doctor`: what is wrong with this installation, and what to do about it."""

from __future__ import annotations

import datetime as dt
import os
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from email.utils import parseaddr
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.staticfiles import finders
from django.core.checks import run_checks
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.utils import timezone

from convoca.environment import Environment
from convoca.mail import pausing, preflight, secrets, signing, watching
from convoca.mail.line import Line, Unusable
from convoca.mail.models import Delivery, DkimKey, InboundMessage, Mailbox, Sender
from convoca.mail.servers import system_server
from convoca.standards.imip.dkim import BadKey
from convoca.standards.imip.sender_policy import NoAnswer

LOW_DISK = 500 * 1024 * 1024
MOST_NAMED = 10
WORST_CLOCK = 60.0  # seconds


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the doctor's report."""

    level: str  # OK, WARNING or ERROR
    about: str
    text: str


def examine() -> Iterator[Finding]:
    """Yield what was found, check by check; a database that is away ends it early."""
    yield from check_variables()
    yield from check_address()
    yield from check_data_dir()
    yield from check_mail_server()
    yield from check_assets()
    is_database_there = True
    for finding in check_database():
        is_database_there = is_database_there and finding.level != "ERROR"
        yield finding
    if is_database_there:
        yield from check_clock()
        yield from check_secrets()
        yield from check_signing()
        yield from check_outbox()
        yield from check_inbox()
        yield from check_mailboxes()
    yield from check_settings()


def check_variables() -> Iterator[Finding]:
    known = {f"CONVOCA_{name.upper()}" for name in Environment.model_fields}
    known |= {"CONVOCA_TEST_DATABASE", "CONVOCA_TEST_DIR"}
    unknown = sorted(name for name in os.environ if name.startswith("CONVOCA_"))
    for name in unknown:
        if name not in known:
            yield Finding("WARNING", name, "There is no such variable; is it misspelt?")
    yield Finding("OK", "Variables", "All CONVOCA_ variables can be read.")


def check_address() -> Iterator[Finding]:
    parts = urlsplit(settings.BASE_URL)
    is_local = parts.hostname in {"localhost", "127.0.0.1", "::1"}
    if parts.scheme != "https" and not is_local:
        text = "Passwords travel unencrypted: put a proxy with a certificate in front, write https."
        yield Finding("WARNING", "CONVOCA_BASE_URL", text)
    elif is_local:
        text = f"{settings.BASE_URL} is this machine: guests elsewhere cannot open its links."
        yield Finding("WARNING", "CONVOCA_BASE_URL", text)
    else:
        yield Finding("OK", "CONVOCA_BASE_URL", settings.BASE_URL)
    if settings.DEBUG:
        text = "Debugging shows strangers what is inside; remove it from a real installation."
        yield Finding("WARNING", "CONVOCA_DEBUG", text)


def check_data_dir() -> Iterator[Finding]:
    try:
        settings.DATA_DIR.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=settings.DATA_DIR) as file:
            file.write(b"x")
    except OSError as error:
        text = f"{settings.DATA_DIR} cannot be written ({error.strerror}): give it to this user."
        yield Finding("ERROR", "CONVOCA_DATA_DIR", text)
        return
    if shutil.disk_usage(settings.DATA_DIR).free < LOW_DISK:
        text = f"Less than 500 MB are free in {settings.DATA_DIR}."
        yield Finding("WARNING", "CONVOCA_DATA_DIR", text)
    if settings.DATA_DIR.stat().st_mode & 0o007:
        text = f"Everybody on this machine may look into it: chmod 750 {settings.DATA_DIR}"
        yield Finding("WARNING", "CONVOCA_DATA_DIR", text)
    yield Finding("OK", "CONVOCA_DATA_DIR", f"{settings.DATA_DIR} can be written.")


def check_database() -> Iterator[Finding]:
    try:
        executor = MigrationExecutor(connection)
        waiting = executor.migration_plan(executor.loader.graph.leaf_nodes())
    except DatabaseError as error:
        words = str(error).strip().splitlines() or [type(error).__name__]
        text = f"The database does not answer: {words[0]}"
        yield Finding("ERROR", "CONVOCA_DATABASE_URL", text)
        return
    if waiting:
        text = f"{len(waiting)} migrations are waiting: run `convoca migrate`."
        yield Finding("ERROR", "Migrations", text)
    else:
        yield Finding("OK", "Database", f"{connection.display_name}, up to date.")


def check_clock() -> Iterator[Finding]:
    """Compare with the database's clock, which is another machine's when it is PostgreSQL."""
    if connection.vendor != "postgresql":
        return
    with connection.cursor() as cursor:
        cursor.execute("SELECT now()")
        theirs = cursor.fetchone()[0]
    difference = abs((theirs - timezone.now()).total_seconds())
    if difference > WORST_CLOCK:
        text = f"It differs by {difference:.0f} s from the database's: run a time service (NTP)."
        yield Finding("ERROR", "Clock", text)
    else:
        yield Finding("OK", "Clock", "It agrees with the database's.")


def check_mail_server() -> Iterator[Finding]:
    """Sign in and ask to send from the system's address; nothing is sent."""
    server = system_server()
    try:
        with Line.open(server, seconds=20) as line:
            line.ask_sender(parseaddr(settings.DEFAULT_FROM_EMAIL)[1])
    except Unusable as error:
        is_address = error.reason == Delivery.Reason.SENDER
        about = "CONVOCA_MAIL_FROM" if is_address else "CONVOCA_SMTP_URL"
        yield Finding("ERROR", about, f"{Delivery.Reason(error.reason).label} {error}")
        return
    if server.security == "none" and server.host not in {"localhost", "127.0.0.1", "::1"}:
        text = "Mails leave unencrypted: write smtp+starttls:// or smtps://."
        yield Finding("WARNING", "CONVOCA_SMTP_URL", text)
    yield Finding("OK", "CONVOCA_SMTP_URL", f"{server} takes mails from us.")


def check_secrets() -> Iterator[Finding]:
    """Try to read one stored password: a changed key must not be noticed only at the next mail."""
    stored = Sender.objects.exclude(smtp_password=b"").values_list("smtp_password", flat=True)
    connected = Mailbox.objects.exclude(password=b"").values_list("password", flat=True)
    try:
        for password in [*stored[:1], *connected[:1]]:
            secrets.decrypt(password)
    except secrets.WrongKey as error:
        yield Finding("ERROR", "CONVOCA_SECRET_KEY", str(error))
        return
    yield Finding("OK", "CONVOCA_SECRET_KEY", "What is stored encrypted can be read.")


def check_signing() -> Iterator[Finding]:
    """Name the record of each DKIM key, and what is wrong with what the world can see of it."""
    lookup = preflight.ask_dns(preflight.LONGEST)
    for row in DkimKey.objects.filter(ended_at=None):
        try:
            name, text = signing.load(row).record
        except (secrets.WrongKey, BadKey) as error:
            yield Finding("ERROR", str(row), f"{error} Until then its mails leave unsigned.")
            continue
        publish = f'Publish it: {name}. IN TXT "{text}"'
        try:
            is_published = text in lookup(name, "TXT")
        except NoAnswer:
            yield Finding("WARNING", str(row), f"DNS did not answer. {publish}")
            continue
        if not is_published:
            level = "ERROR" if row.signs_from else "WARNING"
            yield Finding(level, str(row), f"DNS has no such record. {publish}")
        elif not row.signs_from:
            ready = f"Published; sign with it: convoca dkim-key {row.domain} --sign"
            yield Finding("OK", str(row), ready)
        else:
            yield Finding("OK", str(row), f"Mails of {row.domain} are signed.")


def check_outbox() -> Iterator[Finding]:
    if halt := pausing.paused():
        why = f" ({halt.words})" if halt.words else ""
        due = Delivery.objects.filter(due_at__lte=timezone.now(), lease="").count()
        text = f"Paused since {halt.since:%Y-%m-%d %H:%M} UTC{why}; waiting: {due}. "
        yield Finding("WARNING", "Mails", text + "They leave with `convoca resume-mail`.")
        return
    late = timezone.now() - dt.timedelta(minutes=5)
    waiting = Delivery.objects.filter(due_at__lt=late).count()
    if waiting:
        text = f"{waiting} mails have been due for over five minutes: is `convoca worker` running?"
        yield Finding("WARNING", "Worker", text)


def check_inbox() -> Iterator[Finding]:
    """Point at replies that come back without being understood, and at half a reply domain."""
    failing = InboundMessage.objects.filter(due_at__isnull=False, attempts__gte=3).count()
    if failing:
        text = f"{failing} incoming mails failed again and again; the worker's log says why."
        yield Finding("WARNING", "Incoming mail", text)
    if settings.LMTP_LISTEN and not settings.REPLY_DOMAIN:
        text = "Without CONVOCA_REPLY_DOMAIN nothing listens there."
        yield Finding("WARNING", "CONVOCA_LMTP_LISTEN", text)


def check_mailboxes() -> Iterator[Finding]:
    """Name connected mailboxes whose answers nobody reads, the first few."""
    failing = watching.failing()
    for mailbox in failing[:MOST_NAMED]:
        reason = Mailbox.Reason(mailbox.reason).label
        until = f"since {mailbox.failing_since:%Y-%m-%d %H:%M} UTC"
        tries = "given up, its owner has been told" if mailbox.stopped_at else "tried again"
        text = f"{mailbox.sender.email}: {reason} ({until}; {tries}) {mailbox.last_error}"
        yield Finding("WARNING", "Mailboxes", text.strip())
    if len(failing) > MOST_NAMED:
        yield Finding("WARNING", "Mailboxes", f"{len(failing) - MOST_NAMED} more cannot be read.")
    if late := watching.overdue(timezone.now()):
        text = f"{late} should have been looked at 15 minutes ago: run `convoca worker`, or more."
        yield Finding("WARNING", "Mailboxes", text)


def check_assets() -> Iterator[Finding]:
    if finders.find("dist/app.js") is None:
        text = "Scripts and styles are not built: install the package again, or run `./dev assets`."
        yield Finding("ERROR", "Front end", text)
    else:
        yield Finding("OK", "Front end", "Scripts and styles are built.")


def check_settings() -> Iterator[Finding]:
    """Pass on what Django's own check for real installations says."""
    for message in run_checks(
        include_deployment_checks=urlsplit(settings.BASE_URL).scheme == "https"
    ):
        if message.is_silenced():
            continue
        level = "ERROR" if message.is_serious() else "WARNING"
        yield Finding(level, "Settings", f"{message.msg} ({message.id})")
