"""The vocabulary of scheduling (RFC 5546): methods, and a message made for one recipient."""

from dataclasses import dataclass, field
from enum import StrEnum

from convoca.standards.ical.model import Attendee, Event
from convoca.standards.itip.changes import Difference, Span


class Method(StrEnum):
    """The methods of RFC 5546, 3.2; ADD is read as foreign and never written."""

    REQUEST = "REQUEST"
    CANCEL = "CANCEL"
    REPLY = "REPLY"
    REFRESH = "REFRESH"
    COUNTER = "COUNTER"
    DECLINECOUNTER = "DECLINECOUNTER"
    PUBLISH = "PUBLISH"
    ADD = "ADD"


class Reason(StrEnum):
    """Why an organizer's message goes out, for the words around it."""

    INVITED = "INVITED"
    """They are invited for the first time (REQUEST)."""
    ASKED_AGAIN = "ASKED_AGAIN"
    """It moved, their answer is void (REQUEST)."""
    UPDATED = "UPDATED"
    """Something else changed, their answer stands (REQUEST)."""
    CONTINUED = "CONTINUED"
    """The rest of a series they knew goes on under a UID of its own, their answer stands
    (REQUEST)."""
    REMOVED = "REMOVED"
    """They are no longer on the list (CANCEL)."""
    CANCELLED = "CANCELLED"
    """The event, or some of its dates, does not take place (CANCEL)."""
    REPLACED = "REPLACED"
    """It lives on under another UID, because another organizer took it over (CANCEL)."""
    REMINDED = "REMINDED"
    """They have not answered, and are asked once more; nothing has changed (REQUEST)."""
    REFUSED = "REFUSED"
    """Their proposal of another time is refused (DECLINECOUNTER)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One scheduling message for one recipient.

    `event` is what this recipient may see of it, ready to be written. `difference` tells what
    changed since the version they last got; it is None for a first invitation. `then` is a second
    message that has to follow, for the rare change one method cannot carry: a guest of single
    dates who loses one and sees another changed, or an event that another organizer took over.
    `common` is `event` before it was made the recipient's own copy: one object for all who are told
    the same, so that what is made of it can be made once. `proposed` is a time that is refused.
    """

    method: Method
    reason: Reason
    recipient: Attendee
    event: Event
    difference: Difference | None = None
    then: "Message | None" = None
    proposed: Span | None = None
    common: Event | None = field(default=None, compare=False, repr=False)
