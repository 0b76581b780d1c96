"""How long the tests wait for what must come: long enough for a machine ten times slower."""

from __future__ import annotations

import time
from collections.abc import Callable

PATIENCE = 120.0  # seconds; what comes is not waited for any longer than it takes


def wait_until(condition: Callable[[], object], seconds: float = PATIENCE) -> None:
    """Wait for a condition; raise AssertionError when it does not come."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.02)
