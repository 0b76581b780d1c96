"""A mail signed for its domain, so that others can trust it (DKIM, RFC 6376 and 8463)."""

import re
from base64 import b64encode
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from hashlib import sha256

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_der_private_key,
)

# Each is listed once more than it occurs, so that nobody can add another one on the way.
SIGNED = (
    *("from", "to", "subject", "date", "message-id", "reply-to", "in-reply-to", "references"),
    *("mime-version", "content-type"),
)
_BITS = 2048
_WIDTH = 72
_BLANKS = re.compile(rb"[ \t]+")
_FIELD_ENDS = re.compile(rb"\r\n(?![ \t])")


class BadKey(ValueError):
    """What is no RSA key of at least 1024 bits and no Ed25519 key."""


@dataclass(frozen=True, slots=True)
class Key:
    """A domain's private key, and the selector under which its public half is published."""

    domain: str
    selector: str
    private: RSAPrivateKey | Ed25519PrivateKey

    @classmethod
    def load(cls, domain: str, selector: str, der: bytes) -> "Key":
        """Return a key from its PKCS #8 bytes. Raises BadKey."""
        try:
            private = load_der_private_key(der, password=None)
        except (ValueError, TypeError) as error:
            raise BadKey(str(error)) from None
        if isinstance(private, RSAPrivateKey) and private.key_size >= 1024:
            return cls(domain, selector, private)
        if isinstance(private, Ed25519PrivateKey):
            return cls(domain, selector, private)
        raise BadKey(type(private).__name__)

    @property
    def algorithm(self) -> str:
        """Return the name for the tag `a=`, without the hash."""
        return "rsa" if isinstance(self.private, RSAPrivateKey) else "ed25519"

    @property
    def record(self) -> tuple[str, str]:
        """Return name and text of the TXT record to publish (RFC 6376, 3.6.1)."""
        public = self.private.public_key()
        if isinstance(self.private, RSAPrivateKey):
            data = public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        else:
            data = public.public_bytes(Encoding.Raw, PublicFormat.Raw)
        name = f"{self.selector}._domainkey.{self.domain}"
        return name, f"v=DKIM1; k={self.algorithm}; p={b64encode(data).decode()}"

    def sign(self, data: bytes) -> bytes:
        """Return the signature of canonical data."""
        if isinstance(self.private, RSAPrivateKey):
            return self.private.sign(data, PKCS1v15(), SHA256())
        return self.private.sign(sha256(data).digest())


def new_key(algorithm: str) -> bytes:
    """Return a fresh private key, `rsa` or `ed25519`, as PKCS #8."""
    private = (
        generate_private_key(65537, _BITS) if algorithm == "rsa" else Ed25519PrivateKey.generate()
    )
    return private.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())


def sign(content: bytes, keys: Sequence[Key], now: datetime) -> bytes:
    """Return a mail, its lines ended by CRLF, with a signature by each key above its headers.

    relaxed/relaxed (RFC 6376, 3.4). The same mail, keys and time give the same bytes.
    """
    head, _blank, body = content.partition(b"\r\n\r\n")
    names, fields = zip(*_signed_fields(head), strict=True)
    digest = b64encode(sha256(_relaxed_body(body)).digest()).decode()
    tags = f"h={_folded(':'.join(names), after=':')};\r\n bh={digest};\r\n b="
    signed = b"".join(fields)
    return b"".join([*(_signature(key, tags, signed, now) for key in keys), content])


def _signature(key: Key, tags: str, signed: bytes, now: datetime) -> bytes:
    field = (
        f"DKIM-Signature: v=1; a={key.algorithm}-sha256; c=relaxed/relaxed;\r\n"
        f" d={key.domain}; s={key.selector}; t={int(now.timestamp())};\r\n {tags}"
    )
    # The field is part of what it signs, without the signature and the line's end (3.7).
    value = b64encode(key.sign(signed + _relaxed(field.encode())[:-2])).decode()
    return f"{field}{_folded(value)}\r\n".encode()


def _signed_fields(head: bytes) -> Iterator[tuple[str, bytes]]:
    """Yield each header to sign, and then its name once more with nothing."""
    found: dict[str, list[bytes]] = {}
    for field in _FIELD_ENDS.split(head):
        name = field.partition(b":")[0].decode("ascii", "replace").strip().lower()
        found.setdefault(name, []).append(field)
    for name in SIGNED:
        for field in reversed(found.get(name, [])):  # from the bottom (5.4.2)
            yield name, _relaxed(field)
        yield name, b""


@lru_cache(256)  # most are the same in hundreds of mails
def _relaxed(field: bytes) -> bytes:
    """Return a header in its canonical form (3.4.2)."""
    name, _colon, value = field.partition(b":")
    value = _BLANKS.sub(b" ", value.replace(b"\r\n", b"")).strip(b" \t")
    return name.strip(b" \t").lower() + b":" + value + b"\r\n"


def _relaxed_body(body: bytes) -> bytes:
    """Return a body in its canonical form (3.4.4)."""
    body = body.replace(b"\t", b" ")
    while b"  " in body:  # a few passes, each far quicker than a pattern
        body = body.replace(b"  ", b" ")
    body = body.replace(b" \r\n", b"\r\n")
    while body.endswith(b"\r\n\r\n"):
        body = body[:-2]
    return b"" if body == b"\r\n" else body


def _folded(text: str, after: str = "") -> str:
    """Return the text on lines short enough, cut anywhere or only after a character."""
    lines, rest = [], text
    while len(rest) > _WIDTH:
        at = rest.rindex(after, 0, _WIDTH) + 1 if after else _WIDTH
        lines.append(rest[:at])
        rest = rest[at:]
    return "\r\n ".join([*lines, rest])
