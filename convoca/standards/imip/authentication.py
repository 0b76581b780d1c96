"""Who vouches for a From address: the verdict of the mail server that received the mail."""

import re

from convoca.standards.ical.address import domain_of, normalise
from convoca.standards.imip.extract import NotAMail, parse

_PASSED = re.compile(
    r"\bdmarc\s*=\s*pass\b[^;]*?\bheader\.from\s*=\s*\"?([^\s;\"()]+)", re.IGNORECASE
)
_COMMENT = re.compile(r"\([^()]*\)")


def is_proven(data: bytes, address: str, server: str) -> bool:
    """Tell whether DMARC proves that the mail comes from the domain of `address` (RFC 8601, 7489).

    `server` is the authserv-id whose verdict is believed, which must remove what others claim in
    its name; only the topmost header counts. Without one nothing is proven.
    """
    try:
        header = parse(data).get("Authentication-Results") if server else None
    except NotAMail:
        return False
    identity, _semicolon, results = _COMMENT.sub(" ", str(header or "")).partition(";")
    if identity.split()[:1] != [server]:
        return False
    passed = _PASSED.search(" ".join(results.split()))
    return passed is not None and normalise(f"x@{passed[1]}") == f"x@{domain_of(address)}"
