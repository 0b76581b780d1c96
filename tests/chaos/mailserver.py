"""A mail server that is ill: at every command, by the dice, it refuses, talks nonsense, goes
silent or hangs up."""

from __future__ import annotations

import asyncio
import logging
import random
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.support.smtp import Rule, SmtpServer, Stage

logging.getLogger("asyncio").setLevel(logging.ERROR)  # it warns of each client that is gone
logging.getLogger("mail.log").setLevel(logging.CRITICAL)  # clients are killed in handshakes

STAGES = ("CONNECT", "EHLO", "STARTTLS", "AUTH", "MAIL", "RCPT", "DATA", "CONTENT", "BODY", "REPLY")
STAGES += ("RSET", "QUIT")
NOBODY = "nobody"  # an address that begins so does not exist, in illness and in health
TIMEOUT = 4.0  # seconds that Convoca waits for an answer
SILENCE = 1.5 * TIMEOUT
SLOW = 0.004  # seconds for each mail, so that there is something in flight to be killed
NONSENSE = ["+OK this is no SMTP", "999 Nor is this", "\x15\x03\x01 \x7f"]
WORDS = {
    "later": {"CONNECT": "421 4.3.2 Closing", "BODY": "452 4.3.1 No room"},
    "never": {"CONNECT": "554 5.3.2 No service", "BODY": "554 5.7.1 Not this"},
}


class IllServer(SmtpServer):
    """Fails in `share` of all commands while `is_ill`, and remembers what it did to whom.

    It wants encryption and a login; some of its connections offer PIPELINING.
    """

    def __init__(self, dice: random.Random, certificates: Path, share: float = 0.03) -> None:
        super().__init__(
            username="convoca", password="chaos", security="starttls", certificates=certificates
        )
        self.is_ill = False
        self.faults: Counter[str] = Counter()
        self.refused: Counter[str] = Counter()  # for good, by the recipients in the command
        self._dice, self._share = dice, share
        self.refused_unnamed = 0  # for good, at a command that names no recipient

    @contextmanager
    def running(self) -> Iterator[IllServer]:
        with super().running():
            watch = asyncio.run_coroutine_threadsafe(self._watch_itself(), self.loop)
            try:
                yield self
            finally:
                watch.cancel()

    @property
    def open_connections(self) -> int:
        return len(self._open)

    async def _watch_itself(self) -> None:
        """Note when it was itself so slow that clients may have given up on mails it kept."""
        while True:
            began_at, most = time.monotonic(), self.open_connections
            await asyncio.sleep(TIMEOUT / 20)
            if time.monotonic() - began_at > TIMEOUT / 2:
                self.unheard += max(most, self.open_connections)

    def rule_for(self, stage: Stage, line: str) -> Rule | None:
        if stage == "RCPT" and f"<{NOBODY}" in line:
            self._refuse(stage, line)
            return Rule(stage, "", None, reply="550 5.1.1 No such user")
        if stage == "CONNECT":
            self.pipelining = self._dice.random() < 0.7
        if not self.is_ill or stage not in STAGES or self._dice.random() > self._share:
            return Rule(stage, "", None, delay=SLOW) if stage == "BODY" else None
        return self._fail(stage, line)

    def _fail(self, stage: Stage, line: str) -> Rule:
        # A server that keeps a mail and says it did not is past helping: it hangs up, or is silent.
        kinds = {"drop": 4, "silence": 1, "nonsense": 2}
        kinds |= {} if stage == "REPLY" else {"later": 8, "never": 2}
        (kind,) = self._dice.choices(list(kinds), list(kinds.values()))
        if kind == "silence" and stage == "BODY":
            kind = "drop"  # silent with the mail kept is REPLY
        self.faults[f"{stage} {kind}"] += 1
        self.unheard += stage == "REPLY"
        if kind == "drop":
            return Rule(stage, "", None, drop=True)
        if kind == "silence":
            return Rule(stage, "", None, delay=SILENCE)
        if kind == "nonsense":
            return Rule(stage, "", None, reply=self._dice.choice(NONSENSE))
        if kind == "never":
            self._refuse(stage, line)
        default = "451 4.3.0 Not now" if kind == "later" else "554 5.7.1 Never"
        return Rule(stage, "", None, reply=WORDS[kind].get(stage, default))

    def _refuse(self, stage: Stage, line: str) -> None:
        if stage in {"MAIL", "DATA"}:
            self.refused_unnamed += 1
        self.refused[line.rpartition("<")[2].rstrip("> ").lower()] += 1
