"""What the same machine does without Convoca: a plain smtplib loop, and postfix's smtp-source."""

from __future__ import annotations

import os
import shutil
import smtplib
import subprocess
import time

from bench.sink import Sink

LOOP, SOURCE = 1_000, 5_000  # mails


def rates(sink: Sink, size: int) -> dict[str, float]:
    """Return what plain tools reach just now with mails of that many octets, in mails/s."""
    content = b"Subject: x\r\n\r\n" + (b"x" * 74 + b"\r\n") * (size // 76)
    found = {"loop": smtplib_rate(sink, content, LOOP)}
    for sessions in (1, 4):
        rate = smtp_source_rate(sink, size, SOURCE, sessions)
        if rate is not None:
            found[f"source {sessions}"] = rate
    return found


def smtplib_rate(sink: Sink, content: bytes, mails: int) -> float:
    """Return mails/s of one connection that sends one after the other."""
    sink.reset()
    started = time.perf_counter()
    with smtplib.SMTP("127.0.0.1", sink.port) as line:
        for number in range(mails):
            line.sendmail("bench@sender.example", [f"guest{number}@guest.example"], content)
    return mails / (time.perf_counter() - started)


def smtp_source_rate(sink: Sink, size: int, mails: int, sessions: int) -> float | None:
    """Return mails/s of postfix's own tool; None where it is not installed."""
    tool = smtp_source()
    if tool is None:
        return None
    sink.reset()
    started = time.perf_counter()
    addresses = ["-f", "bench@sender.example", "-t", "guest@guest.example"]
    load = ["-s", str(sessions), "-m", str(mails), "-l", str(size), "-d"]
    subprocess.run([tool, *load, *addresses, f"127.0.0.1:{sink.port}"], check=True)
    return mails / (time.perf_counter() - started)


def smtp_source() -> str | None:
    """Return the path of the tool: Debian has it in postfix; $SMTP_SOURCE names another copy."""
    return os.environ.get("SMTP_SOURCE") or shutil.which("smtp-source", path="/usr/sbin:/usr/bin")
