"""Claimed deliveries become mails: the right message for each guest, in their words."""

from convoca.invitations.messages.builder import build

__all__ = ["build"]
