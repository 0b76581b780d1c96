"""What the doctor reports, and how long it may take to find out."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

OK, WARNING, ERROR = "OK", "WARNING", "ERROR"


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the doctor's report."""

    level: str  # OK, WARNING or ERROR
    about: str
    text: str


class TookTooLong(BaseException):
    """A check was cut off; no `except Exception` on the way may keep it going."""


@contextmanager
def within(seconds: float) -> Iterator[None]:
    """Cut the block off after so many seconds. Raises TookTooLong.

    By a signal, which reaches a wait for a network or a database too; only the main thread has
    these, elsewhere there is no limit.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGALRM, _cut_off)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def _cut_off(*_signal: Any) -> None:
    raise TookTooLong
