"""What a domain says of who may send in its name: SPF (RFC 7208) and DMARC (RFC 7489).

DNS is asked through a function, `lookup(name, type) -> texts`, which returns nothing for a name
that has no such record and raises NoAnswer when nobody answers.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

from convoca.standards.ical.address import domain_of

Address = IPv4Address | IPv6Address
Lookup = Callable[[str, str], tuple[str, ...]]

_MOST_LOOKUPS = 10  # RFC 7208, 4.6.4
_MOST_LABELS = 8


class NoAnswer(Exception):
    """DNS did not answer, so nothing can be said."""


class Spf(StrEnum):
    """What SPF says of one address, as far as it matters before a mail is sent."""

    ALLOWED = "ALLOWED"
    """It may send."""
    OTHERS = "OTHERS"
    """There is a policy, and it does not name this address."""
    MISSING = "MISSING"
    """The domain has no policy."""
    BROKEN = "BROKEN"
    """The policy cannot be followed, so receivers ignore or refuse it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Dmarc:
    """What receivers shall do with mails that nothing proves: none, quarantine or reject."""

    policy: str
    domain: str

    @property
    def is_strict(self) -> bool:
        """Tell whether an unproven mail is refused or put into the spam folder."""
        return self.policy in ("quarantine", "reject")


class _Broken(Exception):
    """A policy that breaks the rules (permerror)."""


def check_spf(domain: str, address: Address, lookup: Lookup) -> Spf:
    """Tell what the domain's SPF policy says of a sending address. Raises NoAnswer."""
    policy = _Policy(address, lookup)
    try:
        record = policy.find(domain)
        if record is None:
            return Spf.MISSING
        return Spf.ALLOWED if policy.allows(domain, record) else Spf.OTHERS
    except _Broken:
        return Spf.BROKEN


def find_dmarc(domain: str, lookup: Lookup) -> Dmarc | None:
    """Return the policy for mails from this domain, its own or a parent's. Raises NoAnswer."""
    labels = domain.split(".")
    for start in range(max(0, len(labels) - _MOST_LABELS), len(labels) - 1):
        parent = ".".join(labels[start:])
        for text in lookup(f"_dmarc.{parent}", "TXT"):
            tags = _tags(text)
            if tags.get("v") != "DMARC1":
                continue
            policy = tags.get("p", "none")
            return Dmarc(
                policy=policy if parent == domain else tags.get("sp", policy), domain=parent
            )
    return None


def is_aligned(envelope_from: str, domain: str) -> bool:
    """Tell whether SPF of the envelope's domain speaks for the From domain (relaxed, RFC 7489)."""
    other = domain_of(envelope_from)
    return other == domain or other.endswith(f".{domain}") or domain.endswith(f".{other}")


class _Policy:
    """One evaluation: the address asked about, and how many look-ups are left."""

    def __init__(self, address: Address, lookup: Lookup) -> None:
        self._address, self._lookup = address, lookup
        self._left = _MOST_LOOKUPS

    def find(self, domain: str) -> str | None:
        """Return the domain's record, None without one; two are as bad as none."""
        texts = self._lookup(domain, "TXT")
        found = [text for text in texts if text.lower().split(" ")[0] == "v=spf1"]
        if len(found) > 1:
            raise _Broken
        return found[0] if found else None

    def allows(self, domain: str, record: str) -> bool:
        """Follow the mechanisms in order; the first that matches decides (RFC 7208, 4.6.2)."""
        redirect = ""
        for term in record.split()[1:]:
            name, _equals, target = term.partition("=")
            if name.lower() == "redirect":
                redirect = target
            elif "=" not in term.partition(":")[0]:
                qualifier, mechanism = (term[0], term[1:]) if term[0] in "+-~?" else ("+", term)
                if self._matches(domain, mechanism):
                    return qualifier == "+"
        return self._follows(redirect) if redirect else False

    def _matches(self, domain: str, mechanism: str) -> bool:
        name, _colon, value = mechanism.partition(":")
        if not value:
            name, slash, prefix = mechanism.partition("/")
            value = f"{domain}{slash}{prefix}"
        match name.lower():
            case "all":
                return True
            case "ip4" | "ip6":
                return self._is_within(value)
            case "include":
                return self._follows(value)
            case "a":
                return self._is_host(value)
            case "mx":
                return self._is_exchange(value)
            case "exists" | "ptr":
                self._spend()  # they need more than an address, and are rare
                return False
        raise _Broken

    def _follows(self, domain: str) -> bool:
        self._spend()
        if "%" in domain:
            return False  # a macro asks about one mail
        record = self.find(domain)
        if record is None:
            raise _Broken
        return self.allows(domain, record)

    def _is_exchange(self, value: str) -> bool:
        self._spend()
        host, _slash, prefix = value.partition("/")
        names = [text.split()[-1].rstrip(".") for text in self._lookup(host, "MX")]
        return any(self._has(name, prefix) for name in names[:_MOST_LOOKUPS])

    def _is_host(self, value: str) -> bool:
        self._spend()
        host, _slash, prefix = value.partition("/")
        return self._has(host, prefix)

    def _has(self, host: str, prefix: str) -> bool:
        kind = "A" if self._address.version == 4 else "AAAA"
        length = prefix.partition("//")[0] if self._address.version == 4 else ""
        found = self._lookup(host, kind)
        return any(self._is_within(f"{text}/{length}" if length else text) for text in found)

    def _is_within(self, network: str) -> bool:
        try:
            return self._address in ip_network(network, strict=False)
        except ValueError:
            raise _Broken from None

    def _spend(self) -> None:
        self._left -= 1
        if self._left < 0:
            raise _Broken


def _tags(text: str) -> dict[str, str]:
    """Return the `name=value` pairs of a record."""
    pairs = (part.partition("=") for part in text.split(";"))
    return {name.strip().lower(): value.strip() for name, _equals, value in pairs if name.strip()}


def parse_address(text: str) -> Address | None:
    """Return an IP address, None if it is none."""
    try:
        return ip_address(text)
    except ValueError:
        return None
