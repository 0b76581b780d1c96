"""How often somebody may have us do what costs others something: so many turns in so much time."""

from __future__ import annotations

from django.core.cache import cache


def take(name: str, most: int, *, seconds: int) -> bool:
    """Take one of the turns there are in so many seconds; return False when none is left.

    All processes count together.
    """
    return any(cache.add(f"{name}:{turn}", 1, seconds) for turn in range(most))
