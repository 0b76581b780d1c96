"""Make `django.po` readable for Django; needs Babel only, so that building can use it too."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po


def compile_all(package: Path) -> list[Path]:
    """Write the `.mo` beside every `.po` of the apps in `package` that is newer; return those."""
    return [path for path in find_all(package) if _compile(path)]


def find_all(package: Path) -> Iterator[Path]:
    """Yield the `.po` files of all apps in `package`."""
    yield from sorted(package.glob("*/locale/*/LC_MESSAGES/django.po"))


def read(path: Path) -> Catalog:
    """Parse a `.po` file, whose language is told by its folder."""
    with path.open("rb") as file:
        return read_po(file, locale=path.parts[-3])


def _compile(path: Path) -> bool:
    target = path.with_suffix(".mo")
    if target.exists() and target.stat().st_mtime_ns >= path.stat().st_mtime_ns:
        return False
    partial = target.with_suffix(f".{os.getpid()}.tmp")
    with partial.open("wb") as file:
        write_mo(file, read(path))
    partial.replace(target)  # at once: another process may be reading it
    return True
