"""What is encrypted at rest comes back only with a right key."""

import pytest

from convoca.mail import secrets


def test_what_was_encrypted_comes_back():
    stored = secrets.encrypt("contraseña".encode())
    assert b"contrase" not in stored
    assert secrets.decrypt(stored).decode() == "contraseña"


def test_a_wrong_key_is_an_error_and_never_a_value(settings):
    stored = secrets.encrypt(b"secret")
    settings.ENCRYPTION_KEYS = ["another key " * 5]
    with pytest.raises(secrets.WrongKey, match="CONVOCA_ENCRYPTION_KEYS"):
        secrets.decrypt(stored)


def test_a_former_key_still_reads_and_the_new_one_writes(settings):
    former, new = "former " * 10, "new " * 20
    settings.ENCRYPTION_KEYS = [former]
    stored = secrets.encrypt(b"secret")
    settings.ENCRYPTION_KEYS = [new, former]
    assert secrets.decrypt(stored) == b"secret"
    settings.ENCRYPTION_KEYS = [new]
    with pytest.raises(secrets.WrongKey):
        secrets.decrypt(stored)


@pytest.mark.parametrize("stored", [b"", b"plain text", b"gAAAAA"])
def test_what_was_never_encrypted_is_an_error(stored: bytes):
    with pytest.raises(secrets.WrongKey):
        secrets.decrypt(stored)
