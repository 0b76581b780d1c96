"""The checks of `convoca doctor`: what is wrong with this installation, and what to do about it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from threading import Thread

from django.db import connections

from convoca.worker.doctor import address, database, machine, receiving, sending, work
from convoca.worker.doctor.findings import ERROR, OK, WARNING, Finding

__all__ = ["ERROR", "OK", "WARNING", "Finding", "examine"]

LONGEST = 30.0  # seconds for one check

Check = Callable[[], Iterator[Finding]]

ALONE: list[Check] = [
    machine.check_variables,
    machine.check_folders,
    machine.check_disk,
    machine.check_assets,
    machine.check_languages,
    machine.check_settings,
    address.check_address,
    address.check_reach,
    sending.check_mail_server,
    receiving.check_reply_domain,
    receiving.check_listener,
    receiving.check_provider,
    database.check_place,
]
WITH_DATABASE: list[Check] = [
    database.check_writing,
    database.check_clock,
    database.check_secrets,
    sending.check_system_address,
    sending.check_signing,
    sending.check_senders,
    work.check_worker,
    work.check_outbox,
    work.check_halts,
    work.check_inbox,
    work.check_mailboxes,
]


def examine(mail_to: str = "") -> Iterator[Finding]:
    """Yield what was found, check by check; a database that is away ends it early.

    At the end a test mail is sent to `mail_to`, if that is an address.
    """
    for check in ALONE:
        yield from _run(check)
    answer = _run(database.check_answer)
    yield from answer
    if any(finding.level == ERROR for finding in answer):
        return
    for check in WITH_DATABASE:
        yield from _run(check)
    if mail_to:
        yield from _run(partial(sending.send_test, mail_to), "Test mail")


def _run(check: Check, name: str = "") -> list[Finding]:
    """Return what one check finds; one that hangs or fails is a finding itself.

    It runs in a thread that is left behind at the limit: nothing else ends a wait inside of C, such
    as for a resolver or a folder on a server that is gone. What it had found by then counts.
    """
    name = name or check.__name__.removeprefix("check_").replace("_", " ").capitalize()
    found: list[Finding] = []
    thread = Thread(target=_examine, args=[check, name, found], daemon=True)
    thread.start()
    thread.join(LONGEST)
    if thread.is_alive():
        text = f"This could not be found out in {LONGEST:.0f} s."
        return [*found, Finding(ERROR, name, text)]
    return found


def _examine(check: Check, name: str, found: list[Finding]) -> None:
    try:
        for finding in check():
            found.append(finding)
    except Exception as error:
        words = " ".join(str(error).split())
        text = f"This could not be found out: {type(error).__name__}: {words}"
        found.append(Finding(ERROR, name, text))
    finally:
        connections.close_all()
