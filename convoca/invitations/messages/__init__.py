"""Claimed deliveries become mails: the right message for each guest, in their words."""

from convoca.invitations.messages.builder import build
from convoca.invitations.messages.press import Press

__all__ = ["Press", "build"]
