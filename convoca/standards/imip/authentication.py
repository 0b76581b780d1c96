"""Who vouches for a From address: the verdict of the mail server that received the mail."""

from convoca.standards.ical.address import domain_of
from convoca.standards.imip.extract import NotAMail, parse_head
from convoca.standards.imip.verdicts import plain, vouches

_MAX_HEADER = 16 * 1024


def is_proven(data: bytes, address: str, server: str) -> bool:
    """Tell whether a server's word proves that a mail comes from the domain of `address`.

    `server` is the authserv-id whose verdict is believed, which must remove what others claim in
    its name; only the topmost header counts. Without one nothing is proven.
    """
    try:
        header = parse_head(data).get("Authentication-Results") if server else None
    except NotAMail:
        return False
    identity, _semicolon, results = plain(str(header or "")[:_MAX_HEADER]).partition(";")
    return identity.split()[:1] == [server] and vouches(results, domain_of(address))
