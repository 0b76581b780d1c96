"""Django's own mails, such as password resets, put into the outbox like every other."""

from __future__ import annotations

from collections.abc import Sequence

from django.core.mail import EmailMessage
from django.core.mail.backends.base import BaseEmailBackend
from django.db import transaction

from convoca.mail import outbox
from convoca.standards.ical.address import parse


class OutboxBackend(BaseEmailBackend):
    """Queues one delivery for each recipient; the worker sends it."""

    @transaction.atomic
    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        """Queue the messages in the caller's transaction; return how many had a recipient."""
        return sum(bool(self._queue(message)) for message in email_messages)

    def _queue(self, message: EmailMessage) -> int:
        mime = message.message()
        content = mime.as_bytes(linesep="\r\n")  # type: ignore[call-arg]  # Django's own
        recipients = [address for text in message.recipients() if (address := parse(text)[1])]
        for recipient in recipients:
            # Django makes a new Message-ID for every message, so the key is unique.
            key = f"django:{mime['Message-ID']}:{recipient}"[:200]
            outbox.enqueue_post(key, recipient=recipient, content=content)
        return len(recipients)
