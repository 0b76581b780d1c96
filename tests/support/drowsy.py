"""Convoca as a program whose worker looks for work only when it is woken: `... worker`."""

from __future__ import annotations

import django

from convoca.__main__ import main

if __name__ == "__main__":
    django.setup()
    from convoca.worker import engine

    engine.LONGEST_SLEEP = 24 * 3600.0
    main()
