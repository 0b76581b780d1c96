"""Whose word proves a From address: the topmost verdict of the server we believe."""

import pytest

from convoca.standards.imip.authentication import is_proven

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
