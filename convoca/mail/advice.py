"""What somebody can do about a mail that did not arrive: one sentence for each reason."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from convoca.mail.models import Delivery

Reason = Delivery.Reason
Status = Delivery.Status

ONLY_A_CORRECTION_HELPS = frozenset({Reason.UNKNOWN_ADDRESS, Reason.SUPPRESSED, Reason.UNMAILABLE})

_OPERATOR = _("Ask whoever runs this server to look at its outgoing mail, then send again.")

_FAILED: dict[str, str | Promise] = {
    Reason.UNREACHABLE: _OPERATOR,
    Reason.NO_TRUST: _OPERATOR,
    Reason.NO_ANSWER: _OPERATOR,
    Reason.LOGIN: _("Correct the login of the sender address, then send again."),
    Reason.SENDER: _("Send from another address, or have the mail provider allow this one."),
    Reason.LATER: _("We tried for days. Send again, or reach them another way."),
    Reason.UNKNOWN_ADDRESS: _("Ask them for the right address and correct it here."),
    Reason.FULL: _("Tell them another way, and send again when there is room."),
    Reason.POLICY: _("Have the checks of the sender address put right, or send from another one."),
    Reason.REFUSED: _("Their server’s words may say why. Send again later, or to another address."),
    Reason.UNMAILABLE: _("Correct the address."),
    Reason.UNWRITTEN: _("Send again; should it fail again, tell whoever runs this server."),
}
_DELAYED: dict[str, str | Promise] = {
    Reason.LOGIN: _("Correct the login of the sender address; until then we go on trying."),
    Reason.PAUSED: "",
}
_PATIENCE = _("We go on trying by ourselves, for four days.")


def advice(status: str, reason: str) -> str:
    """Return what to do about a delivery in this state, in the active language; "" if nothing."""
    if status == Status.DELAYED:
        return str(_DELAYED.get(reason, _PATIENCE))
    return str(_FAILED.get(reason, "")) if status in {Status.FAILED, Status.BOUNCED} else ""
