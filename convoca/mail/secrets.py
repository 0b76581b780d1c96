"""Passwords and queued mails at rest: encrypted with keys that do not lie in the database."""

from __future__ import annotations


class WrongKey(Exception):
    """What was stored cannot be read with any of the keys this installation has."""


def encrypt(text: str) -> bytes:
    """Return `text` encrypted with the newest key."""
    raise NotImplementedError


def decrypt(stored: bytes) -> str:
    """Return the text behind `stored`; raise WrongKey rather than return anything else."""
    raise NotImplementedError
