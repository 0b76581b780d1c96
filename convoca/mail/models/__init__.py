"""What the post office keeps: confirmed senders and their mailboxes, mails out and mails in."""

from convoca.mail.models.allowance import Allowance
from convoca.mail.models.delivery import Delivery, DeliveryAttempt
from convoca.mail.models.dkim import DkimKey
from convoca.mail.models.halt import Halt
from convoca.mail.models.inbound import InboundMessage
from convoca.mail.models.mailbox import Mailbox
from convoca.mail.models.preflight import Preflight
from convoca.mail.models.pulse import Pulse
from convoca.mail.models.sender import ConfirmationCode, Sender, SenderChoice
from convoca.mail.models.suppression import Suppression
from convoca.mail.models.trial import Trial

__all__ = [
    "Allowance",
    "ConfirmationCode",
    "Delivery",
    "DeliveryAttempt",
    "DkimKey",
    "Halt",
    "InboundMessage",
    "Mailbox",
    "Preflight",
    "Pulse",
    "Sender",
    "SenderChoice",
    "Suppression",
    "Trial",
]
