"""SPF and DMARC as receivers read them, against a DNS of our own."""

from __future__ import annotations

from ipaddress import ip_address

import pytest

from convoca.standards.imip.sender_policy import (
    Dmarc,
    NoAnswer,
    Spf,
    check_spf,
    find_dmarc,
    is_aligned,
    parse_address,
)

OURS = ip_address("192.0.2.10")
OURS_6 = ip_address("2001:db8::10")


def dns(**records: str):
    """Return a lookup; `_` in a name stands for a dot, several texts are separated by `|`."""
    known = {key.replace("__", "-").replace("_", "."): text for key, text in records.items()}

    def lookup(name: str, kind: str) -> tuple[str, ...]:
        text = known.get(f"{kind}.{name.removeprefix('_dmarc.')}", "")
        if text == "silence":
            raise NoAnswer
        return tuple(text.split("|")) if text else ()

    return lookup


@pytest.mark.parametrize(
    ("record", "expected"),
    [
        ("v=spf1 ip4:192.0.2.0/24 -all", Spf.ALLOWED),
        ("v=spf1 ip4:192.0.2.10 ~all", Spf.ALLOWED),
        ("v=spf1 ip4:198.51.100.1 -all", Spf.OTHERS),
        ("v=spf1 -ip4:192.0.2.10 +all", Spf.OTHERS),
        ("v=spf1 +all", Spf.ALLOWED),
        ("v=spf1 ?all", Spf.OTHERS),
        ("v=spf1 a -all", Spf.ALLOWED),
        ("v=spf1 a:other.example -all", Spf.OTHERS),
        ("v=spf1 a:other.example/16 -all", Spf.ALLOWED),
        ("v=spf1 mx -all", Spf.ALLOWED),
        ("v=spf1 mx:none.example -all", Spf.OTHERS),
        ("v=spf1 include:provider.example -all", Spf.ALLOWED),
        ("v=spf1 include:nobody.example -all", Spf.BROKEN),
        ("v=spf1 redirect=provider.example", Spf.ALLOWED),
        ("v=spf1 exp=why.example exists:%{i}.x.example ptr -all", Spf.OTHERS),
        ("v=spf1 include:%{d}.x.example -all", Spf.OTHERS),
        ("v=spf1 ip4:no-address -all", Spf.BROKEN),
        ("v=spf1 whatever -all", Spf.BROKEN),
        ("v=spf1 include:loop.example -all", Spf.BROKEN),
        ("v=spf1 -all|v=spf1 +all", Spf.BROKEN),
        ("v=spf1", Spf.OTHERS),
        ("something else", Spf.MISSING),
        ("", Spf.MISSING),
    ],
)
def test_spf(record: str, expected: Spf):
    lookup = dns(
        TXT_acme_example=record,
        A_acme_example="192.0.2.10",
        A_other_example="192.0.99.1",
        MX_acme_example="10 mail.acme.example.",
        A_mail_acme_example="192.0.2.10",
        TXT_provider_example="v=spf1 ip4:192.0.2.0/24 -all",
        TXT_loop_example="v=spf1 include:loop.example",
    )
    assert check_spf("acme.example", OURS, lookup) == expected


def test_spf_of_an_ipv6_address():
    lookup = dns(TXT_acme_example="v=spf1 a/24 ip6:2001:db8::/32 -all", AAAA_acme_example="::1")
    assert check_spf("acme.example", OURS_6, lookup) == Spf.ALLOWED


def test_a_silent_dns_says_nothing():
    with pytest.raises(NoAnswer):
        check_spf("acme.example", OURS, dns(TXT_acme_example="silence"))


@pytest.mark.parametrize(
    ("records", "expected"),
    [
        ({"TXT_acme_example": "v=DMARC1; p=reject; rua=mailto:x@y"}, ("reject", "acme.example")),
        ({"TXT_acme_example": "v=DMARC1"}, ("none", "acme.example")),
        ({"TXT_acme_example": "hello|v=DMARC1;p=none"}, ("none", "acme.example")),
        ({"TXT_example": "v=DMARC1; p=reject"}, None),
        ({}, None),
    ],
)
def test_dmarc(records: dict[str, str], expected: tuple[str, str] | None):
    found = find_dmarc("acme.example", dns(**records))
    assert found == (Dmarc(policy=expected[0], domain=expected[1]) if expected else None)


def test_a_parent_speaks_for_its_subdomains():
    lookup = dns(TXT_acme_example="v=DMARC1; p=none; sp=quarantine")
    found = find_dmarc("mail.acme.example", lookup)
    assert found == Dmarc(policy="quarantine", domain="acme.example")
    assert found.is_strict


@pytest.mark.parametrize(
    ("envelope", "aligned"),
    [
        ("a@acme.example", True),
        ("bounce+1@reply.acme.example", True),
        ("a@other.example", False),
        ("a@notacme.example", False),
    ],
)
def test_alignment_is_relaxed(envelope: str, aligned: bool):
    assert is_aligned(envelope, "acme.example") == aligned


def test_addresses_are_parsed():
    assert parse_address("192.0.2.10") == OURS
    assert parse_address("mail.acme.example") is None
