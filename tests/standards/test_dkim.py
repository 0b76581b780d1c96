"""Signatures of ours as another make of DKIM verifies them."""

import re
from base64 import b64decode
from datetime import UTC, datetime
from types import SimpleNamespace

import dkim
import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from hypothesis import given
from hypothesis import strategies as st

from convoca.standards.imip.compose import compose
from convoca.standards.imip.dkim import BadKey, Key, new_key, sign
from tests.standards.test_compose import ICS, LETTER

NOW = datetime(2026, 2, 1, 9, tzinfo=UTC)
RSA = Key.load("acme.example", "r1", new_key("rsa"))
ED25519 = Key.load("acme.example", "e1", new_key("ed25519"))
RECORDS = dict(key.record for key in (RSA, ED25519))
MAIL = compose(LETTER, ICS, "REQUEST")


class VerifyKey:
    """What dkimpy wants of another library for Ed25519: the bare primitive."""

    def __init__(self, text: bytes, encoder: object):
        self._key = Ed25519PublicKey.from_public_bytes(b64decode(text))

    def verify(self, data: bytes, signature: bytes) -> None:
        self._key.verify(signature, data)


@pytest.fixture(autouse=True, scope="module")
def ed25519():
    with pytest.MonkeyPatch.context() as patch:
        signing, encoding = (
            SimpleNamespace(VerifyKey=VerifyKey),
            SimpleNamespace(Base64Encoder=None),
        )
        errors = SimpleNamespace(ValueError=ValueError, BadSignatureError=InvalidSignature)
        library = SimpleNamespace(signing=signing, encoding=encoding, exceptions=errors)
        patch.setattr(dkim, "nacl", library, raising=False)
        yield


def verifies(mail: bytes, at: int = 0) -> bool:
    def record(name: bytes, timeout: int = 5) -> bytes:
        return RECORDS[name.decode().rstrip(".")].encode()

    try:
        return dkim.DKIM(mail).verify(idx=at, dnsfunc=record)
    except dkim.ValidationError:
        return False


def test_both_signatures_verify():
    signed = sign(MAIL, [RSA, ED25519], NOW)
    assert signed.endswith(MAIL)
    assert verifies(signed, 0)
    assert verifies(signed, 1)
    assert all(len(line) <= 78 for line in signed.removesuffix(MAIL).split(b"\r\n"))


@given(st.lists(st.sampled_from(["a", " ", "\t", "\r\n", ".", "ñ"]), max_size=12))
def test_any_body_verifies(pieces):
    head = b"From: a@acme.example\r\nSubject:  x \r\n\ty  \r\nTo: b@c.example\r\n\r\n"
    assert verifies(sign(head + "".join([*pieces, "\r\n"]).encode(), [RSA], NOW))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"Lunch", b"Dinner"),
        (b"Gwen", b"Gwyn"),
        (b"MIME-Version", b"From: mallory@acme.example\r\nMIME-Version"),
        (b"MIME-Version", b"Content-Type: text/html\r\nMIME-Version"),
        (b"base64", b"binary"),
    ],
)
def test_what_was_changed_or_added_on_the_way_is_noticed(old, new):
    signed = sign(MAIL.replace(b"=?utf-8?q?Invitaci=C3=B3n=3A_Lunch?=", b"Lunch"), [RSA], NOW)
    assert old in signed
    assert verifies(signed)
    assert not verifies(signed.replace(old, new))
    assert not verifies(sign(signed, [ED25519], NOW).replace(old, new))


def test_the_same_mail_is_signed_the_same():
    assert sign(MAIL, [RSA, ED25519], NOW) == sign(MAIL, [RSA, ED25519], NOW)


def test_records_say_what_to_publish():
    name, text = RSA.record
    assert name == "r1._domainkey.acme.example"
    assert re.fullmatch(r"v=DKIM1; k=rsa; p=[A-Za-z0-9+/]{392}", text)
    assert re.fullmatch(r"v=DKIM1; k=ed25519; p=[A-Za-z0-9+/]{43}=", ED25519.record[1])


def elliptic() -> bytes:
    """Return a good key of a kind that DKIM does not know."""
    made = ec.generate_private_key(ec.SECP256R1())
    return made.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())


@pytest.mark.parametrize("der", [b"", b"junk", elliptic()], ids=["none", "junk", "elliptic"])
def test_what_is_no_key_is_refused(der):
    with pytest.raises(BadKey):
        Key.load("acme.example", "x", der)
