"""What a mail server's answer means: sent, try again, or refused, and why in a word."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import BinaryIO

from convoca.mail.models import Delivery

Status = Delivery.Status
Reason = Delivery.Reason

LONGEST = 500  # characters of a server's words that are kept
LONGEST_LINE = 8192  # as smtplib has it; RFC 5321, 4.5.3.1.5 allows 512
MOST_LINES = 100
_ENHANCED = re.compile(r"\s*([245])\.(\d{1,3})\.(\d{1,3})\b")
_ADDRESS = re.compile(r"[^\s<>\"'(]+@[^\s<>\"')]+")
_NO_SUCH_ADDRESS = {(1, 0), (1, 1), (1, 2), (1, 3), (1, 6), (1, 10), (2, 1)}
_LOGIN_CODES = {530, 534, 535, 538}


@dataclass(frozen=True, slots=True)
class Reply:
    """One answer of the server; `code` is the three digits, `text` its words in one line."""

    code: int
    text: str

    @classmethod
    def of(cls, code: int, text: bytes | str) -> Reply:
        words = text.decode("utf-8", "replace") if isinstance(text, bytes) else text
        return cls(code, " ".join(words.split())[:LONGEST])

    @property
    def is_smtp(self) -> bool:
        """Whether it is an answer at all (RFC 5321, 4.2.1), and not something else's noise."""
        return 200 <= self.code < 600

    @property
    def is_ok(self) -> bool:
        return 200 <= self.code < 300

    @property
    def is_intermediate(self) -> bool:
        """Whether more is wanted: the content, after DATA."""
        return 300 <= self.code < 400

    @property
    def is_closing(self) -> bool:
        return self.code == 421

    def __str__(self) -> str:
        return f"{self.code} {self.text}".strip()


class NoReply(Exception):
    """What came is no SMTP reply; nothing more of this connection can be understood."""


def read(file: BinaryIO) -> Reply:
    """Read one reply, of one line or of many (RFC 5321, 4.2). Raises NoReply and OSError."""
    lines: list[bytes] = []
    while True:
        line = file.readline(LONGEST_LINE + 1)
        if not line.endswith(b"\n"):
            raise NoReply(
                "The server ended the connection." if len(line) <= LONGEST_LINE else "Endless line."
            )
        if not lines and line[3:4] != b"-":
            return _of_line(line)
        lines.append(line)
        if line[3:4] != b"-":
            return Reply.of(_code(line), b" ".join(one[4:] for one in lines))
        if len(lines) > MOST_LINES:
            raise NoReply("The server's reply does not end.")


@lru_cache(256)  # most are the same again and again
def _of_line(line: bytes) -> Reply:
    return Reply.of(_code(line), line[4:])


def _code(line: bytes) -> int:
    return int(line[:3]) if line[:3].isdigit() else -1


def judge(reply: Reply, stage: str) -> tuple[Delivery.Status, str]:
    """Return status and reason of a mail that was answered so at MAIL, RCPT, DATA or BODY.

    5xx is for good, 4xx for now (RFC 5321, 4.2.1); the enhanced code (RFC 3463) says why.
    """
    if reply.code in _LOGIN_CODES:
        return Status.DELAYED, Reason.LOGIN  # ours to mend, not the recipient's
    if reply.is_ok and stage == "BODY":
        return Status.SENT, ""
    status = Status.FAILED if reply.code >= 500 else Status.DELAYED
    return status, _reason(reply, stage, is_final=status == Status.FAILED)


def without_addresses(words: str) -> str:
    """Return a server's words as others may read them, whose mail they were not about."""
    return _ADDRESS.sub("…", words)


def enhanced(text: str) -> tuple[int, int]:
    """Return subject and detail of the enhanced code words begin with (RFC 3463); zeros if none."""
    match = _ENHANCED.match(text)
    return (int(match[2]), int(match[3])) if match else (0, 0)


def _reason(reply: Reply, stage: str, *, is_final: bool) -> str:
    subject, detail = enhanced(reply.text)
    if (subject, detail) == (2, 2) or (reply.code == 552 and stage == "RCPT"):
        return Reason.FULL
    if not is_final:
        return Reason.LATER
    if stage == "MAIL" and reply.code != 552:
        return Reason.SENDER
    if stage == "RCPT" and (subject, detail) in _NO_SUCH_ADDRESS:
        return Reason.UNKNOWN_ADDRESS
    return Reason.POLICY if subject == 7 else Reason.REFUSED
