"""What a mail server's answer means: sent, try again, or refused, and why in a word."""

from __future__ import annotations

import re
from dataclasses import dataclass

from convoca.mail.models import Delivery

Status = Delivery.Status
Reason = Delivery.Reason

LONGEST = 500  # characters of a server's words that are kept
_ENHANCED = re.compile(r"\s*([245])\.(\d{1,3})\.(\d{1,3})\b")
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


def _reason(reply: Reply, stage: str, *, is_final: bool) -> str:
    match = _ENHANCED.match(reply.text)
    subject, detail = (int(match[2]), int(match[3])) if match else (0, 0)
    if (subject, detail) == (2, 2) or (reply.code == 552 and stage == "RCPT"):
        return Reason.FULL
    if not is_final:
        return Reason.LATER
    if stage == "MAIL" and reply.code != 552:
        return Reason.SENDER
    if stage == "RCPT" and (subject, detail) in _NO_SUCH_ADDRESS:
        return Reason.UNKNOWN_ADDRESS
    return Reason.POLICY if subject == 7 else Reason.REFUSED
