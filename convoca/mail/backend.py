"""Django's own mails, such as password resets, put into the outbox like every other."""

from __future__ import annotations

from collections.abc import Sequence

from django.core.mail import EmailMessage
from django.core.mail.backends.base import BaseEmailBackend


class OutboxBackend(BaseEmailBackend):
    """Queues one delivery per recipient; the worker sends it."""

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        """Queue the messages and return how many were queued."""
        raise NotImplementedError
