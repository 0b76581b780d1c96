"""What a worker has just handed over, kept in a file: a killed worker's knowledge survives it."""

from __future__ import annotations

import datetime as dt
import errno
import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from django.conf import settings

from convoca.mail import outbox
from convoca.mail.models import Delivery
from convoca.mail.transit import Outcome


class Journal:
    """The lines of one lease, appended one by one before the next mail leaves.

    The operating system keeps what was written when the process is killed, so nothing is flushed
    to the disk here. The file is locked while its worker lives.
    """

    def __init__(self, descriptor: int):
        self._descriptor = descriptor

    def hand(self, delivery_id: int) -> None:
        """Note that this mail is about to be handed to a server. Raises OSError."""
        self._append(b"%d\n" % delivery_id)

    def note(self, outcome: Outcome) -> None:
        """Note what the server said. Raises OSError."""
        values = [one.isoformat() if one is outcome.at else one for one in outcome]
        self._append(json.dumps(values).encode() + b"\n")

    def _append(self, line: bytes) -> None:
        """Write a line, or end the batch: half a line would spoil the one after it."""
        if os.write(self._descriptor, line) < len(line):
            raise OSError(errno.ENOSPC, "The disk has no room for a whole line of the journal.")


@contextmanager
def journal(lease: str) -> Iterator[Journal]:
    """Keep a journal while the block sends what `lease` holds; it is gone afterwards.

    When the block raises, the file stays for `recover`.
    """
    folder = _folder()
    hidden, path = folder / f".{lease}", folder / lease
    descriptor = os.open(hidden, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        hidden.rename(path)  # only now can others see it, and it is locked
        yield Journal(descriptor)
        path.unlink()
    finally:
        os.close(descriptor)


def living() -> set[str]:
    """Return the leases that workers of this machine are sending just now, however late it is.

    A clock that was set forward ends leases early; what their workers hold is not to be taken.
    """
    found = set()
    for path in _folder().iterdir():
        with suppress(FileNotFoundError), path.open("rb") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:
                found.add(path.name.removeprefix("."))
    return found


def recover() -> list[Delivery]:
    """Settle what killed workers of this machine left behind; return what failed for good.

    What a server accepted is written down, what was never handed over falls due at once.
    """
    failed = []
    for path in _folder().iterdir():
        # Locked: its worker lives. Gone: it has just finished.
        with suppress(BlockingIOError, FileNotFoundError), path.open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if path.name.startswith("."):
                _forget_if_old(path)
            else:
                failed += _settle(path.name, file.read())
                path.unlink(missing_ok=True)
    return failed


def _settle(lease: str, lines: bytes) -> list[Delivery]:
    handed, outcomes = _read(lines)
    failed = outbox.complete(lease, outcomes)
    outbox.release(lease, doubtful=handed)
    return failed


def _read(lines: bytes) -> tuple[set[int], list[Outcome]]:
    """Return what was handed over without an answer, and every answer."""
    handed: set[int] = set()
    outcomes = []
    for line in lines.split(b"\n")[:-1]:  # a line cut off by the kill was never finished
        try:
            entry = json.loads(line)
            outcome = None if isinstance(entry, int) else _outcome(entry)
        except (ValueError, TypeError):  # a hole that a power cut left, or another version's words
            continue
        if outcome is None:
            handed.add(entry)
        else:
            outcomes.append(outcome)
            handed.discard(outcome.delivery_id)
    return handed, outcomes


def _outcome(entry: list[Any]) -> Outcome:
    found = Outcome(*entry)
    at, status = dt.datetime.fromisoformat(entry[3]), Delivery.Status(found.status)
    return found._replace(at=at, status=status)


def _forget_if_old(path: Path) -> None:
    """A hidden file is a journal whose worker was killed before it claimed anything."""
    if dt.datetime.now().timestamp() - path.stat().st_mtime > 3600:  # noqa: DTZ005
        path.unlink(missing_ok=True)


def _folder() -> Path:
    folder: Path = settings.DATA_DIR / "journal"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    return folder
