"""A delivery report becomes news for the host: somebody was not reached after all."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable

from django.db import transaction

from convoca.invitations import notices
from convoca.invitations.models import Correction
from convoca.mail.inbound import bounces
from convoca.mail.inbound.inbox import Outcome, Verdict
from convoca.mail.models import Delivery, InboundMessage
from convoca.mail.transport.esp import Returned
from convoca.standards.ical.address import normalise
from convoca.standards.imip.reports import Action, Report


def take(message: InboundMessage, report: Report) -> Verdict:
    """Note in the delivery what a report says, and tell the host; inside the caller's transaction.

    Only a failure counts: a server that says it keeps trying will say how that ended.
    """
    return _note(bounces.find(message.recipient, report), report, message.received_at)


@transaction.atomic
def take_returned(returned: Iterable[Returned], now: dt.datetime) -> None:
    """Do the same with what a mail provider tells of mails it could not deliver."""
    for one in returned:
        delivery, report = bounces.find_returned(one)
        _note(delivery, report, now)


def _note(delivery: Delivery | None, report: Report, now: dt.datetime) -> Verdict:
    said = next((one for one in report.deliveries if one.action == Action.FAILED), None)
    if said is None:
        return Verdict(outcome=Outcome.IGNORED, detail="a report of no failure")
    if delivery is None or not _is_from_a_host(delivery):
        return Verdict(outcome=Outcome.IGNORED, detail="a report about no mail of ours")
    if _is_of_former_address(delivery, report):
        return Verdict(outcome=Outcome.KEPT, detail="about an address that was corrected since")
    failed = bounces.record(delivery, said, report.message_id, now)
    if failed is None:
        return Verdict(outcome=Outcome.KEPT, detail="known, or overtaken by a newer mail")
    notices.delivery_failed([failed])
    return Verdict(outcome=Outcome.APPLIED, detail=f"came back: {failed.reason}")


def _is_from_a_host(delivery: Delivery) -> bool:
    """Tell invitations, and what else leaves from a sender's address, from codes and notices."""
    return delivery.kind == Delivery.Kind.INVITATION or delivery.sender_id is not None


def _is_of_former_address(delivery: Delivery, report: Report) -> bool:
    """Tell whether a report is late: about a mail from before the address was corrected."""
    corrections = Correction.objects.filter(invitation__delivery=delivery)
    last = corrections.order_by("corrected_at", "id").last()
    if last is None:
        return False
    tries = delivery.tries.filter(message_id=report.message_id or None)
    mail = tries.order_by("at", "id").first()
    if mail is not None:
        return mail.at < last.corrected_at
    named = {one.address for one in report.deliveries}
    return any(normalise(one.was) in named for one in corrections)
