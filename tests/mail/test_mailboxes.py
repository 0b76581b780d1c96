"""Connecting a mailbox: after a real login only, and only where a member may lead us."""

from __future__ import annotations

import socket

import pytest
from django.core.cache import cache

from convoca.accounts.models import Membership
from convoca.mail import mailboxes, secrets, senders
from convoca.mail.models import Delivery, Mailbox, Sender
from convoca.mail.refusals import LoginRefused, NotYours, SenderNotConfirmed
from convoca.mail.senders import SmtpLogin
from tests.support.imap import ImapServer, login_at
from tests.support.letters import Letters
from tests.support.smtp import SmtpServer


def test_a_right_login_connects_and_reads_from_now_on(
    alice: Membership, sender: Sender, imap: ImapServer
):
    imap.deliver(b"Subject: old\r\n\r\n")
    mailbox = mailboxes.connect(alice, sender, login_at(imap))
    assert (mailbox.last_uid, mailbox.folder, mailbox.authserv_id) == (101, "INBOX", "")
    assert mailboxes.of(sender) == mailbox
    stored = Mailbox.objects.get()
    assert b"s3cret" not in bytes(stored.password)
    assert secrets.decrypt(stored.password) == b"s3cret"


def test_the_mailbox_is_told_in_its_owners_language(
    alice: Membership, sender: Sender, imap: ImapServer, letters: Letters
):
    alice.user.language = "es"
    alice.user.save()
    mailbox = mailboxes.connect(alice, sender, login_at(imap))
    [letter] = letters("alice@acme.example")
    assert letter.subject.endswith("alice@acme.example")
    assert "Alice Álvarez (Acme) ha conectado este buzón" in " ".join(letter.text.split())
    assert mailbox.greeting_id.endswith("@cal.example>")


def test_nobody_can_have_us_write_without_end(
    alice: Membership, sender: Sender, imap: ImapServer, monkeypatch
):
    monkeypatch.setattr(mailboxes, "GREETINGS_A_DAY", 1)
    for _ in range(3):
        mailbox = mailboxes.connect(alice, sender, login_at(imap))
    assert Delivery.objects.count() == 1
    assert mailbox.greeting_id == ""


def test_nobody_guesses_passwords_through_us(
    alice: Membership, sender: Sender, imap: ImapServer, monkeypatch
):
    monkeypatch.setattr(mailboxes, "TRIES_AN_HOUR", 2)
    for words in ("refused", "refused", "Too many tries"):
        with pytest.raises(LoginRefused, match=words):
            mailboxes.connect(alice, sender, login_at(imap, password="wrong"))
    assert imap.connections == 2


@pytest.fixture(params=["starttls", "tls"])
def encrypted(request, tmp_path, settings):
    settings.ALLOW_PRIVATE_SMTP = True
    settings.SMTP_TIMEOUT = settings.SMTP_CONNECT_TIMEOUT = 10
    cache.clear()
    with ImapServer(security=request.param, certificates=tmp_path).running() as server:
        yield server


def test_an_encrypted_server_is_verified(
    alice: Membership, sender: Sender, encrypted: ImapServer, tmp_path, monkeypatch
):
    with pytest.raises(LoginRefused, match="could not be encrypted safely") as refusal:
        mailboxes.connect(alice, sender, login_at(encrypted))
    assert refusal.value.field == "imap_security"
    assert "certificate is not valid" in refusal.value.answer
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "certificate.pem"))
    assert mailboxes.connect(alice, sender, login_at(encrypted)).security == encrypted.security
    monkeypatch.setattr(ImapServer, "host", "127.0.0.2")  # the certificate is of 127.0.0.1
    encrypted.heal()
    with pytest.raises(LoginRefused, match="certificate is not valid"):
        mailboxes.connect(alice, sender, login_at(encrypted))


@pytest.mark.parametrize(
    ("changes", "field", "words"),
    [
        ({"password": "wrong"}, "imap_password", "refused the user name or the password"),
        ({"folder": "Nowhere"}, "imap_folder", "no such folder"),
        ({"security": "starttls"}, "imap_security", "does not offer STARTTLS"),
        ({"security": "tls"}, "imap_security", "could not be encrypted safely"),
        ({"port": 1}, "imap_host", "cannot be reached"),
        ({"username": ""}, "imap_username", "Write the user name and the password"),
    ],
)
def test_a_wrong_login_is_refused_where_it_was_typed(
    alice: Membership, sender: Sender, imap: ImapServer, changes, field: str, words: str
):
    with pytest.raises(LoginRefused, match=words) as refusal:
        mailboxes.connect(alice, sender, login_at(imap, **changes))
    assert refusal.value.field == field
    assert not Mailbox.objects.exists()
    assert not Delivery.objects.exists()


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"port": 22}, "imap_port"),
        ({"port": 143, "security": "none"}, "imap_security"),
        ({"port": 993, "security": "tls"}, "imap_host"),
        ({"port": 993, "security": "tls", "host": "localhost"}, "imap_host"),
    ],
)
def test_no_member_leads_us_into_our_network(
    alice: Membership, sender: Sender, imap: ImapServer, settings, changes, field: str
):
    settings.ALLOW_PRIVATE_SMTP = False
    with pytest.raises(LoginRefused) as refusal:
        mailboxes.connect(alice, sender, login_at(imap, **changes))
    assert refusal.value.field == field
    assert imap.connections == 0


def test_a_name_that_moves_into_our_network_is_not_followed(
    alice: Membership, sender: Sender, imap: ImapServer, settings, monkeypatch
):
    """What was public when it was looked at may lead elsewhere when it is connected to."""
    settings.ALLOW_PRIVATE_SMTP = False
    kind = (socket.AF_INET, socket.SOCK_STREAM, 6, "")
    answers = iter([[(*kind, ("8.8.8.8", 0))], [(*kind, ("127.0.0.1", 0))]])
    monkeypatch.setattr(socket, "getaddrinfo", lambda *args, **kwargs: next(answers))
    monkeypatch.setattr(mailboxes, "PORTS", {"tls": imap.port})
    typed = login_at(imap, host="mail.example", security="tls")
    with pytest.raises(LoginRefused, match="no public server"):
        mailboxes.connect(alice, sender, typed)
    assert imap.connections == 0


def test_only_the_owner_connects_and_only_a_confirmed_address(
    alice: Membership, bob: Membership, mallory: Membership, sender: Sender, imap: ImapServer
):
    for other in (bob, mallory):
        with pytest.raises(NotYours):
            mailboxes.connect(other, sender, login_at(imap))
    sender.confirmed_at = None
    with pytest.raises(SenderNotConfirmed):
        mailboxes.connect(alice, sender, login_at(imap))


def test_disconnecting_erases_the_login(
    mailbox: Mailbox, alice: Membership, bob: Membership, mallory: Membership
):
    for other in (bob, mallory):
        with pytest.raises(NotYours):
            mailboxes.disconnect(other, mailbox.sender)
    mailboxes.disconnect(alice, mailbox.sender)
    mailbox.refresh_from_db()
    assert mailboxes.of(mailbox.sender) is None
    assert (bytes(mailbox.password), mailbox.username, mailbox.due_at) == (b"", "", None)


def test_connected_again_it_begins_anew(mailbox: Mailbox, alice: Membership, imap: ImapServer):
    mailboxes.disconnect(alice, mailbox.sender)
    imap.deliver(b"Subject: meanwhile\r\n\r\n")
    again = mailboxes.connect(alice, mailbox.sender, login_at(imap))
    assert (again.pk, again.last_uid, again.ended_at) == (mailbox.pk, 101, None)


def test_with_a_new_password_reading_goes_on_where_it_ended(
    mailbox: Mailbox, alice: Membership, imap: ImapServer
):
    Mailbox.objects.update(stopped_at=mailbox.connected_at, reason="LOGIN", due_at=None)
    imap.password = "new"
    imap.deliver(b"Subject: meanwhile\r\n\r\n")
    again = mailboxes.connect(alice, mailbox.sender, login_at(imap))
    assert (again.last_uid, again.authserv_id) == (100, "mx.acme.example")
    assert (again.stopped_at, again.reason) == (None, "")
    assert again.due_at is not None


def test_an_address_added_again_is_read_once(mailbox: Mailbox, alice: Membership, imap: ImapServer):
    senders.remove(alice, mailbox.sender)
    again = senders.default_for(alice)
    assert again is not None
    newer = mailboxes.connect(alice, again, login_at(imap))
    assert list(Mailbox.objects.filter(ended_at=None)) == [newer]


@pytest.mark.parametrize("username", ['a"b\\c d', "ñandú"])
def test_any_name_is_one_word_to_the_server(
    alice: Membership, sender: Sender, imap: ImapServer, username: str
):
    with ImapServer(username=username).running() as server:
        typed = login_at(server)
        assert mailboxes.prove(sender, typed).folder.uidnext == 101


@pytest.fixture
def own(imap: ImapServer):
    with SmtpServer(username="info", password="s3cret").running() as server:
        yield SmtpLogin(
            host=server.host,
            port=server.port,
            security="none",
            username="info",
            password="s3cret",
        )


def test_an_address_is_added_with_its_mailbox_at_once(
    alice: Membership, own: SmtpLogin, imap: ImapServer
):
    sender = senders.add(
        alice,
        name="Info",
        email="info@own.example",
        login=own,
        mailbox=login_at(imap, password=""),
    )
    mailbox = mailboxes.of(sender)
    assert mailbox is not None
    assert secrets.decrypt(mailbox.password) == b"s3cret"


def test_an_address_whose_mailbox_refuses_is_not_added(
    alice: Membership, own: SmtpLogin, imap: ImapServer
):
    wrong = login_at(imap, password="wrong")
    with pytest.raises(LoginRefused):
        senders.add(alice, name="I", email="info@own.example", login=own, mailbox=wrong)
    assert not Sender.objects.exists()


@pytest.mark.parametrize(
    ("smtp", "imap_host"),
    [
        ("smtp.own.example", "imap.own.example"),
        ("SMTPS.own.example", "imap.own.example"),
        ("mail.own.example", "mail.own.example"),
        ("smtp.gmail.com", "imap.gmail.com"),
    ],
)
def test_the_server_is_guessed_from_the_one_that_sends(sender: Sender, smtp: str, imap_host: str):
    sender.smtp_host, sender.smtp_username = smtp, "info"
    guess = mailboxes.guess(sender)
    assert (guess.host, guess.port, guess.username) == (imap_host, 993, "info")


def test_a_removed_address_is_read_while_its_events_run(mailbox: Mailbox, alice: Membership):
    senders.remove(alice, mailbox.sender)
    senders.forget_logins(in_use={mailbox.sender_id})
    assert mailboxes.of(mailbox.sender) == mailbox
    senders.forget_logins(in_use=set())
    assert mailboxes.of(mailbox.sender) is None
