"""Mailboxes of sender addresses, through the API."""

from __future__ import annotations

from typing import Any

from convoca.accounts.models import Membership
from convoca.mail import mailboxes
from convoca.mail.models import Mailbox, Sender
from tests.api.conftest import Program
from tests.support.imap import ImapServer, login_at
from tests.support.smtp import SmtpServer


def login(server: Any, **changes: Any) -> dict[str, Any]:
    names = ("host", "port", "security", "username", "password")
    return {name: getattr(server, name) for name in names} | changes


def test_a_mailbox_is_connected_seen_and_disconnected(
    as_alice: Program, sender: Sender, imap: ImapServer
):
    place = f"/senders/{sender.public_id}"
    answer = as_alice.patch(place, {"imap": login(imap)})
    assert answer.status == 200
    shown = answer.json["mailbox"]
    assert (shown["host"], shown["folder"], shown["problem"]) == ("127.0.0.1", "INBOX", "")
    assert "password" not in shown
    assert as_alice.get("/senders").json[0]["mailbox"] == shown
    assert as_alice.patch(place, {"imap": None}).json["mailbox"] is None
    assert mailboxes.of(sender) is None


def test_an_address_comes_with_its_mailbox(as_alice: Program, alice: Membership, imap: ImapServer):
    with SmtpServer(username="info", password="s3cret").running() as server:
        typed = {"email": "info@acme.example", "smtp": login(server)}
        answer = as_alice.post("/senders", typed | {"imap": login(imap, password="wrong")})
        assert (answer.status, answer.fields) == (422, ["imap_password"])
        assert not Sender.objects.exists()
        answer = as_alice.post("/senders", typed | {"imap": login(imap, password="")})
    assert (answer.status, answer.json["confirmed"]) == (201, True)
    assert answer.json["mailbox"]["username"] == "info"


def test_a_mailbox_needs_a_confirmed_address(
    as_alice: Program, alice: Membership, imap: ImapServer
):
    answer = as_alice.post("/senders", {"email": "info@acme.example", "imap": login(imap)})
    assert answer.status == 422
    added = as_alice.post("/senders", {"email": "info@acme.example"})
    answer = as_alice.patch(f"/senders/{added.json['id']}", {"imap": login(imap)})
    assert (answer.status, answer.fields) == (422, ["sender"])


def test_wrong_fields_are_refused(as_alice: Program, sender: Sender):
    place = f"/senders/{sender.public_id}"
    for typed in ({}, {"imap": {}}, {"imap": {"host": "h", "username": "u", "security": "x"}}):
        assert as_alice.patch(place, typed).status == 422


def test_nobody_else_sees_or_changes_it(
    as_bob: Program, as_mallory: Program, mailbox: Mailbox, imap: ImapServer
):
    Sender.objects.update(available_to_everyone=True)
    place = f"/senders/{mailbox.sender.public_id}"
    for program in (as_bob, as_mallory):
        for typed in ({"imap": None}, {"imap": login(imap)}):
            assert program.patch(place, typed).status == 404
    [shared] = [one for one in as_bob.get("/senders").json if one["email"].startswith("alice")]
    assert shared["mailbox"] is None
    assert login_at(imap).password == "s3cret"
    assert mailboxes.of(mailbox.sender) is not None
