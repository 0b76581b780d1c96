"""Calendar user addresses: one spelling for comparing, and what counts as an e-mail address."""

import re
from email.utils import parseaddr
from functools import lru_cache

import idna

_LOCAL = re.compile(r"[a-z0-9!#$%&'*+/=?^_`{|}~\u0080-\U0010ffff-]+", re.IGNORECASE)
_LABEL = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")
_SCHEME = re.compile(r"\s*mailto:", re.IGNORECASE)
_UNPRINTABLE = re.compile(r"[\x00-\x20\x7f-\x9f\u2028\u2029\ud800-\udfff]")
_LONGEST = 320  # what is longer is no address, and not worth remembering


def normalise(address: str) -> str:
    """Return the one spelling by which addresses are compared and stored.

    Without `mailto:`, in lower case, the domain in its ASCII form (IDNA). A text that is no
    e-mail address is only stripped and lowered, so that other URIs compare as well.
    """
    return _normalise(address) if len(address) <= _LONGEST else _normalise.__wrapped__(address)


@lru_cache(4096)
def _normalise(address: str) -> str:
    bare = _SCHEME.sub("", address, count=1).strip().lower()
    local, at, domain = bare.rpartition("@")
    return f"{local}@{_ascii_domain(domain)}" if at else bare


def is_address(text: str) -> bool:
    """Tell whether mail can be addressed to it: `local@domain.tld`, IDN and UTF-8 allowed.

    Quoted local parts and address literals are refused; nobody invites those.
    """
    return _is_address(text) if len(text) <= _LONGEST else _is_address.__wrapped__(text)


@lru_cache(4096)  # each is asked several times on its way into a mail
def _is_address(text: str) -> bool:
    local, at, domain = normalise(text).rpartition("@")
    if not at or _UNPRINTABLE.search(local) or len(local.encode(errors="replace")) > 64:
        return False
    if not all(_LOCAL.fullmatch(atom) for atom in local.split(".")):
        return False
    labels = domain.split(".")
    return (
        len(domain) <= 253
        and len(labels) > 1
        and all(_LABEL.fullmatch(label) for label in labels)
        and not labels[-1].isdigit()
    )


def parse(text: str) -> tuple[str, str]:
    """Split `Gwen Guest <gwen@example.org>` into name and normalised address.

    The address is empty when the text holds none that `is_address`.
    """
    name, address = parseaddr(_SCHEME.sub("", text, count=1))
    return (name.strip(), normalise(address)) if is_address(address) else (text.strip(), "")


def domain_of(address: str) -> str:
    """Return the domain of an address in its ASCII form."""
    return normalise(address).rpartition("@")[2]


def display(address: str) -> str:
    """Return the address as a person reads it, an IDN domain in its own script."""
    local, at, domain = address.rpartition("@")
    if not at or "xn--" not in domain:
        return address
    try:
        return f"{local}@{idna.decode(domain)}"
    except (idna.IDNAError, UnicodeError):
        return address


def _ascii_domain(domain: str) -> str:
    if domain.isascii():
        return domain
    try:
        return idna.encode(domain, uts46=True).decode("ascii").lower()
    except (idna.IDNAError, UnicodeError):
        return domain
