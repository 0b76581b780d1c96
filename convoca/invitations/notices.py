"""What the host and colleagues are told: the bell, and an e-mail beside it."""

from __future__ import annotations

from collections.abc import Iterable

from convoca.invitations.models import Rsvp
from convoca.mail.models import Delivery
from convoca.notifications.models import Notification


def answered(rsvp: Rsvp) -> None:
    """Tell the host of an answer, if the event asks for it (rule S11)."""
    raise NotImplementedError


def delivery_failed(deliveries: Iterable[Delivery]) -> None:
    """Tell each host whose invitation was refused for good; once per event and address."""
    raise NotImplementedError


def post(notifications: Iterable[Notification]) -> None:
    """Send what was told in the bell by e-mail too, to those who want that."""
    raise NotImplementedError
