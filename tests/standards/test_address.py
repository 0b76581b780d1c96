"""Addresses: one spelling for comparing, and what mail can be sent to."""

import pytest

from convoca.standards.ical import address


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("MAILTO:Gwen@Guest.Example", "gwen@guest.example"),
        ("  gwen@guest.example ", "gwen@guest.example"),
        ("gwen@Bücher.example", "gwen@xn--bcher-kva.example"),
        ("Ñandú@correo.example", "ñandú@correo.example"),
        ("gwen@bad\u3002..é.example", "gwen@bad\u3002..é.example"),
        ("urn:uuid:ABC", "urn:uuid:abc"),
        ("", ""),
    ],
)
def test_addresses_have_one_spelling(text, expected):
    assert address.normalise(text) == expected
    assert address.normalise(expected) == expected


@pytest.mark.parametrize(
    "text",
    [
        "gwen@guest.example",
        "g.w+e_n@a-b.guest.example",
        "ñ@correo.example",
        "o'neil@bücher.example",
    ],
)
def test_address_is_one(text):
    assert address.is_address(text)


@pytest.mark.parametrize(
    "text",
    [
        *(
            "",
            "gwen",
            "gwen@",
            "@guest.example",
            "gwen@localhost",
            "gwen@1.2.3.4",
            "gwen@[1.2.3.4]",
        ),
        *("g w@guest.example", "gwen@guest.example\r\nBcc: x@y.example", "g\x00@guest.example"),
        *(".gwen@guest.example", "gw..en@guest.example", '"g w"@guest.example', "a@b@c.example"),
        *("gwen@-guest.example", "gwen@gu_est.example", "g" * 65 + "@guest.example"),
        *(
            "gwen@" + "a" * 64 + ".example",
            "gwen@" + "a." * 127 + "example",
            "\ud800@guest.example",
        ),
        *("gwen,gus@guest.example", "<gwen@guest.example>", "gwen@guest.example;"),
    ],
)
def test_address_is_none(text):
    assert not address.is_address(text)


def test_name_and_address_are_told_apart():
    assert address.parse("Gwen López <GWEN@guest.example>") == ("Gwen López", "gwen@guest.example")
    assert address.parse("gwen@guest.example") == ("", "gwen@guest.example")
    assert address.parse("just Gwen") == ("just Gwen", "")


def test_address_is_shown_in_its_own_script():
    assert address.display("gwen@xn--bcher-kva.example") == "gwen@bücher.example"
    assert address.display("gwen@guest.example") == "gwen@guest.example"
    assert address.display("gwen@xn--\x00.example") == "gwen@xn--\x00.example"
    assert address.display("gwen") == "gwen"
    assert address.domain_of("gwen@Bücher.example") == "xn--bcher-kva.example"
