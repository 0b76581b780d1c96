"""Before the first mail: whether the domain of an address lets our mail server send for it."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Iterable, Iterator
from email.utils import parseaddr
from typing import Any

import dns.exception
import dns.resolver
from django.conf import settings
from django.db.models import Q

from convoca.mail.models import Preflight, Sender
from convoca.mail.transport import reach, signing
from convoca.mail.transport.servers import system_server
from convoca.standards.ical.address import domain_of
from convoca.standards.imip.sender_policy import (
    Address,
    Lookup,
    NoAnswer,
    Spf,
    check_spf,
    find_dmarc,
    is_aligned,
    parse_address,
)

AT_ONCE = 3
KEEP = dt.timedelta(days=1)
LONGEST = 8.0  # seconds for all questions about one sender
RESERVED = (".example", ".invalid", ".localhost", ".test")  # nobody's (RFC 6761), so not asked for
_WORST_FIRST = (Spf.BROKEN, Spf.MISSING, Spf.OTHERS, Spf.ALLOWED)


def check_due(now: dt.datetime) -> None:
    """Look at senders that nobody has looked at for a day; the worker does, for DNS may wait."""
    stale = Q(preflight=None) | Q(preflight__checked_at__lt=now - KEEP)
    rows = Sender.objects.filter(stale, deleted_at=None, confirmed_at__isnull=False)
    for sender in rows.order_by("preflight__checked_at", "-pk")[:AT_ONCE]:
        facts = look(sender, ask_dns(LONGEST))
        Preflight.objects.update_or_create(sender=sender, defaults=facts | {"checked_at": now})


def look(sender: Sender, lookup: Lookup) -> dict[str, Any]:
    """Return what a Preflight says of the sender; nobody's silence is an error."""
    domain = domain_of(sender.email_key)
    if sender.smtp_host:
        return _facts(domain, domain, lookup, has_own_server=True)
    return _facts(domain, settings.REPLY_DOMAIN or domain, lookup)


def look_at_system(lookup: Lookup) -> Preflight:
    """Return what DNS says of the address that codes and notices come from; it is not stored."""
    domain = domain_of(parseaddr(settings.DEFAULT_FROM_EMAIL)[1])
    return Preflight(**_facts(domain, domain, lookup))


def _facts(
    domain: str, envelope: str, lookup: Lookup, *, has_own_server: bool = False
) -> dict[str, Any]:
    """Return the facts about mails from `domain` whose envelope sender is in `envelope`."""
    addresses = [] if has_own_server else list(our_addresses())
    spf = Preflight.Spf.OWN_SERVER if has_own_server else _spf(domain, addresses, lookup)
    dkim = _dkim(domain, lookup, has_own_server=has_own_server)
    is_proven = (
        has_own_server
        or dkim in (Preflight.Dkim.SIGNED, Preflight.Dkim.UNKNOWN)
        or _is_proven_by_spf(domain, envelope, spf, addresses, lookup)
    )
    return {
        "spf": spf,
        "dkim": dkim,
        "dmarc": _dmarc(domain, is_proven, lookup),
        "address": str(addresses[0]) if addresses else "",
    }


def our_addresses() -> Iterator[Address]:
    """Yield from where our mails reach other servers: as the operator says, or our mail server's.

    None for a relay in a network of our own, whose outside is not known.
    """
    found: Iterable[str] = settings.OUTBOUND_ADDRESSES
    if not found:
        try:
            found = reach.public_addresses(system_server().host)
        except reach.NotPublic:
            return
    for text in found:
        if address := parse_address(text):
            yield address


def ask_dns(seconds: float) -> Lookup:
    """Return a lookup that asks DNS, for so long altogether."""
    end = time.monotonic() + seconds
    resolver = dns.resolver.Resolver()

    def lookup(name: str, kind: str) -> tuple[str, ...]:
        if name.endswith(RESERVED):
            return ()
        left = end - time.monotonic()
        if left <= 0:
            raise NoAnswer
        try:
            answer = resolver.resolve(name, kind, lifetime=left, search=False)
        except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer):
            return ()
        except (dns.exception.DNSException, UnicodeError, OSError):
            raise NoAnswer from None
        return tuple(_text(record) for record in answer)

    return lookup


def _text(record: Any) -> str:
    """Return a record as text; the pieces of a TXT record belong together (RFC 7208, 3.3)."""
    if hasattr(record, "strings"):
        return b"".join(record.strings).decode("utf-8", "replace")
    return str(record)


def _spf(domain: str, addresses: list[Address], lookup: Lookup) -> str:
    """Return the worst that is said of one of our addresses."""
    try:
        said = {check_spf(domain, address, lookup) for address in addresses}
    except NoAnswer:
        said = set()
    worst = next((one for one in _WORST_FIRST if one in said), None)
    return worst.value if worst else Preflight.Spf.UNKNOWN


def _dkim(domain: str, lookup: Lookup, *, has_own_server: bool) -> str:
    """Tell who signs; a signature of ours counts when the world can see its key."""
    records = signing.records(domain)
    if not records:
        return Preflight.Dkim.OWN_SERVER if has_own_server else Preflight.Dkim.RELAY
    try:
        is_published = any(text in lookup(name, "TXT") for name, text in records)
    except NoAnswer:
        return Preflight.Dkim.UNKNOWN
    return Preflight.Dkim.SIGNED if is_published else Preflight.Dkim.UNPUBLISHED


def _is_proven_by_spf(
    domain: str, envelope: str, spf: str, addresses: list[Address], lookup: Lookup
) -> bool:
    """Tell whether SPF speaks for the From address: it looks at the envelope's domain."""
    if envelope == domain:
        return spf == Preflight.Spf.ALLOWED
    if not is_aligned(f"bounce@{envelope}", domain):
        return False
    return _spf(envelope, addresses, lookup) == Preflight.Spf.ALLOWED


def _dmarc(domain: str, is_proven: bool, lookup: Lookup) -> str:
    try:
        found = find_dmarc(domain, lookup)
    except NoAnswer:
        return Preflight.Dmarc.UNKNOWN
    if found is None:
        return Preflight.Dmarc.MISSING
    if not found.is_strict:
        return Preflight.Dmarc.WATCHED
    return Preflight.Dmarc.PROVEN if is_proven else Preflight.Dmarc.REFUSED
