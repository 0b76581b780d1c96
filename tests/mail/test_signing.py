"""Mails leave with their domain's signature, once its record is published."""

from __future__ import annotations

import datetime as dt

import dkim
import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from convoca.accounts.models import Membership
from convoca.guests.models import Guest
from convoca.invitations.saving import scheduling
from convoca.mail import outbox, secrets
from convoca.mail.models import DkimKey, Preflight, Sender
from convoca.mail.proofs import preflight
from convoca.mail.transport import signing
from convoca.standards.imip.sender_policy import NoAnswer
from convoca.worker import post
from convoca.worker.doctor import sending
from tests.builders import draft
from tests.support.smtp import SmtpServer

NOW = dt.datetime(2026, 11, 20, 10, tzinfo=dt.UTC)
SOON = "2035-11-27 10:00"


@pytest.fixture(autouse=True)
def quick(settings, tmp_path):
    settings.SMTP_TIMEOUT = settings.SMTP_CONNECT_TIMEOUT = 10
    settings.DATA_DIR = tmp_path


def records() -> dict[str, str]:
    return dict(signing.load(row).record for row in DkimKey.objects.all())


def verifies(content: bytes) -> bool:
    """Tell whether the RSA signature holds; dkimpy alone does not know the other one."""
    known = records()
    index = [b"rsa" in one for one in content.split(b"DKIM-Signature:")[1:]].index(True)
    return dkim.DKIM(content).verify(
        idx=index, dnsfunc=lambda name, timeout=5: known[name.decode().rstrip(".")].encode()
    )


@pytest.mark.parametrize("provider", ["", "mailgun"])
def test_invitations_and_notices_leave_signed(
    alice: Membership, sender: Sender, gwen: Guest, smtp: SmtpServer, settings, provider: str
):
    settings.ESP = provider
    settings.DEFAULT_FROM_EMAIL = "Convoca <calendar@cal.example>"
    for domain in ("acme.example", "cal.example"):
        signing.make(domain, NOW)
        signing.start(domain, NOW)
    scheduling.save_event(alice, draft(start=SOON, sender=sender, attendees=[gwen]))
    lone = b"From: Convoca <calendar@cal.example>\nTo: a@b.example\nMessage-ID: <1@x>\n\n.x\n"
    outbox.enqueue_post("code", recipient="a@b.example", content=lone)
    post.send_due()
    contents = [smtp.to(address)[0].data for address in (gwen.email, "a@b.example")]
    assert [content.count(b"DKIM-Signature:") for content in contents] == [2, 2]
    assert all(map(verifies, contents))
    marks = [content.count(b"X-Mailgun-Variables: {") for content in contents]
    assert marks == [1, 1] if provider else [0, 0]


def test_another_domains_mail_is_left_alone(
    alice: Membership, sender: Sender, gwen: Guest, smtp: SmtpServer
):
    signing.make("other.example", NOW)
    signing.start("other.example", NOW)
    signing.make("acme.example", NOW)  # not in use yet
    scheduling.save_event(alice, draft(start=SOON, sender=sender, attendees=[gwen]))
    post.send_due()
    assert b"DKIM-Signature" not in smtp.to(gwen.email)[0].data


def test_a_key_that_cannot_be_read_stops_no_mail(
    alice: Membership, sender: Sender, gwen: Guest, smtp: SmtpServer
):
    signing.make("acme.example", NOW)
    signing.start("acme.example", NOW)
    DkimKey.objects.update(private=b"junk")
    scheduling.save_event(alice, draft(start=SOON, sender=sender, attendees=[gwen]))
    post.send_due()
    assert b"DKIM-Signature" not in smtp.to(gwen.email)[0].data
    assert {one.level for one in sending.check_signing()} == {"ERROR"}


def test_private_keys_are_stored_encrypted(db):
    [rsa, _ed25519] = signing.make("Bücher.example", NOW)
    assert rsa.domain == "xn--bcher-kva.example"
    assert secrets.decrypt(rsa.private).startswith(b"0\x82")
    assert b"RSA" not in bytes(rsa.private)


def test_new_keys_replace_the_old_ones_when_they_sign(db):
    old = signing.make("acme.example", NOW)
    signing.start("acme.example", NOW)
    new = signing.make("acme.example", NOW + dt.timedelta(days=1))
    assert [key.pk for key in signing.start("acme.example", timezone.now())] == [
        key.pk for key in new
    ]
    assert [key.pk for key in signing.of("acme.example")] == [key.pk for key in new]
    assert DkimKey.objects.exclude(ended_at=None).count() == len(old)


def test_the_command_makes_keys_once_and_uses_them(db, capsys):
    call_command("dkim_key", "acme.example")
    call_command("dkim_key", "acme.example")
    shown = capsys.readouterr().out
    assert DkimKey.objects.count() == 2
    assert all(shown.count(f'{name}. IN TXT "{text}"') == 2 for name, text in records().items())
    call_command("dkim_key", "acme.example", sign=True)
    assert DkimKey.objects.filter(signs_from=None).count() == 0
    call_command("dkim_key", "acme.example", stop=True)
    with pytest.raises(CommandError, match="has no key"):
        call_command("dkim_key", "acme.example", sign=True)
    with pytest.raises(CommandError, match="no domain"):
        call_command("dkim_key", "acme")


@pytest.mark.parametrize(
    ("is_published", "is_signing", "level"),
    [
        (True, True, "OK"),
        (True, False, "OK"),
        (False, True, "ERROR"),
        (False, False, "WARNING"),
        (None, True, "WARNING"),
    ],
)
def test_the_doctor_looks_for_the_records(db, monkeypatch, is_published, is_signing, level):
    signing.make("acme.example", NOW)
    if is_signing:
        signing.start("acme.example", NOW)

    def lookup(name: str, kind: str) -> tuple[str, ...]:
        if is_published is None:
            raise NoAnswer
        return (records()[name],) if is_published else ()

    monkeypatch.setattr(preflight, "ask_dns", lambda seconds: lookup)
    findings = list(sending.check_signing())
    assert [one.level for one in findings] == [level, level]
    said = [f'{name}. IN TXT "{text}"' for name, text in records().items()]
    assert level == "OK" or all(map(str.endswith, [one.text for one in findings], said))


def test_a_signed_domain_needs_no_spf(db, sender: Sender):
    published = {"_dmarc.acme.example": "v=DMARC1; p=reject"}

    def facts() -> tuple[str, str]:
        found = preflight.look(
            sender, lambda name, kind: tuple(filter(None, [published.get(name)]))
        )
        return found["dkim"], found["dmarc"]

    assert facts() == ("RELAY", "REFUSED")
    signing.make("acme.example", NOW)
    assert facts() == ("RELAY", "REFUSED")
    signing.start("acme.example", NOW)
    assert facts() == ("UNPUBLISHED", "REFUSED")
    published |= records()
    assert facts() == ("SIGNED", "PROVEN")


def test_what_is_known_of_senders_is_asked_anew_when_signing_changes(db, sender: Sender):
    signing.make("acme.example", NOW)
    for change in (signing.start, signing.stop):
        Preflight.objects.create(sender=sender)
        change("acme.example", NOW)
        assert not Preflight.objects.exists()


def test_silence_about_a_key_of_ours_is_no_verdict(db, sender: Sender):
    signing.make("acme.example", NOW)
    signing.start("acme.example", NOW)

    def lookup(name: str, kind: str) -> tuple[str, ...]:
        if "_domainkey" in name:
            raise NoAnswer
        return ("v=DMARC1; p=reject",) if name.startswith("_dmarc") else ()

    found = preflight.look(sender, lookup)
    assert (found["dkim"], found["dmarc"]) == ("UNKNOWN", "PROVEN")
