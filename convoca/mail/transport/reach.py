"""Which hosts a member may make us talk to: those on the public Internet, not those beside us."""

from __future__ import annotations

import ipaddress
import os
import socket
import ssl
import time
from collections.abc import Callable
from functools import lru_cache

from django.conf import settings

PORTS = (25, 465, 587, 2525)


class NotPublic(OSError):
    """The name leads into a private network, or nowhere."""

    def __init__(self) -> None:
        super().__init__("there is no public server of this name")


def public_addresses(host: str) -> list[str]:
    """Return the addresses of `host`, to be connected to as they are.

    Raises NotPublic when even one of them is loopback, link-local, private or reserved. Connect
    to what was checked: asked a second time, the name may answer differently.
    """
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise NotPublic from None
    addresses = [str(entry[4][0]) for entry in found]
    if not addresses or not all(map(_is_public, addresses)):
        raise NotPublic
    return addresses


def trust() -> ssl.SSLContext:
    """Return how servers' certificates are verified, read anew every hour.

    By the authorities of this machine and those the operator has added. Reading them all takes
    longer than ten handshakes, and nearly a megabyte.
    """
    places = (os.environ.get("SSL_CERT_FILE"), os.environ.get("SSL_CERT_DIR"))
    return _trust(places, settings.CA_FILE, int(time.monotonic() // 3600))


@lru_cache(maxsize=4)
def _trust(places: tuple[str | None, ...], own: str, hour: int) -> ssl.SSLContext:
    context = ssl.create_default_context()
    if own:
        context.load_verify_locations(own)
    return context


def first_open(
    connect: Callable[..., socket.socket], host: str, port: int, timeout: float
) -> socket.socket:
    """Connect to the first public address of `host` that answers. Raises OSError."""
    failure: OSError = NotPublic()
    for address in public_addresses(host):
        try:
            return connect(address, port, timeout)
        except OSError as error:
            failure = error
    raise failure


def in_words(error: Exception) -> str:
    """Return what is wrong with a connection, as a person would say it."""
    if isinstance(error, TimeoutError):
        return "no answer in time"
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"the certificate is not valid ({error.verify_message})"
    if isinstance(error, socket.gaierror):
        return "no such host"
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return str(error) or type(error).__name__


def _is_public(text: str) -> bool:
    address = ipaddress.ip_address(text.partition("%")[0])
    if isinstance(address, ipaddress.IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour
        if inner is not None:
            return _is_public(str(inner))
        if address.teredo is not None or address in _NAT64:
            return False
    return address.is_global and not address.is_multicast


_NAT64 = ipaddress.ip_network("64:ff9b::/96")
