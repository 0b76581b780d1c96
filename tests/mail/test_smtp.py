"""One answer for each mail, against a real server that does whatever servers do."""

import time

import pytest

from convoca.mail.models import Delivery
from convoca.mail.transport import smtp as door
from tests.mail.conftest import outgoing, sent_through, server_at
from tests.support.smtp import SmtpServer

SENT, DELAYED, FAILED = (
    Delivery.Status.SENT,
    Delivery.Status.DELAYED,
    Delivery.Status.FAILED,
)


@pytest.fixture
def impatient(settings):
    settings.SMTP_TIMEOUT = settings.SMTP_CONNECT_TIMEOUT = 0.4


@pytest.fixture(params=["pipelining", "plain"])
def either(request, smtp: SmtpServer) -> SmtpServer:
    """The server with and without PIPELINING: both must come to the same."""
    smtp.pipelining = request.param == "pipelining"
    return smtp


def send(smtp: SmtpServer, *mails, **server):
    return sent_through(server_at(smtp, **server), mails)


def statuses(outcomes) -> list[str]:
    return [outcome.status for outcome in outcomes]


def received(smtp: SmtpServer) -> list[str]:
    return [mail.recipients[0] for mail in smtp.mails]


def test_mails_arrive_in_order_over_one_connection(either: SmtpServer):
    outcomes = send(either, *map(outgoing, range(5)))
    assert [(one.delivery_id, one.status, one.code) for one in outcomes] == [
        (number, SENT, 250) for number in range(5)
    ]
    assert received(either) == [f"g{number}@guest.example" for number in range(5)]
    assert either.connections == 1
    assert outcomes[0].response == "2.0.0 Kept"
    assert outcomes[0].message_id == "<0@acme.example>"


def test_nothing_to_send_opens_no_connection(smtp: SmtpServer):
    assert send(smtp) == []
    assert smtp.connections == 0


def test_content_arrives_as_it_was(either: SmtpServer):
    content = b"Subject: dots\r\n\r\n.\r\n..two\r\n.one\r\nlone\nends\rhere"
    send(either, outgoing(1, content=content))
    kept = b"Subject: dots\r\n\r\n.\r\n..two\r\n.one\r\nlone\r\nends\r\nhere\r\n"
    assert either.mails[0].data == kept


@pytest.mark.parametrize("stage", ["RCPT", "MAIL", "DATA", "BODY"])
def test_a_550_for_one_fails_that_one_only(either: SmtpServer, stage):
    number = {"MAIL": "alice", "DATA": ""}.get(stage, "g1@")
    either.refuse(stage, "550 5.1.1 No such user", containing=number, times=1)
    outcomes = send(either, *map(outgoing, range(3)))
    refused = next(one for one in outcomes if one.status != SENT)
    assert sorted(statuses(outcomes)) == [FAILED, SENT, SENT]
    assert (refused.code, refused.response) == (550, "5.1.1 No such user")
    assert not refused.is_doubtful
    assert len(either.mails) == 2
    assert either.connections == 1


@pytest.mark.parametrize("stage", ["RCPT", "MAIL", "DATA", "BODY"])
def test_a_451_for_one_delays_that_one_only(either: SmtpServer, stage):
    either.refuse(stage, "451 4.3.0 Come back later", times=1)
    outcomes = send(either, *map(outgoing, range(3)))
    assert statuses(outcomes) == [DELAYED, SENT, SENT]
    assert (outcomes[0].code, outcomes[0].reason) == (451, "LATER")
    assert received(either) == ["g1@guest.example", "g2@guest.example"]


@pytest.mark.parametrize(
    ("stage", "reply", "reason"),
    [
        ("RCPT", "550 5.1.1 No such user", "UNKNOWN_ADDRESS"),
        ("RCPT", "552 Mailbox full", "FULL"),
        ("RCPT", "550 5.2.2 Over quota", "FULL"),
        ("RCPT", "550 5.7.1 Blocked", "POLICY"),
        ("RCPT", "553 What", "REFUSED"),
        ("BODY", "554 5.7.1 Spam", "POLICY"),
        ("MAIL", "550 5.7.1 Not yours", "SENDER"),
        ("MAIL", "552 5.3.4 Too big", "REFUSED"),
    ],
)
def test_refusals_have_a_reason(smtp: SmtpServer, stage, reply, reason):
    smtp.refuse(stage, reply)
    (outcome,) = send(smtp, outgoing(1))
    assert (outcome.status, outcome.reason) == (FAILED, reason)


def test_a_server_that_is_down_delays_everything(smtp: SmtpServer):
    smtp.shut()
    outcomes = send(smtp, *map(outgoing, range(3)))
    assert statuses(outcomes) == [DELAYED] * 3
    assert {one.reason for one in outcomes} == {"UNREACHABLE"}
    assert outcomes[0].response == f"127.0.0.1:{smtp.port}: Connection refused"


def test_a_greeting_that_refuses_delays_everything(smtp: SmtpServer):
    smtp.refuse("CONNECT", "554 Go away")
    outcomes = send(smtp, *map(outgoing, range(2)))
    assert [(one.status, one.code, one.reason) for one in outcomes] == [
        (DELAYED, 554, "UNREACHABLE")
    ] * 2


@pytest.mark.parametrize("stage", ["CONNECT", "DATA", "REPLY"])
def test_a_server_that_hangs_delays_everything_and_soon(impatient, either: SmtpServer, stage):
    either.stall(stage, 60)
    began = time.monotonic()
    outcomes = send(either, *map(outgoing, range(5)))
    assert statuses(outcomes) == [DELAYED] * 5
    assert [one.delivery_id for one in outcomes] == list(range(5))
    assert time.monotonic() - began < 30


@pytest.mark.parametrize("stage", ["BODY", "REPLY"])
def test_a_lost_answer_is_doubtful_and_the_others_go_on(either: SmtpServer, stage):
    either.drop(stage, containing="g1@", times=1)
    outcomes = send(either, *map(outgoing, range(4)))
    assert statuses(outcomes) == [SENT, DELAYED, SENT, SENT]
    assert [one.is_doubtful for one in outcomes] == [False, True, False, False]
    assert either.connections == 2


@pytest.mark.parametrize("stage", ["MAIL", "RCPT", "DATA"])
def test_a_connection_cut_before_the_content_loses_no_mail(either: SmtpServer, stage):
    either.drop(stage, times=1)
    outcomes = send(either, *map(outgoing, range(3)))
    assert statuses(outcomes) == [DELAYED, SENT, SENT]
    assert not any(one.is_doubtful for one in outcomes)
    assert len(either.mails) == 2


def test_a_421_after_some_mails_goes_on_over_a_new_connection(either: SmtpServer):
    either.refuse("RCPT", "421 4.7.0 Enough for one connection", containing="g2@", times=1)
    outcomes = send(either, *map(outgoing, range(5)))
    assert statuses(outcomes) == [SENT] * 5
    assert received(either) == [f"g{number}@guest.example" for number in range(5)]
    assert either.connections == 2


def test_a_421_instead_of_the_answer_is_no_doubt(either: SmtpServer):
    either.refuse("BODY", "421 4.3.2 Shutting down", containing="g0@", times=1)
    outcomes = send(either, *map(outgoing, range(3)))
    assert statuses(outcomes) == [DELAYED, SENT, SENT]
    assert not outcomes[0].is_doubtful


def test_a_server_that_always_says_421_is_left_alone(either: SmtpServer):
    either.refuse("MAIL", "421 4.3.2 Not now")
    outcomes = send(either, *map(outgoing, range(9)))
    assert statuses(outcomes) == [DELAYED] * 9
    assert either.connections == 2


@pytest.mark.parametrize(
    "address", ["x@guest.example>\r\nRSET", "no address", "a b@guest.example", "x@y\r\nDATA", ""]
)
def test_what_is_no_address_is_never_said(either: SmtpServer, address):
    first, second, third = outgoing(1), outgoing(2, recipient=address or "@"), outgoing(3)
    outcomes = send(either, first, second, third)
    assert [(one.status, one.reason) for one in outcomes] == [
        (SENT, ""),
        (FAILED, "UNMAILABLE"),
        (SENT, ""),
    ]
    assert received(either) == ["g1@guest.example", "g3@guest.example"]


def test_an_international_domain_goes_in_its_ascii_form(either: SmtpServer):
    send(either, outgoing(1, recipient="Gwen@müller.example"))
    assert received(either) == ["Gwen@xn--mller-kva.example"]


def test_an_international_mailbox_needs_smtputf8(either: SmtpServer):
    (outcome,) = send(either, outgoing(1, recipient="gwén@guest.example"))
    assert outcome.status == SENT
    assert received(either) == ["gwén@guest.example"]


def test_eight_bit_content_is_announced(either: SmtpServer):
    (outcome,) = send(either, outgoing(1, content="Subject: x\r\n\r\nañadir\r\n".encode()))
    assert outcome.status == SENT
    assert "añadir" in either.mails[0].data.decode()


def test_a_server_without_extensions_takes_what_it_can(smtp: SmtpServer):
    smtp.refuse("EHLO", "502 What")
    outcomes = send(
        smtp,
        outgoing(1, recipient="gwén@guest.example"),
        outgoing(2, content="Subject: x\r\n\r\nañadir\r\n".encode()),
        outgoing(3),
    )
    assert [(one.status, one.reason) for one in outcomes] == [
        (FAILED, "UNMAILABLE"),
        (FAILED, "UNMAILABLE"),
        (SENT, ""),
    ]


def test_mails_are_taken_only_when_it_is_their_turn(smtp: SmtpServer):
    """At most two mails are ahead of the one whose answer is not known."""
    taken = []

    def queue():
        for number in range(5):
            taken.append(number)
            yield outgoing(number)

    sending = door.send(server_at(smtp), queue())
    for number in range(3):
        next(sending)
        assert len(smtp.mails) == number + 1
        assert len(taken) == number + 3
    sending.close()
    assert len(smtp.mails) == 3
