"""Delivery reports and automatic answers."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from convoca.standards.imip.reports import (
    Action,
    Delivery,
    Report,
    delivery_report,
    is_automatic,
)

BOUNCE = """From: MAILER-DAEMON@mx.guest.example
To: bounce+token@cal.example
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary=b

--b
Content-Type: text/plain

Sorry.
--b
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.guest.example

Final-Recipient: rfc822; gwen@guest.example
Original-Recipient: rfc822; GWEN@guest.example
Action: failed
Status: 5.1.1
Diagnostic-Code: smtp; 550 5.1.1 no such
 user

Final-Recipient: rfc822; gus@guest.example
Action: Delayed
Status: 4.2
Diagnostic-Code: smtp; 452 4.2.2 mailbox full

Final-Recipient: rfc822; nobody
Action: failed

Final-Recipient: rfc822; gina@guest.example
Action: lost
--b
Content-Type: message/rfc822

From: alice@acme.example
Message-ID: <1@cal.example>
Content-Type: text/calendar; method=REQUEST

BEGIN:VCALENDAR
--b--
"""


def test_report_tells_of_each_recipient():
    report = delivery_report(BOUNCE.encode())
    assert report == Report(
        deliveries=(
            Delivery(
                address="gwen@guest.example",
                action=Action.FAILED,
                status="5.1.1",
                words="550 5.1.1 no such user",
            ),
            Delivery(
                address="gus@guest.example",
                action=Action.DELAYED,
                status="4.2.2",
                words="452 4.2.2 mailbox full",
            ),
        ),
        message_id="<1@cal.example>",
    )


def test_report_may_return_the_headers_only():
    data = BOUNCE.replace("message/rfc822", "text/rfc822-headers")
    assert delivery_report(data.encode()).message_id == "<1@cal.example>"


def test_report_may_return_nothing():
    data = BOUNCE[: BOUNCE.index("--b\nContent-Type: message/rfc822")] + "--b--\n"
    assert delivery_report(data.encode()).message_id == ""


def test_report_may_be_encoded():
    status = "Action: failed\nFinal-Recipient: rfc822; gwen@guest.example\nStatus: 5.2.2\n"
    data = (
        "Content-Type: multipart/report; boundary=b\n\n--b\n"
        "Content-Type: message/global-delivery-status\n\n"
        f"{status}\n--b--\n"
    )
    (delivery,) = delivery_report(data.encode()).deliveries
    assert (delivery.address, delivery.status) == ("gwen@guest.example", "5.2.2")


@pytest.mark.parametrize("data", [b"", b"Subject: hi\n\nhi", b"x" * (11 * 1024 * 1024)])
def test_other_mails_are_no_report(data):
    assert delivery_report(data) is None


def test_deep_or_endless_mail_is_no_report():
    deep = "".join(
        f"Content-Type: multipart/mixed; boundary=b{at}\n\n--b{at}\n" for at in range(20)
    )
    assert delivery_report(f"{deep}\ndelivery-status".encode()) is None
    assert delivery_report(b"Subject: delivery-status\n" + b"\n" * 300_000) is None
    assert delivery_report(b"Subject: delivery-status\n\nYour mail is late.") is None


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("Auto-Submitted: auto-replied", True),
        ("Auto-Submitted: auto-generated; x=1", True),
        ("Auto-Submitted: no", False),
        ("Precedence: bulk", True),
        ("Precedence: first-class", False),
        ("X-Autoreply: yes", True),
        ("List-Id: <team.acme.example>", True),
        ("Return-Path: <>", True),
        ("Return-Path: <gwen@guest.example>", False),
    ],
)
def test_automatic_answers_are_noticed(header, expected):
    assert is_automatic(f"{header}\nSubject: Out of office\n\nI am away".encode()) is expected


def test_no_mail_is_not_automatic():
    assert not is_automatic(b"x" * (11 * 1024 * 1024))


@given(st.binary(max_size=200))
def test_no_bytes_raise(data):
    is_automatic(data)
    found = delivery_report(b"Content-Type: message/delivery-status\n\n" + data)
    assert found is None or isinstance(found, Report)
