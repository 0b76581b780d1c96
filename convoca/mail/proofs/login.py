"""Proving a sender by signing in to its own mail server, without being led into our network."""

from __future__ import annotations

from collections.abc import Sequence

from django.conf import settings
from django.utils.translation import gettext as _

from convoca.mail.models import Delivery
from convoca.mail.refusals import LoginRefused
from convoca.mail.transport.line import Line, Unusable
from convoca.mail.transport.reach import PORTS, NotPublic, public_addresses
from convoca.mail.transport.servers import Server

PROOF_SECONDS = 20.0  # for everything together: somebody waits for the page

Reason = Delivery.Reason


def prove(server: Server, email: str) -> None:
    """Connect, encrypt with a verified certificate, sign in, and ask to send from `email`.

    Raises LoginRefused with the step that failed. Never call it inside a transaction.
    """
    check(server)
    try:
        with Line.open(server, seconds=PROOF_SECONDS) as line:
            line.ask_sender(email)
    except Unusable as error:
        raise _refusal(error) from None


def check(server: Server, *, prefix: str = "smtp", ports: Sequence[int] = PORTS) -> None:
    """Refuse a server that members may not make us talk to.

    `prefix` begins the names of the fields it was typed in. Raises LoginRefused.
    """
    if not server.username or not server.password:
        raise LoginRefused(_("Write the user name and the password."), field=f"{prefix}_username")
    if settings.ALLOW_PRIVATE_SMTP:
        return
    if server.port not in ports:
        message = _("Use one of these ports: %(ports)s.") % {"ports": ", ".join(map(str, ports))}
        raise LoginRefused(message, field=f"{prefix}_port")
    if server.security == "none":
        raise LoginRefused(
            _("A password is sent only over an encrypted connection: choose STARTTLS or TLS."),
            field=f"{prefix}_security",
        )
    try:
        public_addresses(server.host)
    except NotPublic:
        message = _("There is no public mail server of this name.")
        raise LoginRefused(message, field=f"{prefix}_host") from None


def _refusal(error: Unusable) -> LoginRefused:
    """Say which step failed, in the member's language, with the server's own words."""
    if error.reason == Reason.LOGIN:
        message, field = _("The server refused the user name or the password."), "smtp_password"
    elif error.reason == Reason.NO_TRUST:
        message, field = _("The connection could not be encrypted safely."), "smtp_security"
    elif error.reason == Reason.SENDER:
        message, field = _("The server does not let this login send from this address."), "email"
    else:
        message, field = _("The server cannot be reached."), "smtp_host"
    return LoginRefused(message, answer=str(error), field=field)
