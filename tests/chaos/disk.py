"""A disk that is small, and can be full."""

from __future__ import annotations

import resource
import subprocess
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path


@contextmanager
def small_disk(folder: Path, megabytes: int = 32) -> Iterator[None]:
    """Mount a small disk on the folder, where that is allowed."""
    options = f"size={megabytes}m,mode=700"
    with suppress(OSError):
        subprocess.run(
            ["mount", "-t", "tmpfs", "-o", options, "chaos", str(folder)], capture_output=True
        )
    try:
        yield
    finally:
        if folder.is_mount():
            subprocess.run(["umount", "-l", str(folder)], check=True)


@contextmanager
def full(folder: Path, pids: Iterable[int]) -> Iterator[None]:
    """Let nothing more be written there: no room on its small disk, or else a limit on files."""
    if not folder.is_mount():
        with _limited_files(list(pids)):
            yield
        return
    ballast = folder / "ballast"
    with suppress(OSError), ballast.open("wb", buffering=0) as file:
        while True:
            file.write(b"x" * 65_536) or file.write(b"x")
    try:
        yield
    finally:
        ballast.unlink()


@contextmanager
def _limited_files(pids: list[int]) -> Iterator[None]:
    """Without root: every write of these beyond the first byte of a file fails (EFBIG)."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    for pid in pids:
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (1, before[1]))
    try:
        yield
    finally:
        for pid in pids:
            with suppress(ProcessLookupError):
                resource.prlimit(pid, resource.RLIMIT_FSIZE, before)
