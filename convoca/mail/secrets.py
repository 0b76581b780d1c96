"""Passwords and queued mails at rest: encrypted with keys that do not lie in the database."""

from __future__ import annotations

import base64
from functools import cache

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

PURPOSE = b"convoca.mail.secrets"


class WrongKey(Exception):
    """What was stored cannot be read with any of the keys this installation has."""

    def __str__(self) -> str:
        return (
            "A stored secret was encrypted with another key: put the former CONVOCA_SECRET_KEY "
            "(or key) at the end of CONVOCA_ENCRYPTION_KEYS."
        )


def encrypt(data: bytes) -> bytes:
    """Return `data` encrypted with the newest key."""
    return _keys(tuple(settings.ENCRYPTION_KEYS)).encrypt(data)


def decrypt(stored: bytes | memoryview) -> bytes:
    """Return what was encrypted; raise WrongKey rather than return anything else."""
    try:
        return _keys(tuple(settings.ENCRYPTION_KEYS)).decrypt(bytes(stored))
    except InvalidToken:
        raise WrongKey from None


@cache
def _keys(passphrases: tuple[str, ...]) -> MultiFernet:
    """The first encrypts, all of them decrypt, so that a key can be replaced."""
    return MultiFernet([Fernet(_derive(passphrase)) for passphrase in passphrases])


def _derive(passphrase: str) -> bytes:
    key = HKDF(algorithm=SHA256(), length=32, salt=None, info=PURPOSE).derive(passphrase.encode())
    return base64.urlsafe_b64encode(key)
