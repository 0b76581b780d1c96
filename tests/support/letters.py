"""The mails that wait in the outbox, as a person would read them."""

from __future__ import annotations

import email
import re
from collections.abc import Callable
from dataclasses import dataclass
from email.message import EmailMessage
from email.policy import default
from typing import Any

import pytest

from convoca.mail import outbox
from convoca.mail.models import Delivery


@dataclass(frozen=True, slots=True)
class Letter:
    """One queued mail: what its reader sees."""

    recipient: str
    subject: str
    text: str
    html: str

    @property
    def code(self) -> str:
        """Return the six digits in it."""
        found = re.search(r"^\s*(\d{6})\s*$", self.text, re.MULTILINE)
        assert found, self.text
        return found.group(1)

    @property
    def link(self) -> str:
        """Return the path of the link that stands alone on its line."""
        found = re.search(r"^http://testserver(/\S+)$", self.text, re.MULTILINE)
        assert found, self.text
        return found.group(1)


Letters = Callable[..., list[Letter]]


@pytest.fixture
def letters(settings: Any) -> Letters:
    """Send Django's mails to the outbox, as in production; return how to read it, newest first."""
    settings.EMAIL_BACKEND = "convoca.mail.backend.OutboxBackend"

    def read(recipient: str = "") -> list[Letter]:
        rows = Delivery.objects.filter(kind=Delivery.Kind.POST).order_by("-id")
        found = [_open(row) for row in rows]
        return [letter for letter in found if recipient in {"", letter.recipient}]

    return read


def _open(row: Delivery) -> Letter:
    message = email.message_from_bytes(outbox.open_post(row).content, policy=default)
    assert isinstance(message, EmailMessage)
    return Letter(
        recipient=row.email,
        subject=str(message["Subject"]),
        text=_body(message, "plain"),
        html=_body(message, "html"),
    )


def _body(message: EmailMessage, kind: str) -> str:
    part = message.get_body((kind,))
    return part.get_content().replace("\r\n", "\n") if part else ""
