"""How each mail provider tells that a mail came back, after the forms that django-anymail reads."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Callable
from typing import Any

from django.test import Client

USER, PASSWORD = "provider", "s" * 20
SECRET = f"{USER}:{PASSWORD}"
AUTHORIZATION = "Basic " + base64.b64encode(SECRET.encode()).decode()
KEY = "signing-key"
WORDS = "550 5.1.1 No such user"


def call(client: Client, provider: str, told: Any) -> int:
    """Call as the provider does; return the status."""
    headers = {"Authorization": AUTHORIZATION}
    if provider != "mandrill":
        options: dict[str, Any] = {"content_type": "application/json", "headers": headers}
        return client.post("/mail/returned/", told, **options).status_code
    events = json.dumps(told)
    signed = f"http://{SECRET}@testserver/mail/returned/mandrill_events{events}"
    signature = hmac.new(KEY.encode(), signed.encode(), hashlib.sha1).digest()
    headers["X-Mandrill-Signature"] = base64.b64encode(signature).decode()
    typed = {"mandrill_events": events}
    return client.post("/mail/returned/", typed, headers=headers).status_code


def telling(provider: str, address: str, mark: str) -> Any:
    """Return what a provider tells of a mail that it could not deliver."""
    return _FORMS[provider](address, {"convoca": mark} if mark else {})


def _brevo(address: str, metadata: dict[str, str]) -> Any:
    custom = json.dumps(metadata)
    event = {"event": "hard_bounce", "email": address, "reason": WORDS}
    return event | {"X-Mailin-custom": custom}


def _mailgun(address: str, metadata: dict[str, str]) -> Any:
    signature = hmac.new(KEY.encode(), b"1token", hashlib.sha256).hexdigest()
    return {
        "signature": {"timestamp": "1", "token": "token", "signature": signature},
        "event-data": {
            "event": "failed",
            "severity": "permanent",
            "timestamp": 1,
            "recipient": address,
            "user-variables": metadata,
            "delivery-status": {"code": 550, "message": WORDS},
            "message": {"headers": {"message-id": "theirs"}},
        },
    }


def _mailjet(address: str, metadata: dict[str, str]) -> Any:
    event = {"event": "bounce", "hard_bounce": True, "email": address, "time": 1}
    event |= {"error_related_to": "recipient", "error": "user unknown", "comment": "No mailbox"}
    return event | {"Payload": json.dumps(metadata)}


def _mandrill(address: str, metadata: dict[str, str]) -> Any:
    message = {"email": address, "metadata": metadata, "diag": WORDS, "_id": "x"}
    return [{"event": "hard_bounce", "ts": 1, "_id": "x", "msg": message}]


def _postmark(address: str, metadata: dict[str, str]) -> Any:
    event = {"RecordType": "Bounce", "Type": "HardBounce", "Email": address, "Details": WORDS}
    return event | {"Metadata": metadata}


def _sendgrid(address: str, metadata: dict[str, str]) -> Any:
    return [{"event": "bounce", "email": address, "reason": WORDS, "timestamp": 1} | metadata]


def _sparkpost(address: str, metadata: dict[str, str]) -> Any:
    event = {"type": "bounce", "bounce_class": "10", "raw_rcpt_to": address, "timestamp": "1"}
    return [{"msys": {"message_event": event | {"raw_reason": WORDS, "rcpt_meta": metadata}}}]


_FORMS: dict[str, Callable[[str, dict[str, str]], Any]] = {
    "brevo": _brevo,
    "mailgun": _mailgun,
    "mailjet": _mailjet,
    "mandrill": _mandrill,
    "postmark": _postmark,
    "sendgrid": _sendgrid,
    "sparkpost": _sparkpost,
}
