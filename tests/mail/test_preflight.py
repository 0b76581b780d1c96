"""Will mails from an address arrive? What DNS says, asked by the worker, kept for the page."""

from __future__ import annotations

import datetime as dt

import pytest

from convoca.mail.models import Preflight, Sender
from convoca.mail.proofs import preflight
from convoca.standards.imip.sender_policy import NoAnswer

NOW = dt.datetime(2026, 3, 1, 10, tzinfo=dt.UTC)


@pytest.fixture(autouse=True)
def ours(settings):
    settings.OUTBOUND_ADDRESSES = ["192.0.2.10"]
    settings.REPLY_DOMAIN = ""


def dns(spf: str = "", dmarc: str = "", **others: str):
    texts = {"acme.example": spf, "_dmarc.acme.example": dmarc} | others
    return lambda name, kind: (texts[name],) if texts.get(name) else ()


def silence(name: str, kind: str) -> tuple[str, ...]:
    raise NoAnswer


STRICT = "v=DMARC1; p=reject"


@pytest.mark.parametrize(
    ("spf", "dmarc", "expected", "level"),
    [
        ("v=spf1 ip4:192.0.2.10 -all", STRICT, ("ALLOWED", "PROVEN"), "GOOD"),
        ("v=spf1 ip4:192.0.2.10 -all", "", ("ALLOWED", "MISSING"), "GOOD"),
        ("v=spf1 -all", "v=DMARC1; p=none", ("OTHERS", "WATCHED"), "DOUBTFUL"),
        ("v=spf1 -all", STRICT, ("OTHERS", "REFUSED"), "BAD"),
        ("", "", ("MISSING", "MISSING"), "DOUBTFUL"),
        ("v=spf1 nonsense", "", ("BROKEN", "MISSING"), "DOUBTFUL"),
    ],
)
def test_what_dns_says(sender: Sender, spf: str, dmarc: str, expected, level: str):
    facts = preflight.look(sender, dns(spf, dmarc))
    assert (facts["spf"], facts["dmarc"]) == expected
    assert Preflight(sender=sender, **facts).level == level


def test_the_worst_of_several_addresses_counts(sender: Sender, settings):
    settings.OUTBOUND_ADDRESSES = ["192.0.2.10", "2001:db8::1"]
    assert preflight.look(sender, dns("v=spf1 ip4:192.0.2.10 -all"))["spf"] == "OTHERS"


def test_an_own_server_is_its_owners_matter(sender: Sender):
    sender.smtp_host = "mail.acme.example"
    facts = preflight.look(sender, dns("v=spf1 -all", STRICT))
    assert facts == {"spf": "OWN_SERVER", "dkim": "OWN_SERVER", "dmarc": "PROVEN", "address": ""}


def test_silence_is_no_verdict(sender: Sender):
    facts = preflight.look(sender, silence)
    assert (facts["spf"], facts["dkim"], facts["dmarc"]) == ("UNKNOWN", "RELAY", "UNKNOWN")
    assert facts["address"] == "192.0.2.10"


def test_a_relay_inside_is_not_known_outside(sender: Sender, settings):
    settings.OUTBOUND_ADDRESSES = []
    settings.SMTP_URL = "smtp://127.0.0.1:25"
    assert preflight.look(sender, dns("v=spf1 -all"))["spf"] == "UNKNOWN"


@pytest.mark.parametrize(
    ("reply_domain", "dmarc"),
    [
        ("reply.acme.example", "PROVEN"),
        ("closed.acme.example", "REFUSED"),
        ("x.example", "REFUSED"),
    ],
)
def test_the_envelope_decides_what_spf_proves(sender, settings, reply_domain: str, dmarc: str):
    settings.REPLY_DOMAIN = reply_domain
    spf = "v=spf1 ip4:192.0.2.10 -all"
    known = {"reply.acme.example": spf, "x.example": spf}
    assert preflight.look(sender, dns(spf, STRICT, **known))["dmarc"] == dmarc


@pytest.mark.parametrize(
    ("spf", "address", "record"),
    [
        ("OTHERS", "192.0.2.10", "ip4:192.0.2.10"),
        ("MISSING", "2001:db8::1", "v=spf1 ip6:2001:db8::1 ~all"),
        ("ALLOWED", "192.0.2.10", ""),
        ("MISSING", "", ""),
    ],
)
def test_it_says_what_to_publish(spf: str, address: str, record: str):
    assert Preflight(spf=spf, address=address).record == record


def test_the_worker_looks_once_a_day(sender: Sender):
    preflight.check_due(NOW)
    assert Preflight.objects.get().checked_at == NOW
    preflight.check_due(NOW + dt.timedelta(hours=23))
    assert Preflight.objects.get().checked_at == NOW
    preflight.check_due(NOW + dt.timedelta(hours=25))
    assert Preflight.objects.get().checked_at == NOW + dt.timedelta(hours=25)


def test_unconfirmed_and_removed_ones_are_left_out(sender: Sender):
    Sender.objects.update(confirmed_at=None)
    preflight.check_due(NOW)
    Sender.objects.update(confirmed_at=NOW, deleted_at=NOW)
    preflight.check_due(NOW)
    assert not Preflight.objects.exists()


def test_names_that_are_nobodys_are_not_asked_for():
    assert preflight.ask_dns(0)("acme.example", "TXT") == ()
    with pytest.raises(NoAnswer):
        preflight.ask_dns(0)("acme.com", "TXT")
