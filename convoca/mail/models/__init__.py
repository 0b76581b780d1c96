"""What the post office keeps: confirmed senders, and one row per e-mail to be sent."""

from convoca.mail.models.delivery import Delivery, DeliveryAttempt
from convoca.mail.models.sender import ConfirmationCode, Sender, SenderChoice

__all__ = ["ConfirmationCode", "Delivery", "DeliveryAttempt", "Sender", "SenderChoice"]
