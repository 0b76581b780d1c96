"""An invitation put into MIME once for all who are told the same, then made each guest's own."""

from collections.abc import Mapping
from dataclasses import dataclass
from html import escape

from convoca.standards.ical.stencil import CalendarStencil, Stencil, in_address, in_parameter
from convoca.standards.imip.compose import Letter, as_body, compose_encoded


@dataclass(frozen=True, slots=True, kw_only=True)
class Own:
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
        """Return marks that stand in no text, for nobody could know the secret when writing it."""
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
        words = {"token": marks.token, "address": marks.address}
        self._text = Stencil(as_body(text), words)
        self._html = Stencil(as_body(html), words)
        lines = {"token": marks.token, "reply_token": marks.reply_token}
        lines |= {"attendee": marks.attendee, "name": marks.name}
        self._calendar = CalendarStencil(ics, lines)

    def compose(self, letter: Letter, own: Own) -> bytes:
        """Return the mail for one guest; the texts of the letter are not read.

        The bytes are those of `compose.compose` for texts and a calendar object written for this
        guest alone. Raises Unmailable, and stencil.Unfit for a guest who needs the latter.
        """
        return compose_encoded(
            letter,
            self._text.fill(_encoded(token=own.token, address=own.address)),
            self._html.fill(_encoded(token=own.token, address=escape(own.address))),
            self._calendar.fill(
                _encoded(
                    token=own.token,
                    reply_token=own.reply_token,
                    attendee=in_address(own.attendee),
                    name=in_parameter(own.name),
                )
            ),
            self._method,
        )


def _encoded(**values: str) -> Mapping[str, bytes]:
    return {name: value.encode() for name, value in values.items()}
