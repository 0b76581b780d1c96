"""Whose word proves a From address: the topmost verdict of the server we believe."""

import pytest

from convoca.standards.imip.authentication import is_proven
from convoca.standards.imip.verdicts import summary

MX = "mx.acme.example"
PASS = f"{MX}; spf=pass smtp.mailfrom=x@y.example; dmarc=pass (p=reject) header.from=Guest.example"


def mail(*results: str) -> bytes:
    head = "".join(f"Authentication-Results: {one}\r\n" for one in results)
    return f"{head}From: gwen@guest.example\r\n\r\nHi".encode()


def test_dmarc_of_our_server_proves_the_domain():
    assert is_proven(mail(PASS), "gwen@guest.example", MX)
    assert is_proven(
        mail(f"{MX} 1;\r\n dmarc=pass\r\n header.from=guest.example"), "g@guest.example", MX
    )


@pytest.mark.parametrize(
    "results",
    [
        "dmarc=none header.from=guest.example; dkim=pass header.d=guest.example",
        "dkim = pass (2048-bit key) header.i=@Guest.example header.s=s1",
        'dkim/1=pass reason="good; very" header.i=gwen@guest.example',
        "dkim=fail header.d=guest.example; spf=pass smtp.mailfrom=bounce@guest.example",
        "SPF=pass smtp.mailfrom=guest.example",
        "dkim=pass header.d=list.example; dkim=pass header.d=guest.example",
    ],
)
def test_without_a_policy_a_signature_or_server_of_the_domain_does(results: str):
    assert is_proven(mail(f"{MX}; {results}"), "gwen@guest.example", MX)
    assert not is_proven(mail(f"{MX}; dmarc=fail; {results}"), "gwen@guest.example", MX)
    assert not is_proven(mail(f"{MX}; {results}"), "gwen@sub.guest.example", MX)


CHOSEN = "dmarc=pass header.from=guest.example"


@pytest.mark.parametrize(
    "results",
    [
        f'spf=pass smtp.mailfrom="a; {CHOSEN}; x"@evil.example',
        f'spf=pass smtp.mailfrom="a\\"; {CHOSEN}; x"@evil.example',
        f"spf=pass (a (b) ; {CHOSEN}) smtp.mailfrom=evil.example",
        f'spf=pass reason="(" x="; {CHOSEN} "',
        f"spf=pass (\\) ; {CHOSEN}) smtp.mailfrom=evil.example",
        'spf=pass smtp.mailfrom="x@guest.example ,"@evil.example',
        "dkim=pass header.d=evil.example header.i=@evil.example x.y=guest.example",
        "dkim=pass header.from=guest.example; spf=pass smtp.helo=guest.example",
        "dkim=fail header.d=guest.example; spf=softfail smtp.mailfrom=guest.example",
        "dmarc=temperror header.from=guest.example; dkim=pass header.d=guest.example",
        "dmarc=pass header.from=evil.example; dkim=pass header.d=guest.example",
        "none",
        "=;==;;a.b=c",
    ],
)
def test_what_a_stranger_chooses_does_not(results: str):
    assert not is_proven(mail(f"{MX}; {results}"), "gwen@guest.example", MX)


@pytest.mark.parametrize(
    ("data", "address", "server"),
    [
        (mail(PASS), "gwen@guest.example", ""),
        (mail(PASS), "gwen@guest.example", "mx.other.example"),
        (mail(PASS), "gwen@other.example", MX),
        (mail(), "gwen@guest.example", MX),
        (mail(PASS.replace("dmarc=pass", "dmarc=fail")), "gwen@guest.example", MX),
        (mail(f"{MX}; none", PASS), "gwen@guest.example", MX),
        (
            mail(f"{MX}; dmarc=fail; x=(dmarc=pass header.from=guest.example)"),
            "g@guest.example",
            MX,
        ),
        (mail(";"), "gwen@guest.example", MX),
        (b"x" * (11 * 1024 * 1024), "gwen@guest.example", MX),
    ],
)
def test_nothing_else_does(data: bytes, address: str, server: str):
    assert not is_proven(data, address, server)


@pytest.mark.parametrize(
    ("headers", "found"),
    [
        ([], {}),
        ([f"{MX}; none"], {}),
        (
            [f"{MX}; dkim=fail; dkim=pass; dkim=none", f"{MX}; spf=softfail"],
            {"dkim": "pass", "spf": "softfail"},
        ),
        ([f"{MX}; dmarc=fail", "evil.example; dmarc=pass", f"{MX}; spf=pass"], {"dmarc": "fail"}),
        (["; dmarc=pass", f"{MX}; spf=pass"], {"dmarc": "pass", "spf": "pass"}),
        ([f"{MX}; arc=pass; DKIM=Fail (dmarc=pass)"], {"dkim": "fail"}),
    ],
)
def test_a_server_sums_up_what_it_makes_of_a_mail(headers: list[str], found: dict[str, str]):
    assert summary(headers) == found
