"""A mail provider (ESP) as the relay: it returns no mail to us, but tells of it by webhook.

Mails leave through its SMTP relay like through any other server, marked so that what it tells
later leads to the delivery. Only this module knows django-anymail, which reads what providers say.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from django.conf import settings
from django.core.exceptions import SuspiciousOperation
from django.http import HttpRequest

from convoca.mail.transit import Outgoing
from convoca.mail.transport import verp
from convoca.mail.transport.servers import Server
from convoca.standards.imip.reports import Action, Delivery

_MARK = "convoca"
_ENHANCED = re.compile(r"\b[45]\.\d{1,3}\.\d{1,3}\b", re.ASCII)
_LOST = {"bounced", "rejected", "failed"}
_STATUS = {  # why, where no server's words tell it (RFC 3463)
    "user unknown": "5.1.1",
    "invalid": "5.1.3",
    "quota exceeded": "5.2.2",
    **dict.fromkeys(("blocked", "spam", "unsubscribed"), "5.7.1"),
}
_LONGEST = 500


@dataclass(frozen=True, slots=True)
class Provider:
    """How one provider takes a mark over SMTP, and how it proves that it is who calls."""

    name: str  # as in django-anymail's classes
    header: str
    wrapping: str = ""  # what the mark stands in, as JSON
    key: str = ""  # the setting of its signing key, in django-anymail
    needs_key: bool = False


PROVIDERS = {
    "brevo": Provider("Brevo", "X-Mailin-custom"),
    "mailgun": Provider("Mailgun", "X-Mailgun-Variables", "", "webhook_signing_key", True),
    "mailjet": Provider("Mailjet", "X-MJ-EventPayload"),
    "mandrill": Provider("Mandrill", "X-MC-Metadata", "", "webhook_key", True),
    "postmark": Provider("Postmark", f"X-PM-Metadata-{_MARK}"),
    "sendgrid": Provider(
        "SendGrid", "X-SMTPAPI", "unique_args", "tracking_webhook_verification_key"
    ),
    "sparkpost": Provider("SparkPost", "X-MSYS-API", "metadata"),
}


class NotSetUp(Exception):
    """The provider's calls cannot be read; the text says what to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Returned:
    """A mail that the provider could not deliver, after it had taken it.

    Where its mark came back, `number` is that of our delivery and `version` what was sent; else
    `message_id` may name it.
    """

    number: int | None
    version: int
    message_id: str
    said: Delivery


def marked(server: Server, mails: Iterable[Outgoing]) -> Iterable[Outgoing]:
    """Return the mails with the provider's header, where they leave through the provider."""
    provider = PROVIDERS.get(settings.ESP)
    if provider is None or not server.is_system:
        return mails
    return _marked(provider, mails)


def read(request: HttpRequest) -> list[Returned]:
    """Return what a call of the provider says came back.

    Raises SuspiciousOperation for a call that is not proved to be the provider's, or that makes
    no sense, and NotSetUp.
    """
    view = make_view()
    try:
        view.run_validators(request)
        events = view.parse_events(request)
        return [_read(event) for event in events if event.event_type in _LOST]
    except SuspiciousOperation:
        raise
    except Exception as error:  # whatever stands in it
        raise SuspiciousOperation(f"A call of {settings.ESP} makes no sense: {error!r}") from error


def make_view() -> Any:
    """Return django-anymail's view of the provider's calls. Raises NotSetUp."""
    provider = PROVIDERS[settings.ESP]
    if provider.needs_key and not settings.ESP_SIGNING_KEY:
        raise NotSetUp(f"{provider.name} signs its calls: write CONVOCA_ESP_SIGNING_KEY.")
    try:
        module = import_module(f"anymail.webhooks.{settings.ESP}")
    except ImportError as error:
        raise NotSetUp('Install what reads its calls: pip install "convoca[esp]".') from error
    options: dict[str, Any] = {"webhook_secret": settings.ESP_SECRET}
    if provider.key and settings.ESP_SIGNING_KEY:
        options[provider.key] = settings.ESP_SIGNING_KEY
    name = f"{provider.name}TrackingWebhookView"
    found = getattr(module, name, None) or getattr(module, f"{provider.name}CombinedWebhookView")
    try:
        return found(**options)
    except ValueError as error:
        raise NotSetUp(f"CONVOCA_ESP_SIGNING_KEY is no key of {provider.name}.") from error


def _marked(provider: Provider, mails: Iterable[Outgoing]) -> Iterator[Outgoing]:
    for mail in mails:
        mark: Any = f"{mail.version}.{verp.mark(mail.delivery_id)}"
        if not provider.header.endswith(_MARK):
            mark = {_MARK: mark}
            mark = json.dumps({provider.wrapping: mark} if provider.wrapping else mark)
        yield mail._replace(content=f"{provider.header}: {mark}\r\n".encode() + mail.content)


def _read(event: Any) -> Returned:
    told = event.esp_event if isinstance(event.esp_event, dict) else {}
    error = str(told.get("error", ""))  # Mailjet's, who tells no words of the server
    words = str(event.mta_response or event.description or told.get("comment") or error)[:_LONGEST]
    code = _ENHANCED.search(words)
    why = error if error in _STATUS else str(event.reject_reason)
    status = code[0] if code else _STATUS.get(why, "5.0.0")
    metadata = event.metadata if isinstance(event.metadata, dict) else {}
    version, _dot, mark = str(metadata.get(_MARK, "")).partition(".")
    return Returned(
        number=verp.marked(mark),
        version=int(version) if version.isdecimal() else 0,
        message_id=str(event.message_id or ""),
        said=Delivery(
            address=str(event.recipient or ""), action=Action.FAILED, status=status, words=words
        ),
    )
