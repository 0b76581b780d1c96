"""What a page makes the browser fetch: small, and the calendar's share only on the calendar."""

from __future__ import annotations

import gzip
import re
from pathlib import Path

import pytest

import convoca

DIST = Path(convoca.__file__).parent / "web" / "static" / "dist"
KILOBYTE = 1000


def weight(*entries: str) -> int:
    """Return the transfer size of scripts and of everything they import at once."""
    seen: set[Path] = set()
    waiting = [DIST / entry for entry in entries]
    while waiting:
        file = waiting.pop()
        if file in seen:
            continue
        seen.add(file)
        named = re.findall(r"""(?:from|import)\s*["'](\.[^"']+)["']""", file.read_text())
        waiting += [(file.parent / name).resolve() for name in named]
    return sum(len(gzip.compress(file.read_bytes(), 9)) for file in seen)


def chunk(name: str) -> str:
    (found,) = (DIST / "chunks").glob(f"{name}-*.js")
    return f"chunks/{found.name}"


@pytest.mark.parametrize("parts", [(), ("htmx",), ("form",), ("ledger", "htmx")])
def test_an_ordinary_page_stays_below_20_kb(parts: tuple[str, ...]):
    assert weight("app.js", *map(chunk, parts)) < 20 * KILOBYTE


def test_the_calendar_stays_below_110_kb():
    assert weight("app.js", "calendar.js", chunk("es")) < 110 * KILOBYTE


def test_the_styles_stay_small():
    assert len(gzip.compress((DIST / "app.css").read_bytes(), 9)) < 8 * KILOBYTE
