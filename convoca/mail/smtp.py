"""Handing mails to a server: one connection, one answer for each mail, whatever goes wrong."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from convoca.mail.outbox import Outcome, Outgoing
from convoca.mail.servers import Server


def send(server: Server, outgoing: Iterable[Outgoing]) -> Iterator[Outcome]:
    """Send over one connection and yield each outcome as soon as it is known.

    Pipelined where the server offers it. A mail is taken from `outgoing` only when it is about
    to be sent, and its outcome is yielded before the next one's content leaves: whoever writes
    outcomes down at once loses sight of at most one mail when the process is killed. Never
    raises for anything a server or a network can do.
    """
    raise NotImplementedError
