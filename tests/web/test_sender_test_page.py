"""The page of a test mail: sent with a press, and plain about what became of it."""

from __future__ import annotations

import pytest
from django.core.cache import cache
from django.test import Client
from django.utils import timezone

from convoca.accounts.models import Membership
from convoca.mail.models import Mailbox, Sender, Trial
from convoca.mail.proofs import trials
from convoca.worker import post
from tests.support.smtp import SmtpServer


@pytest.fixture
def visitor(client: Client, alice: Membership) -> Client:
    cache.clear()
    client.force_login(alice.user)
    return client


def words(visitor: Client, path: str) -> str:
    return " ".join(visitor.get(path).content.decode().split())


def test_it_is_sent_with_a_press_and_its_way_is_told(
    visitor: Client, sender: Sender, smtp: SmtpServer
):
    address = f"/senders/{sender.public_id}/test/"
    assert address in words(visitor, "/senders/")
    assert "just as your invitations leave" in words(visitor, address)
    assert visitor.get(f"{address}state/").status_code == 204
    assert visitor.post(address).url == address
    shown = words(visitor, address)
    assert "It is about to leave." in shown
    assert f'hx-get="{address}state/"' in shown
    post.send_due()
    state = words(visitor, f"{address}state/")
    assert "The outgoing mail server has taken it." in state
    assert "250 2.0.0 Kept" in state
    assert "Look whether it is in your mailbox" in state
    assert "hx-get" not in state


def test_a_refusal_is_told_with_what_to_do(visitor: Client, sender: Sender, smtp: SmtpServer):
    smtp.refuse("MAIL", "553 5.7.1 <b>Not</b> yours")
    visitor.post(f"/senders/{sender.public_id}/test/")
    post.send_due()
    shown = words(visitor, f"/senders/{sender.public_id}/test/")
    assert "does not accept the sender&#x27;s address. Send from another address" in shown
    assert "The server said: 5.7.1 &lt;b&gt;Not&lt;/b&gt; yours" in shown


def test_what_the_mailbox_says_is_told(visitor: Client, mailbox: Mailbox, smtp: SmtpServer):
    sender = mailbox.sender
    trial = trials.send(sender.owner, sender)
    post.send_due()
    state = f"/senders/{sender.public_id}/test/state/"
    assert "We are waiting for it to arrive" in words(visitor, state)
    trials.note_arrival(trial.message_id, ["mx; spf=pass; dkim=none; dmarc=fail"])
    shown = words(visitor, state)
    assert "It has arrived in the mailbox" in shown
    assert "SPF: It came from a mail server that may send for the domain." in shown
    assert "DKIM: It is not signed." in shown
    assert "DMARC: It does not prove to come from the address’s domain" in shown
    Trial.objects.update(spf="", dkim="", dmarc="")
    assert "has not written down" in words(visitor, state)
    Trial.objects.update(arrived_at=None, created_at=timezone.now() - 2 * trials.PATIENCE)
    assert "It has not arrived in the folder that we read." in words(visitor, state)


def test_too_many_are_refused_in_words(visitor: Client, sender: Sender, monkeypatch):
    monkeypatch.setattr(trials, "A_DAY", 0)
    answer = visitor.post(f"/senders/{sender.public_id}/test/")
    assert "At most ten test mails a day" in answer.content.decode()


def test_others_have_no_such_page(
    client: Client, bob: Membership, mallory: Membership, sender: Sender
):
    Sender.objects.update(available_to_everyone=True)
    for stranger in (bob, mallory):
        client.force_login(stranger.user)
        for path in ("test/", "test/state/"):
            assert client.get(f"/senders/{sender.public_id}/{path}").status_code == 404
        assert client.post(f"/senders/{sender.public_id}/test/").status_code == 404
    assert not Trial.objects.exists()


def test_an_unproved_address_has_none_either(visitor: Client, sender: Sender):
    Sender.objects.update(confirmed_at=None)
    assert visitor.post(f"/senders/{sender.public_id}/test/").status_code == 404
