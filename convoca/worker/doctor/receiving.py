"""What the doctor says of guests' answers by mail: does their domain lead here, does one listen."""

from __future__ import annotations

import socket
from collections.abc import Iterator

from django.conf import settings

from convoca.mail.proofs import preflight
from convoca.mail.transport import esp
from convoca.mail.transport.reach import in_words
from convoca.standards.imip.sender_policy import Lookup, NoAnswer
from convoca.worker.doctor.findings import ERROR, OK, WARNING, Finding

SECONDS = 5.0


def check_reply_domain() -> Iterator[Finding]:
    """Ask where mail for the reply domain goes (RFC 5321, 5.1; RFC 7505)."""
    about, domain = "CONVOCA_REPLY_DOMAIN", settings.REPLY_DOMAIN
    if not domain:
        return
    try:
        servers = mail_servers(domain, preflight.ask_dns(preflight.LONGEST))
    except NoAnswer:
        yield Finding(WARNING, about, f"DNS did not answer about {domain}.")
        return
    if servers:
        yield Finding(OK, about, f"Mail for {domain} goes to {', '.join(servers)}.")
    else:
        text = f"{domain} has no mail server, so no answer arrives. Publish:"
        yield Finding(ERROR, about, f"{text} {domain}. IN MX 10 <your mail server>.")


def check_listener() -> Iterator[Finding]:
    """Knock where our mail server hands over what arrives."""
    about, place = "CONVOCA_LMTP_LISTEN", settings.LMTP_LISTEN
    if not place:
        return
    if not settings.REPLY_DOMAIN:
        yield Finding(WARNING, about, "Without CONVOCA_REPLY_DOMAIN nothing listens there.")
        return
    try:
        greeting = _greeting(place)
    except OSError as error:
        text = f"Nobody takes mail at {place} ({in_words(error)}), so answers wait:"
        yield Finding(WARNING, about, f"{text} start `convoca serve` or `convoca worker` with it.")
        return
    if greeting.startswith(b"220"):
        yield Finding(OK, about, f"Mail is taken at {place}.")
    else:
        yield Finding(ERROR, about, f"Something else listens at {place}: choose another port.")


def check_provider() -> Iterator[Finding]:
    """See that the calls of a mail provider can be read."""
    about = "CONVOCA_ESP"
    if not settings.ESP:
        return
    try:
        esp.make_view()
    except esp.NotSetUp as error:
        yield Finding(ERROR, about, f"Mails that come back will not be noticed. {error}")
        return
    address = f"{settings.BASE_URL.replace('://', '://USER:PASSWORD@', 1)}/mail/returned/"
    text = f"Let {settings.ESP} call {address} for mails that bounce or are refused."
    yield Finding(OK, about, text)


def mail_servers(domain: str, lookup: Lookup) -> list[str]:
    """Return where mail for a domain goes, the domain itself if it has only an address."""
    records = lookup(domain, "MX")
    if records:
        names = [record.split()[-1].rstrip(".") for record in sorted(records, key=_preference)]
        return [name for name in names if name]
    return [domain] if lookup(domain, "A") or lookup(domain, "AAAA") else []


def _preference(record: str) -> int:
    number = record.split()[0]
    return int(number) if number.isdigit() else 0


def _greeting(place: str) -> bytes:
    """Return the first words of whoever listens at `host:port` or at a path. Raises OSError."""
    if place.startswith("/"):
        line = socket.socket(socket.AF_UNIX)
        line.settimeout(SECONDS)
        line.connect(place)
    else:
        host, _colon, port = place.rpartition(":")
        line = socket.create_connection((host.strip("[]"), int(port)), SECONDS)
    with line:
        return line.recv(100)
