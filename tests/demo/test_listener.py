"""The demo's mail server takes everything but one domain, and keeps it as files."""

from __future__ import annotations

import smtplib
from collections.abc import Iterator
from pathlib import Path

import pytest

from convoca.web import mailbox
from convoca.worker.demo import environment, listener


@pytest.fixture
def server(folder: Path) -> Iterator[smtplib.SMTP]:
    port = environment.free_port()
    controller = listener.start(port, folder)
    with smtplib.SMTP("127.0.0.1", port) as client:
        yield client
    controller.stop()


def test_mail_is_kept_once_per_recipient(server: smtplib.SMTP):
    server.sendmail("a@acme.example", ["Gwen@guest.example", "gus@guest.example"], "Subject: Hi\n")
    kept = mailbox.letters()
    assert {letter.recipient for letter in kept} == {"gwen@guest.example", "gus@guest.example"}
    assert [letter.subject for letter in kept] == ["Hi", "Hi"]
    assert kept[0].message["Return-Path"] == "<a@acme.example>"


def test_lost_customer_is_refused_for_good(server: smtplib.SMTP):
    address = f"ramon@{listener.REFUSED_DOMAIN}"
    with pytest.raises(smtplib.SMTPRecipientsRefused) as refusal:
        server.sendmail("a@acme.example", [address], "Subject: Hi\n")
    code, reply = refusal.value.recipients[address]
    assert code == 550
    assert b"does not exist any more" in reply
    assert mailbox.letters() == []
