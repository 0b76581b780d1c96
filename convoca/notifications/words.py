"""A notification in the reader's language."""

from __future__ import annotations

from dataclasses import dataclass

from convoca.notifications.models import Notification


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """`sentence` says what happened, `detail` adds a note or a reason; both are plain text."""

    sentence: str
    detail: str = ""


def words(notification: Notification) -> Words:
    """Put a notification into the active language; times are shown in the event's zone."""
    raise NotImplementedError
