"""Handing mails to a server: one answer for each mail, whatever goes wrong."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator

from django.utils import timezone

from convoca.mail.models import Delivery
from convoca.mail.transit import Outcome, Outgoing
from convoca.mail.transport import replies
from convoca.mail.transport.line import Line, Lost, Unmailable, Unusable, body, envelope
from convoca.mail.transport.replies import Reply
from convoca.mail.transport.servers import Server

Status = Delivery.Status
Reason = Delivery.Reason

FRUITLESS = 2  # connections in a row that carried nothing before the rest is put off


def send(
    server: Server,
    outgoing: Iterable[Outgoing],
    hand: Callable[[int], None] = lambda delivery_id: None,
) -> Iterator[Outcome]:
    """Send over one connection at a time and yield each outcome as soon as it is known.

    Pipelined where the server offers it. Mails are taken from `outgoing` at most two ahead of the
    one being sent. Its delivery is given to `hand` just before its content leaves, and its outcome
    is yielded before the next one's does: whoever writes both down at once loses sight of at most
    one mail when the process is killed. Raises Unusable, and nothing else, when what is left cannot
    be sent over this server now.
    """
    turn = Turn(iter(outgoing))
    fruitless = 0
    cause: Unusable | None = None
    while turn.mail is not None and fruitless < FRUITLESS:
        line = Line.open(server)
        has_carried = False
        try:
            for outcome in _talk(line, turn, hand):
                has_carried = has_carried or not outcome.is_doubtful
                yield outcome
        except Lost as error:
            cause = Unusable(error.reason, f"{server}: {error}", was_open=True)
            if turn.mail is not None and not has_carried:
                yield _put_off(turn.mail, cause)
                turn.advance()
        finally:
            line.close()
        fruitless = 0 if has_carried else fruitless + 1
        cause = cause if fruitless else None
    if cause is not None:
        raise cause


class Turn:
    """Whose turn it is: the mail being sent, and a look at those after it."""

    def __init__(self, queue: Iterator[Outgoing]):
        self._queue = queue
        self._ahead: deque[Outgoing] = deque()
        self.mail = next(queue, None)

    def peek(self) -> Outgoing | None:
        self._look(1)
        return self._ahead[0] if self._ahead else None

    def prepare(self) -> None:
        """Have the mail written that comes after the next one, while the server is busy."""
        self._look(2)

    def advance(self) -> None:
        self._look(1)
        self.mail = self._ahead.popleft() if self._ahead else None

    def _look(self, count: int) -> None:
        while len(self._ahead) < count and (mail := next(self._queue, None)) is not None:
            self._ahead.append(mail)


def _talk(line: Line, turn: Turn, hand: Callable[[int], None]) -> Iterator[Outcome]:
    """Send until the turn is over. Raises Lost, with the mail that was not answered in `turn`,
    unless its content had left: then it is yielded as doubtful first."""
    is_announced = False  # its commands left together with the content of the mail before
    while (mail := turn.mail) is not None:
        commands: list[bytes] = []
        if not is_announced:
            try:
                commands = envelope(line, mail)
            except Unmailable as error:
                turn.advance()
                yield _outcome(mail, Status.FAILED, Reason.UNMAILABLE, response=str(error))
                continue
        refusal, is_open = _announce(line, commands)
        ahead = _commands_ahead(line, turn.peek())
        is_announced = bool(ahead)
        if refusal is None:
            hand(mail.delivery_id)
            yield from _hand_over(line, turn, mail, ahead)
        else:
            turn.advance()
            yield _answered(mail, *refusal)
            _end(line, is_open, ahead)


def _announce(line: Line, commands: list[bytes]) -> tuple[tuple[Reply, str] | None, bool]:
    """Give envelope and DATA; return the refusal with its stage, and whether DATA is open.

    No `commands`: they were given already.
    """
    if line.is_pipelining and commands:
        line.write(b"".join(commands))
    refusal = None
    reply = None
    for at, stage in enumerate(("MAIL", "RCPT", "DATA")):
        if not line.is_pipelining:
            line.write(commands[at])
        reply = _unless_closing(line.read())
        if reply.code >= 400 and refusal is None:
            refusal = reply, stage
            if not line.is_pipelining:
                return refusal, False
        elif reply.code < 400 and reply.is_intermediate != (stage == "DATA"):
            raise Lost(f"The server answered {stage} with {reply}")
    return refusal, reply is not None and reply.is_intermediate


def _end(line: Line, is_open: bool, ahead: bytes) -> None:
    """Leave the mail that was refused behind. Raises Lost where the server does not."""
    line.write((b".\r\n" if is_open else b"RSET\r\n") + ahead)
    reply = _unless_closing(line.read())
    if not (is_open or reply.is_ok):
        raise Lost(f"The server answered RSET with {reply}")


def _commands_ahead(line: Line, following: Outgoing | None) -> bytes:
    """Return what may already be said for the next mail (RFC 2920)."""
    if following is None or not line.is_pipelining:
        return b""
    try:
        return b"".join(envelope(line, following))
    except Unmailable:
        return b""


def _hand_over(line: Line, turn: Turn, mail: Outgoing, ahead: bytes) -> Iterator[Outcome]:
    """Send the content and yield the answer. Raises Lost after it when the connection ended."""
    try:
        line.write(body(mail) + ahead)
        turn.prepare()
        reply = line.read()
        if reply.is_intermediate:
            raise Lost(f"The server answered the content with {reply}")
    except Lost as error:
        turn.advance()
        yield _outcome(mail, Status.DELAYED, error.reason, response=str(error), is_doubtful=True)
        raise
    turn.advance()
    yield _answered(mail, reply, "BODY")
    _unless_closing(reply)


def _unless_closing(reply: Reply) -> Reply:
    if reply.is_closing:
        raise Lost(str(reply), Reason.LATER)
    return reply


def _answered(mail: Outgoing, reply: Reply, stage: str) -> Outcome:
    status, reason = replies.judge(reply, stage)
    return _outcome(mail, status, reason, response=reply.text, code=reply.code)


def _put_off(mail: Outgoing, cause: Unusable) -> Outcome:
    return _outcome(mail, Status.DELAYED, cause.reason, response=cause.text, code=cause.code)


def _outcome(
    mail: Outgoing,
    status: Delivery.Status,
    reason: str,
    *,
    response: str,
    code: int | None = None,
    is_doubtful: bool = False,
) -> Outcome:
    return Outcome(
        delivery_id=mail.delivery_id,
        version=mail.version,
        status=status,
        at=timezone.now(),
        code=code,
        reason=reason,
        response=response,
        message_id=mail.message_id,
        is_doubtful=is_doubtful,
        is_half=mail.is_half,
    )
