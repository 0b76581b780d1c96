"""Mails signed for the domain they come from (DKIM): making its keys, using and ending them."""

from __future__ import annotations

import datetime as dt
import logging
import re
from collections import defaultdict
from contextlib import suppress
from email.utils import parseaddr
from functools import lru_cache

from django.db import transaction

from convoca.mail import secrets
from convoca.mail.models import DkimKey, Preflight
from convoca.mail.secrets import WrongKey
from convoca.mail.transit import Outgoing
from convoca.mail.transport.line import with_crlf
from convoca.standards.ical.address import domain_of
from convoca.standards.imip import dkim

logger = logging.getLogger(__name__)


_FROM = re.compile(rb"^From:((?:[^\r]|\r\n[ \t])*)", re.IGNORECASE | re.MULTILINE)


class NoKey(LookupError):
    """There is no key of this domain to sign with."""


class Signer:
    """Signs with the keys that are in use now; one query."""

    def __init__(self) -> None:
        self._keys: dict[str, list[dkim.Key]] = defaultdict(list)
        for row in DkimKey.objects.filter(signs_from__isnull=False, ended_at=None):
            try:
                self._keys[row.domain].append(load(row))
            except (WrongKey, dkim.BadKey) as error:
                logger.error("Mails of %s leave without a signature: %s", row.domain, error)

    def sign(self, mail: Outgoing, now: dt.datetime) -> Outgoing:
        """Return the mail with a signature by each key of the domain in its From, if there is one.

        Another domain's signature would not help it (DMARC, RFC 7489, 3.1).
        """
        if not self._keys:
            return mail
        head = mail.content.partition(b"\r\n\r\n")[0]
        found = _FROM.search(head)
        keys = self._keys.get(_domain(found[1]), []) if found else []
        if not keys:
            return mail
        content = mail.content if mail.is_ready else with_crlf(mail.content)
        return mail._replace(content=dkim.sign(content, keys, now))


def make(domain: str, now: dt.datetime) -> list[DkimKey]:
    """Return new keys of a domain, not in use yet: an RSA and an Ed25519 one."""
    return [
        DkimKey.objects.create(
            domain=domain_of(f"x@{domain}"),
            selector=f"convoca-{now:%Y%m%d%H%M%S}-{algorithm.value}",
            algorithm=algorithm,
            private=secrets.encrypt(dkim.new_key(algorithm)),
            created_at=now,
        )
        for algorithm in DkimKey.Algorithm
    ]


def of(domain: str) -> list[DkimKey]:
    """Return the keys of a domain that were not ended, in use or not."""
    return list(DkimKey.objects.filter(domain=domain_of(f"x@{domain}"), ended_at=None))


@transaction.atomic
def start(domain: str, now: dt.datetime) -> list[DkimKey]:
    """Sign with the newest keys of a domain from now on, and end the others. Raises NoKey."""
    keys = of(domain)
    if not keys:
        raise NoKey(domain)
    newest = [key for key in keys if key.created_at == keys[-1].created_at]
    DkimKey.objects.filter(pk__in=[key.pk for key in newest], signs_from=None).update(
        signs_from=now
    )
    older = [key.pk for key in keys if key not in newest]
    DkimKey.objects.filter(pk__in=older).update(ended_at=now)
    _look_again(domain)
    return newest


def stop(domain: str, now: dt.datetime) -> None:
    """Sign no longer with any key of a domain. Raises NoKey."""
    if not DkimKey.objects.filter(pk__in=[key.pk for key in of(domain)]).update(ended_at=now):
        raise NoKey(domain)
    _look_again(domain)


def _look_again(domain: str) -> None:
    """Let the worker look anew at whether mails of a domain's senders will arrive."""
    Preflight.objects.filter(sender__email_key__endswith=domain_of(f"@{domain}")).delete()


def records(domain: str) -> list[tuple[str, str]]:
    """Return name and text of the TXT records that mails of a domain are signed against."""
    found = []
    for row in of(domain):
        with suppress(WrongKey, dkim.BadKey):  # such mails leave unsigned, see `Signer`
            found += [load(row).record] if row.signs_from else []
    return found


def load(row: DkimKey) -> dkim.Key:
    """Return a key ready to sign. Raises WrongKey and dkim.BadKey."""
    return _load(row.domain, row.selector, bytes(row.private))


@lru_cache(64)
def _load(domain: str, selector: str, private: bytes) -> dkim.Key:
    return dkim.Key.load(domain, selector, secrets.decrypt(private))


@lru_cache(1024)
def _domain(value: bytes) -> str:
    return domain_of(parseaddr(value.decode("utf-8", "replace").replace("\r\n", ""))[1])
