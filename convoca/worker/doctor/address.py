"""What the doctor says of the address people open: is it safe, and does it lead to us."""

from __future__ import annotations

import http.client
import ssl
from collections.abc import Iterator
from urllib.parse import urlsplit

from django.conf import settings

from convoca.mail.transport.reach import in_words, trust
from convoca.worker.doctor.findings import ERROR, OK, WARNING, Finding

SECONDS = 10.0
LOCAL = {"localhost", "127.0.0.1", "::1"}

ABOUT = "CONVOCA_BASE_URL"


def check_address() -> Iterator[Finding]:
    parts = urlsplit(settings.BASE_URL)
    if parts.hostname in LOCAL:
        text = f"{settings.BASE_URL} is this machine: guests elsewhere cannot open its links."
        yield Finding(WARNING, ABOUT, text)
    elif parts.scheme != "https":
        text = "Passwords travel unencrypted: put a proxy with a certificate in front, write https."
        yield Finding(WARNING, ABOUT, text)
    else:
        yield Finding(OK, ABOUT, settings.BASE_URL)


def check_reach() -> Iterator[Finding]:
    """Open the address as guests do; some routers do not let a machine see itself from outside."""
    try:
        status, body = _ask("/healthz")
    except ssl.SSLCertVerificationError as error:
        text = f"Browsers will warn guests: {in_words(error)}. Renew it at the proxy."
        yield Finding(ERROR, ABOUT, text)
        return
    except (OSError, http.client.HTTPException, ValueError) as error:
        text = f"It cannot be opened from here ({in_words(error)}): is `convoca serve` (or"
        yield Finding(WARNING, ABOUT, f"{text} `convoca web`) running, and DNS and the proxy set?")
        return
    if (status, body) == (200, b"ok\n"):
        yield Finding(OK, ABOUT, "It leads to Convoca.")
    elif status == http.client.SERVICE_UNAVAILABLE:
        text = "Convoca answers there that it cannot work; its log says why."
        yield Finding(ERROR, ABOUT, text)
    else:
        text = f"Something else answers there ({status}): let the proxy pass requests to Convoca."
        yield Finding(ERROR, ABOUT, text)


def _ask(path: str) -> tuple[int, bytes]:
    """Return status and the beginning of the body. Raises OSError, HTTPException, ValueError."""
    parts = urlsplit(settings.BASE_URL)
    host = parts.hostname or ""
    asked: http.client.HTTPConnection
    if parts.scheme == "https":
        asked = http.client.HTTPSConnection(host, parts.port, timeout=SECONDS, context=trust())
    else:
        asked = http.client.HTTPConnection(host, parts.port, timeout=SECONDS)
    try:
        asked.request("GET", path, headers={"User-Agent": "convoca doctor"})
        answer = asked.getresponse()
        return answer.status, answer.read(100)
    finally:
        asked.close()
