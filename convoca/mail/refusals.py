"""Why the post office says no: each refusal carries its facts and explains itself to a person."""

from __future__ import annotations

from typing import ClassVar

from django.utils.translation import gettext as _
from django.utils.translation import ngettext


class Refused(Exception):
    """A refusal: `str()` says why in the active language, `field` says where it was typed."""

    field: ClassVar[str] = ""

    def __str__(self) -> str:
        return self.explain()

    def explain(self) -> str:
        raise NotImplementedError


class NotAnAddress(Refused):
    field = "email"

    def explain(self) -> str:
        return _("Write an e-mail address, such as name@example.org.")


class BadName(Refused):
    field = "name"

    def explain(self) -> str:
        return _("Write a name of at most 120 characters.")


class AlreadyAdded(Refused):
    field = "email"

    def explain(self) -> str:
        return _("You have already added and confirmed this address.")


class NotYours(Refused):
    """The sender belongs to somebody else, or to another team."""

    field = "sender"

    def explain(self) -> str:
        return _("This address is not yours.")


class SenderNotConfirmed(Refused):
    """Nobody sends from an address that is neither their own confirmed one nor everyone's."""

    field = "sender"

    def explain(self) -> str:
        return _("This address cannot be used before it is confirmed with the code sent to it.")


class AlreadyConfirmed(Refused):
    field = "code"

    def explain(self) -> str:
        return _("This address is already confirmed.")


class NoCode(Refused):
    field = "code"

    def explain(self) -> str:
        return _("No code has been sent to this address yet. Ask for one.")


class WrongCode(Refused):
    field = "code"

    def __init__(self, left: int):
        super().__init__(left)
        self.left = left

    def explain(self) -> str:
        return _("This is not the code we sent.") + " " + _attempts(self.left)


class CodeReplaced(WrongCode):
    """The code was right once; a newer one has ended it."""

    def explain(self) -> str:
        return _("A newer code has replaced this one. Use the latest.") + " " + _attempts(self.left)


class CodeExpired(Refused):
    field = "code"

    def explain(self) -> str:
        return _("The code is older than 30 minutes. Ask for a new one.")


class NoAttemptsLeft(Refused):
    field = "code"

    def explain(self) -> str:
        return _("Five wrong codes were typed. Ask for a new one.")


class CodeTooSoon(Refused):
    field = "code"

    def __init__(self, seconds: int):
        super().__init__(seconds)
        self.seconds = seconds

    def explain(self) -> str:
        return ngettext(
            "A new code can be sent once a minute. Try again in %(seconds)d second.",
            "A new code can be sent once a minute. Try again in %(seconds)d seconds.",
            self.seconds,
        ) % {"seconds": self.seconds}


class TooManyCodes(Refused):
    field = "code"

    def __init__(self, minutes: int):
        super().__init__(minutes)
        self.minutes = minutes

    def explain(self) -> str:
        return ngettext(
            "At most five codes an hour are sent to an address. Try again in %(minutes)d minute.",
            "At most five codes an hour are sent to an address. Try again in %(minutes)d minutes.",
            self.minutes,
        ) % {"minutes": self.minutes}


class TooManyTests(Refused):
    field = "sender"

    def explain(self) -> str:
        return _("At most ten test mails a day are sent. Try again tomorrow.")


class LoginRefused(Refused):
    """The sender's own server could not be used; `answer` holds its words, if it said any."""

    field = "smtp_host"

    def __init__(self, message: str, answer: str = "", field: str = "smtp_host"):
        super().__init__(message, answer)
        self.message = message
        self.answer = answer
        self.field = field  # type: ignore[misc]

    def explain(self) -> str:
        if not self.answer:
            return self.message
        return self.message + " " + _("The server said: %(answer)s") % {"answer": self.answer}


def _attempts(left: int) -> str:
    return ngettext("%(left)d attempt left.", "%(left)d attempts left.", left) % {"left": left}
