"""An invitation put into MIME once for all who are told the same, then made each guest's own."""

from html import escape
from typing import NamedTuple

from convoca.standards.ical.stencil import Unfit, calendar_stencil, in_address, in_parameter
from convoca.standards.imip.compose import Letter, body_stencil, compose_encoded


class Own(NamedTuple):
    """What one guest has to themselves in a mail, or the marks that stand for it in a pattern.

    `address` is where the mail goes, as its words name it; `attendee` and `name` are what the
    calendar object calls the guest. `token` opens their page, `reply_token` takes their replies.
    """

    token: str
    reply_token: str
    address: str
    attendee: str
    name: str

    @classmethod
    def marks(cls, secret: str) -> "Own":
        """Return marks that stand in no text, for nobody could know the secret when writing it.

        With 26 characters of letters and digits the first two are as long as tokens are.
        """
        return cls(
            token=f"token-{secret}",
            reply_token=f"reply-{secret}",
            address=f"address-{secret}",
            attendee=f"attendee-{secret}",
            name=f"name-{secret}",
        )


class Pattern:
    """The words and the calendar object of one message, cut at a guest's marks."""

    def __init__(self, text: str, html: str, ics: bytes, method: str, marks: Own) -> None:
        """Cut what was written for somebody whose own things are `marks`."""
        self._method = method
        self._marks = marks
        token, reply_token = {"token": marks.token}, {"reply_token": marks.reply_token}
        address, html_address = {"address": marks.address}, {"html_address": marks.address}
        self._text = body_stencil(text, fixed=token, free=address)
        self._html = body_stencil(html, fixed=token, free=html_address)
        self._calendar = calendar_stencil(
            ics,
            fixed=token | reply_token,
            free={"attendee": marks.attendee, "name": marks.name},
        )

    def compose(self, letter: Letter, own: Own) -> bytes:
        """Return the mail for one guest; the texts of the letter are not read.

        The bytes are those of `compose.compose` for texts and a calendar object written for this
        guest alone. Raises Unmailable, and stencil.Unfit for a guest who needs the latter.
        """
        marks = self._marks
        is_alike = len(own.token) == len(marks.token)
        if not is_alike or len(own.reply_token) != len(marks.reply_token):
            raise Unfit(own.token)
        values = {
            "token": own.token.encode(),
            "reply_token": own.reply_token.encode(),
            "address": own.address.encode(),
            "html_address": escape(own.address).encode(),
            "attendee": in_address(own.attendee).encode(),
            "name": in_parameter(own.name).encode(),
        }
        return compose_encoded(
            letter,
            self._text.fill(values),
            self._html.fill(values),
            self._calendar.fill(values),
            self._method,
        )
