"""A message that came in, taken apart, with what is known of where it came from."""

from __future__ import annotations

from dataclasses import dataclass

from convoca.calendars.models import Event
from convoca.mail.models import InboundMessage
from convoca.standards.imip.extract import Incoming


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """`own_event` is the event whose mailbox it came to, by its token.

    `is_sender_proven` tells that a mail server we believe vouches for the From address.
    """

    message: InboundMessage
    mail: Incoming
    own_event: Event | None
    is_sender_proven: bool

    def proves(self, address: str) -> bool:
        """Tell whether an answer in the name of `address` is to be believed."""
        if self.own_event is not None:
            return True
        return self.is_sender_proven and self.mail.sender == address
