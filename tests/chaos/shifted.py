"""Convoca as a program whose clock is wrong by as many seconds as a file says: `... worker`.

Everything in Convoca that asks for the time asks `django.utils.timezone.now`. That alone is
shifted: what measures how long something takes goes on, as it does when a real clock is set.
"""

from __future__ import annotations

import datetime as dt
import os
from pathlib import Path

from django.utils import timezone

from convoca.__main__ import main

CLOCK = "CHAOS_CLOCK"


def offset(path: Path) -> dt.timedelta:
    try:
        return dt.timedelta(seconds=float(path.read_text() or 0))
    except (OSError, ValueError):  # being written just now
        return dt.timedelta()


def shift(path: Path) -> None:
    """Let `timezone.now` tell the time that the file wants."""
    true_now = timezone.now
    timezone.now = lambda: true_now() + offset(path)


if __name__ == "__main__":
    shift(Path(os.environ[CLOCK]))
    main()
