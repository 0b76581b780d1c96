"""A mail server that fails at each command in each way: nothing is lost, and all is known."""

from collections import Counter
from collections.abc import Iterator

import pytest

from convoca.mail.models import Delivery
from tests.mail.conftest import outgoing, sent_through, server_at
from tests.support.smtp import SmtpServer, Stage

SENT, DELAYED, FAILED = Delivery.Status.SENT, Delivery.Status.DELAYED, Delivery.Status.FAILED

FAULTS = {
    "later": "451 4.3.0 Not now",
    "closing": "421 4.3.2 Closing",
    "never": "554 5.7.1 Never",
    "garbage": "\x16\x03 this is no SMTP",
    "wrong number": "999 Nor is this",
    "too early": "250 2.0.0 Kept",
    "too late": "354 Go on",
    "drop": "",
    "silence": "",
}
# A server that keeps a mail and says it did not, or the other way round, is past helping.
LIES = {("REPLY", fault) for fault in ("later", "closing", "never")} | {("DATA", "too late")}
OPENING: list[Stage] = ["CONNECT", "EHLO", "STARTTLS", "AUTH"]
SENDING: list[Stage] = ["MAIL", "RCPT", "DATA", "CONTENT", "BODY", "REPLY", "RSET", "QUIT"]
CASES = [
    (stage, fault, is_pipelining)
    for stage in [*OPENING, *SENDING]
    for fault in FAULTS
    for is_pipelining in ([True] if stage in OPENING else [True, False])
    if (stage, fault) not in LIES and (fault != "too early" or stage == "DATA")
]
MAILS = [outgoing(number) for number in range(3)]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SmtpServer]:
    """One server for all: its port, certificate and login stay, its rules do not."""
    folder = tmp_path_factory.mktemp("certificates")
    made = SmtpServer(username="u", password="p", security="starttls", certificates=folder)
    with made.running(), pytest.MonkeyPatch.context() as patch:
        patch.setenv("SSL_CERT_FILE", str(folder / "certificate.pem"))
        yield made


def break_at(server: SmtpServer, stage: Stage, fault: str) -> None:
    """Let one command fail once: that of the second mail, where it names one."""
    one = "g1@" if stage in {"RCPT", "CONTENT", "BODY", "REPLY"} else ""
    if stage == "RSET":
        server.refuse("RCPT", "550 5.1.1 No such user", containing="g1@")
    if fault == "silence":
        server.stall(stage, 0.4, containing=one, times=1)
    elif fault == "drop":
        server.drop(stage, containing=one, times=1)
    else:
        server.refuse(stage, FAULTS[fault], containing=one, times=1)


@pytest.mark.parametrize(("stage", "fault", "is_pipelining"), CASES)
def test_one_fault_loses_nothing(
    server: SmtpServer, settings, stage: Stage, fault: str, is_pipelining: bool
):
    settings.SMTP_TIMEOUT = settings.SMTP_CONNECT_TIMEOUT = 0.2
    server.mails.clear()
    server.pipelining = is_pipelining
    break_at(server, stage, fault)
    handed: list[int] = []
    first = sent_through(server_at(server), MAILS, handed.append)
    arrived = Counter(mail.recipients[0] for mail in server.mails)
    server.heal()
    settings.SMTP_TIMEOUT = settings.SMTP_CONNECT_TIMEOUT = 10
    again = [MAILS[one.delivery_id] for one in first if one.status == DELAYED]
    second = sent_through(server_at(server), again)
    in_the_end = Counter(mail.recipients[0] for mail in server.mails)
    assert [one.delivery_id for one in first] == [0, 1, 2]
    assert {one.status for one in second} <= {SENT}
    for mail, outcome in zip(MAILS, first, strict=True):
        assert outcome.code is None or 200 <= outcome.code < 600
        assert arrived[mail.recipient] == (outcome.status == SENT) or outcome.is_doubtful
        is_refused = fault == "never" or stage == "RSET"
        assert outcome.status != FAILED or is_refused
        assert in_the_end[mail.recipient] >= (outcome.status != FAILED)
        assert in_the_end[mail.recipient] <= 1 + outcome.is_doubtful
    assert sum(one.is_doubtful for one in first) <= 1
    if stage not in {"CONTENT", "BODY", "REPLY"}:  # else a kill would leave doubts for nothing
        assert handed == [one.delivery_id for one in first if one.status == SENT]
