"""A delivery report becomes news for the host: somebody was not reached after all."""

from __future__ import annotations

from convoca.invitations import notices
from convoca.mail import bounces
from convoca.mail.inbox import Outcome, Verdict
from convoca.mail.models import Delivery, InboundMessage
from convoca.standards.imip.reports import Action, Report


def take(message: InboundMessage, report: Report) -> Verdict:
    """Note in the delivery what a report says, and tell the host; inside the caller's transaction.

    Only a failure counts: a server that says it keeps trying will say how that ended.
    """
    said = next((one for one in report.deliveries if one.action == Action.FAILED), None)
    if said is None:
        return Verdict(outcome=Outcome.IGNORED, detail="a report of no failure")
    delivery = bounces.find(message.recipient, report)
    if delivery is None or not _is_from_a_host(delivery):
        return Verdict(outcome=Outcome.IGNORED, detail="a report about no mail of ours")
    failed = bounces.record(delivery, said, report.message_id, message.received_at)
    if failed is None:
        return Verdict(outcome=Outcome.KEPT, detail="known, or overtaken by a newer mail")
    notices.delivery_failed([failed])
    return Verdict(outcome=Outcome.APPLIED, detail=f"came back: {failed.reason}")


def _is_from_a_host(delivery: Delivery) -> bool:
    """Tell invitations, and what else leaves from a sender's address, from codes and notices."""
    return delivery.kind == Delivery.Kind.INVITATION or delivery.sender_id is not None
