"""Claimed deliveries become mails: the right message for each guest, in their words."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from convoca.accounts.models import Membership
from convoca.calendars.drafts import EventDraft
from convoca.calendars.models import Event
from convoca.mail.models import Delivery


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """A mail as one guest will see it; `html` is a whole page, to be shown in a sandboxed frame."""

    subject: str
    sender: str
    recipient: str
    text: str
    html: str
    language: str


def build(deliveries: Iterable[Delivery]) -> list[tuple[Delivery, Any]]:
    """Return each delivery with the `Outgoing` that brings its address up to date.

    None stands where there is nothing to tell any more. No query per delivery.
    """
    raise NotImplementedError


def preview(
    member: Membership,
    draft: EventDraft,
    event: Event | None = None,
    *,
    email: str = "",
    language: str = "",
    message: str = "",
) -> Preview:
    """Return exactly what the attendee with this address would be sent if the draft were saved.

    Without `email`, the first attendee. Nothing is written and the links in it open nothing.
    Raises Invalid.
    """
    raise NotImplementedError
