"""Connecting a sender's mailbox in the browser, and what the list of senders says of it."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from convoca.accounts.models import Membership, Role
from convoca.mail import mailboxes
from convoca.mail.models import Mailbox, Sender
from convoca.notifications.models import Notification
from tests.support.imap import ImapServer, login_at


@pytest.fixture
def visitor(client: Client, alice: Membership) -> Client:
    client.force_login(alice.user)
    return client


def typed(server: ImapServer, **changes: Any) -> dict[str, Any]:
    login = login_at(server, **changes)
    names = ("host", "port", "security", "username", "password", "folder")
    return {f"imap_{name}": getattr(login, name) for name in names}


def page(visitor: Client, path: str = "/senders/") -> str:
    return " ".join(visitor.get(path).content.decode().split())


def test_the_form_guesses_the_server(visitor: Client, sender: Sender):
    Sender.objects.update(smtp_host="smtp.acme.example", smtp_username="alice")
    shown = page(visitor, f"/senders/{sender.public_id}/mailbox/")
    assert 'value="imap.acme.example"' in shown
    assert 'value="alice"' in shown


def test_what_connecting_is_good_for_depends_on_the_reply_domain(
    visitor: Client, sender: Sender, settings: Any
):
    address = f"/senders/{sender.public_id}/mailbox/"
    assert "that answer arrives in this mailbox" in page(visitor, address)
    settings.REPLY_DOMAIN = "reply.example"
    assert "reach us anyway" in page(visitor, address)


def test_a_mailbox_is_connected_and_disconnected(visitor: Client, sender: Sender, imap: ImapServer):
    address = f"/senders/{sender.public_id}/mailbox/"
    assert address in page(visitor)
    assert visitor.post(address, typed(imap)).url == "/senders/"
    assert mailboxes.of(sender) is not None
    shown = page(visitor)
    assert "Answers that arrive at alice@acme.example are being read now." in shown
    assert "Reading answers, last looked now" in shown
    assert "s3cret" not in page(visitor, address)
    assert visitor.post(f"{address}end/").url == "/senders/"
    assert mailboxes.of(sender) is None


def test_a_wrong_password_stands_at_its_field(visitor: Client, sender: Sender, imap: ImapServer):
    answer = visitor.post(
        f"/senders/{sender.public_id}/mailbox/", typed(imap, password="wr0ng", folder="")
    )
    assert list(answer.context["form"].errors) == ["imap_password"]
    assert "wr0ng" not in answer.content.decode()
    assert not Mailbox.objects.exists()


def test_a_stored_password_goes_to_its_own_server_only(
    visitor: Client, mailbox: Mailbox, imap: ImapServer
):
    address = f"/senders/{mailbox.sender.public_id}/mailbox/"
    assert visitor.post(address, typed(imap, password="")).url == "/senders/"
    before = imap.connections
    for changes in ({"host": "localhost"}, {"username": "other"}):
        answer = visitor.post(address, typed(imap, password="", **changes))
        assert list(answer.context["form"].errors) == ["imap_password"]
    assert imap.connections == before


def test_trouble_is_said_and_can_be_mended(visitor: Client, mailbox: Mailbox):
    since = timezone.now() - timezone.timedelta(hours=2)
    Mailbox.objects.update(reason="UNREACHABLE", failing_since=since)
    assert "cannot be reached. This has lasted 2 hours; we go on trying." in page(visitor)
    Mailbox.objects.update(reason="LOGIN", stopped_at=since)
    assert "refused the user name or the password. Type the login again." in page(visitor)


def test_a_server_that_vouches_for_nobody_is_told(visitor: Client, mailbox: Mailbox):
    address = f"/senders/{mailbox.sender.public_id}/mailbox/"
    words = "This server does not say whether a sender is genuine"
    assert words not in page(visitor, address)
    Mailbox.objects.update(authserv_id="", greeting_id="")
    assert words in page(visitor, address)


def test_the_bell_leads_to_the_senders(visitor: Client, alice: Membership):
    news = Notification.objects.create(
        member=alice,
        kind="MAILBOX",
        key="m",
        facts={"email": "alice@acme.example", "reason": "LOGIN", "is_stopped": True},
    )
    assert "Answers that arrive at alice@acme.example are not being read" in page(visitor, "/bell/")
    assert visitor.get(f"/bell/{news.public_id}/").url == "/senders/"


def test_nobody_elses_mailbox_is_seen_or_changed(
    client: Client, mailbox: Mailbox, bob: Membership, mallory: Membership
):
    Membership.objects.filter(pk=bob.pk).update(role=Role.ADMIN)
    Sender.objects.update(available_to_everyone=True)
    address = f"/senders/{mailbox.sender.public_id}/mailbox/"
    for member in (bob, mallory):
        client.force_login(member.user)
        assert "Reading answers" not in page(client)
        assert client.get(address).status_code == 404
        assert client.post(address, {}).status_code == 404
        assert client.post(f"{address}end/").status_code == 404
    assert mailboxes.of(mailbox.sender) is not None


def test_an_address_that_is_not_confirmed_has_no_mailbox(visitor: Client, sender: Sender):
    Sender.objects.update(confirmed_at=None)
    assert visitor.get(f"/senders/{sender.public_id}/mailbox/").status_code == 404


def test_the_list_asks_the_database_once_for_all_mailboxes(
    visitor: Client, mailbox: Mailbox, alice: Membership, django_assert_max_num_queries: Any
):
    for number in range(9):
        Sender.objects.create(
            team=alice.team,
            owner=alice,
            name="S",
            email=f"s{number}@acme.example",
            email_key=f"s{number}@acme.example",
            confirmed_at=timezone.now(),
        )
    with django_assert_max_num_queries(14):
        visitor.get("/senders/")
