"""What the same machine does without Convoca: a plain smtplib loop, and postfix's smtp-source."""

from __future__ import annotations

import os
import shutil
import smtplib
import subprocess
import time

from bench.sink import Sink


def smtplib_rate(sink: Sink, content: bytes, mails: int) -> float:
    """Return mails/s of one connection that sends one after the other."""
    sink.reset()
    started = time.perf_counter()
    with smtplib.SMTP("127.0.0.1", sink.port) as line:
        for number in range(mails):
            line.sendmail("bench@sender.example", [f"guest{number}@guest.example"], content)
    return mails / (time.perf_counter() - started)


def smtp_source_rate(sink: Sink, size: int, mails: int, sessions: int) -> float | None:
    """Return mails/s of postfix's own tool; None where it is not installed.

    Debian keeps it in the package postfix; $SMTP_SOURCE may name an unpacked copy.
    """
    tool = os.environ.get("SMTP_SOURCE") or shutil.which("smtp-source", path="/usr/sbin:/usr/bin")
    if tool is None:
        return None
    sink.reset()
    started = time.perf_counter()
    addresses = ["-f", "bench@sender.example", "-t", "guest@guest.example"]
    load = ["-s", str(sessions), "-m", str(mails), "-l", str(size), "-d"]
    subprocess.run([tool, *load, *addresses, f"127.0.0.1:{sink.port}"], check=True)
    return mails / (time.perf_counter() - started)
