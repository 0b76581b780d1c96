"""A sender's own mail server is proved by signing in, and cannot lead us into our network."""

import datetime as dt
import socket
import time

import pytest
from django.utils import timezone

from convoca.accounts.models import Membership
from convoca.mail import outbox, secrets, senders
from convoca.mail.models import Delivery, Halt, Sender
from convoca.mail.proofs import login
from convoca.mail.refusals import LoginRefused
from convoca.mail.senders import SmtpLogin
from convoca.mail.traffic import lanes
from convoca.mail.transport import reach, servers
from convoca.mail.transport.servers import Server
from tests.mail.conftest import outgoing, sent_through, server_at
from tests.support.smtp import SmtpServer


@pytest.fixture(autouse=True)
def private_servers_allowed(settings):
    settings.ALLOW_PRIVATE_SMTP = True
    settings.SMTP_CONNECT_TIMEOUT = settings.SMTP_TIMEOUT = 10


@pytest.fixture(params=["none", "starttls", "tls"])
def own(request, tmp_path, monkeypatch):
    """A server with a login, whose certificate the machine trusts."""
    options = {"username": "info", "password": "s3cret"}
    with SmtpServer(security=request.param, certificates=tmp_path, **options).running() as server:
        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "certificate.pem"))
        yield server


def as_login(smtp: SmtpServer, **changes: object) -> SmtpLogin:
    fields: dict[str, object] = {
        "host": smtp.host,
        "port": smtp.port,
        "security": smtp.security,
        "username": smtp.username,
        "password": smtp.password,
    }
    return SmtpLogin(**(fields | changes))  # type: ignore[arg-type]


def add(member: Membership, smtp: SmtpServer, **changes: object) -> Sender:
    return senders.add(
        member, name="Info", email="info@own.example", login=as_login(smtp, **changes)
    )


def test_a_right_login_confirms_without_a_code(alice: Membership, own: SmtpServer):
    sender = add(alice, own)
    assert sender.confirmed_at
    assert not Delivery.objects.exists()
    assert own.mails == []
    assert senders.choose(alice, sender) == sender


def test_the_password_is_encrypted_and_comes_back(alice: Membership, own: SmtpServer):
    sender = Sender.objects.get(pk=add(alice, own).pk)
    assert b"s3cret" not in bytes(sender.smtp_password)
    assert servers.server_of(sender) == server_at(own, is_system=False)
    assert "s3cret" not in repr(servers.server_of(sender))


def test_mails_leave_through_the_senders_own_server(alice: Membership, own: SmtpServer):
    sender = Sender.objects.get(pk=add(alice, own).pk)
    (outcome,) = sent_through(servers.server_of(sender), [outgoing(1)])
    assert outcome.status == Delivery.Status.SENT
    assert own.mails[0].login == "info"
    assert own.mails[0].is_encrypted == (own.security != "none")


@pytest.mark.parametrize("answer", ["454 4.7.0 Temporary failure", "+ERR what is this?"])
def test_a_login_that_fails_for_now_is_not_called_wrong(own: SmtpServer, answer: str):
    own.refuse("AUTH", answer)
    (outcome,) = sent_through(server_at(own), [outgoing(1)])
    assert outcome.reason == Delivery.Reason.UNREACHABLE


def test_a_wrong_password_is_refused_in_the_servers_words(alice: Membership, own: SmtpServer):
    with pytest.raises(LoginRefused, match="refused the user name or the password") as refusal:
        add(alice, own, password="wrong")
    assert refusal.value.field == "smtp_password"
    assert "535" in refusal.value.answer
    assert not Sender.objects.exists()


def test_an_address_the_login_may_not_send_from_is_refused(alice: Membership, own: SmtpServer):
    own.refuse("MAIL", "553 5.7.1 Not owned by user")
    with pytest.raises(LoginRefused, match="does not let this login send") as refusal:
        add(alice, own)
    assert refusal.value.field == "email"


def test_a_login_that_stopped_working_delays_the_mails(alice: Membership, own: SmtpServer):
    sender = Sender.objects.get(pk=add(alice, own).pk)
    own.password = "changed"
    (outcome,) = sent_through(servers.server_of(sender), [outgoing(1)])
    assert (outcome.status, outcome.reason) == (Delivery.Status.DELAYED, "LOGIN")


def test_a_new_login_takes_the_old_ones_place_and_waiting_mails_leave_with_it(
    alice: Membership, own: SmtpServer
):
    sender = add(alice, own)
    outbox.enqueue_post("k", recipient="a@b.example", content=b"Subject: x\r\n\r\n", sender=sender)
    now = timezone.now()
    lane = lanes.of(sender)
    Halt.objects.create(lane=lane, since=now, until=now + dt.timedelta(hours=4), reason="LOGIN")
    own.password = "an other"
    with pytest.raises(LoginRefused):
        add(alice, own, password="wrong")
    assert lanes.ready(now) == []
    assert add(alice, own, password="an other") == sender
    assert [one.name for one in lanes.ready(timezone.now())] == [lane]
    assert servers.server_of(Sender.objects.get()).password == "an other"


def test_nobody_else_changes_a_login(
    alice: Membership, bob: Membership, mallory: Membership, own: SmtpServer
):
    sender = add(alice, own)
    for other in (bob, mallory):
        assert add(other, own) != sender
    sender.refresh_from_db()
    assert sender.owner == alice


def test_a_changed_key_is_an_error_and_sends_nothing(alice: Membership, own: SmtpServer, settings):
    sender = Sender.objects.get(pk=add(alice, own).pk)
    settings.ENCRYPTION_KEYS = ["another key " * 5]
    with pytest.raises(secrets.WrongKey):
        servers.server_of(sender)


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_a_certificate_nobody_vouches_for_is_refused(alice: Membership, tmp_path, security):
    options = {"username": "info", "password": "s3cret"}
    with (
        SmtpServer(security=security, certificates=tmp_path, **options).running() as server,
        pytest.raises(LoginRefused, match="could not be encrypted safely") as refusal,
    ):
        add(alice, server)
    assert refusal.value.field == "smtp_security"
    assert "certificate is not valid" in refusal.value.answer


def test_a_certificate_of_another_name_is_refused(alice: Membership, tmp_path, monkeypatch):
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "certificate.pem"))
    options = {"username": "info", "password": "s3cret"}
    server = SmtpServer(security="tls", certificates=tmp_path, **options)
    server.host = "127.0.0.2"  # the certificate is of 127.0.0.1
    with (
        server.running(),
        pytest.raises(LoginRefused, match="certificate is not valid"),
    ):
        add(alice, server)


def test_a_server_without_starttls_is_given_no_password(alice: Membership, smtp: SmtpServer):
    with pytest.raises(LoginRefused, match="does not offer STARTTLS"):
        add(alice, smtp, security="starttls", username="info", password="s3cret")


def test_a_server_without_login_is_refused(alice: Membership, smtp: SmtpServer):
    with pytest.raises(LoginRefused, match="offers no way to sign in"):
        add(alice, smtp, username="info", password="s3cret")


def test_a_server_that_is_down_is_refused(alice: Membership, smtp: SmtpServer):
    smtp.shut()
    with pytest.raises(LoginRefused, match="cannot be reached") as refusal:
        add(alice, smtp, username="info", password="s3cret")
    assert refusal.value.field == "smtp_host"


def test_a_server_that_trickles_is_cut_off(alice: Membership, smtp: SmtpServer, monkeypatch):
    monkeypatch.setattr(login, "PROOF_SECONDS", 0.3)
    smtp.stall("EHLO", 60)
    began = time.monotonic()
    with pytest.raises(LoginRefused, match="cannot be reached"):
        add(alice, smtp, username="info", password="s3cret")
    assert time.monotonic() - began < 30


@pytest.mark.parametrize(("username", "password"), [("", "x"), ("x", "")])
def test_a_login_needs_both_name_and_password(alice: Membership, smtp, username, password):
    with pytest.raises(LoginRefused, match="user name and the password"):
        add(alice, smtp, username=username, password=password)
    assert smtp.connections == 0


@pytest.mark.parametrize(
    ("changes", "field", "words"),
    [
        ({"port": 22}, "smtp_port", "25, 465, 587, 2525"),
        ({"security": "none"}, "smtp_security", "encrypted connection"),
        ({"host": "localhost"}, "smtp_host", "no public mail server"),
        ({"host": "127.0.0.1"}, "smtp_host", "no public mail server"),
        ({"host": "does-not-exist.invalid"}, "smtp_host", "no public mail server"),
        ({"host": ""}, "smtp_host", "no public mail server"),
        ({"host": "a..b"}, "smtp_host", "no public mail server"),
    ],
)
def test_members_reach_only_public_mail_servers(settings, changes, field, words):
    settings.ALLOW_PRIVATE_SMTP = False
    server = Server(
        **(
            {
                "host": "mail.example",
                "port": 587,
                "security": "starttls",
                "username": "x",
                "password": "y",
            }
            | changes
        )
    )
    with pytest.raises(LoginRefused, match=words) as refusal:
        login.prove(server, "info@own.example")
    assert refusal.value.field == field


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "10.1.2.3",
        "172.16.0.1",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "0.0.0.0",
        "224.0.0.1",
        "::1",
        "fe80::1%eth0",
        "fd00::1",
        "::ffff:127.0.0.1",
        "::ffff:10.0.0.1",
        "2002:7f00:1::",
        "64:ff9b::7f00:1",
        "2001:0:7f00:1::",
    ],
)
def test_no_private_address_counts_as_public(monkeypatch, address):
    answer = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, 0))]
    public = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("8.8.8.8", 0))]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *args, **kwargs: public + answer)
    with pytest.raises(reach.NotPublic):
        reach.public_addresses("mail.example")


def test_a_public_address_is_public(monkeypatch):
    answer = [
        (socket.AF_INET, socket.SOCK_STREAM, 6, "", ("8.8.8.8", 0)),
        (socket.AF_INET6, socket.SOCK_STREAM, 6, "", ("2606:4700::1111", 0)),
    ]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *args, **kwargs: answer)
    assert reach.public_addresses("mail.example") == ["8.8.8.8", "2606:4700::1111"]


def test_a_name_that_moves_into_our_network_is_not_followed(smtp: SmtpServer, settings):
    """What was public when it was added may lead elsewhere when a mail is sent."""
    settings.ALLOW_PRIVATE_SMTP = False
    (outcome,) = sent_through(server_at(smtp, is_system=False), [outgoing(1)])
    assert (outcome.status, outcome.reason) == (Delivery.Status.DELAYED, "UNREACHABLE")
    assert "no public server" in outcome.response
    assert smtp.connections == 0
