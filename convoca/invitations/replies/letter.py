"""A message that came in, taken apart, with what is known of where it came from."""

from __future__ import annotations

from dataclasses import dataclass

from convoca.calendars.models import Event
from convoca.invitations.models import Invitation
from convoca.mail.models import InboundMessage
from convoca.standards.imip.extract import Incoming


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """`own_event` is the event whose mailbox it came to, by its token; `invitation` is whose it is.

    `is_sender_proven` tells that a mail server we believe vouches for the From address.
    """

    message: InboundMessage
    mail: Incoming
    own_event: Event | None
    invitation: Invitation | None
    is_sender_proven: bool

    def proves(self, address: str) -> bool:
        """Tell whether an answer in the name of `address` is to be believed.

        Only they know the address of their own copy; that of the event is known to all invited.
        """
        if self.invitation is not None and self.invitation.email_key == address:
            return True
        return self.is_sender_proven and self.mail.sender == address
