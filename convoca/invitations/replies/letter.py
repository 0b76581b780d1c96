"""A message that came in, taken apart, with what is known of where it came from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from convoca.calendars.models import Event
from convoca.invitations.models import Invitation
from convoca.mail.models import InboundMessage
from convoca.standards.imip.extract import Incoming


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """`own_event` is the event whose mailbox it came to, by its token; `invitation` is whose it is.

    `aliases` are addresses in the mail that belong to somebody invited, each with theirs.
    `is_sender_proven` tells that a mail server we believe vouches for the From address.
    """

    message: InboundMessage
    mail: Incoming
    own_event: Event | None
    invitation: Invitation | None
    is_sender_proven: bool
    aliases: Mapping[str, str] = field(default_factory=dict)

    def proves(self, address: str) -> bool:
        """Tell whether an answer in the name of `address` is to be believed.

        Only they know the address of their own copy; that of the event is known to all invited.
        """
        if self.invitation is not None and self.invitation.email_key == address:
            return True
        return self.is_sender_proven and self.sender == address

    @property
    def sender(self) -> str:
        """Return the From address, or that of the invited whose other address it is."""
        return self.aliases.get(self.mail.sender, self.mail.sender)
