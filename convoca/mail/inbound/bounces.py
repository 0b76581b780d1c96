"""A mail that was accepted and then came back (RFC 3464): what its delivery says from then on."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

from django.db import transaction

from convoca.mail.models import Delivery, DeliveryAttempt
from convoca.mail.outbox import suppressions
from convoca.mail.transport import esp, verp
from convoca.mail.transport.replies import Reply, judge
from convoca.standards.ical.address import normalise
from convoca.standards.imip import reports

Status = Delivery.Status


def find(recipient: str, report: reports.Report) -> Delivery | None:
    """Return the delivery that a report is about: by our own envelope address, else by Message-ID.

    A Message-ID alone can be guessed by others who were invited, so there the report has to name
    the address we wrote to.
    """
    number = verp.delivery_id(recipient)
    if number is not None:
        return Delivery.objects.defer("payload").filter(pk=number).first()
    tries = DeliveryAttempt.objects.filter(message_id=report.message_id or None)
    row = Delivery.objects.defer("payload").filter(pk__in=tries.values("delivery")[:1]).first()
    named = {one.address for one in report.deliveries}
    return row if row is not None and normalise(row.email) in named else None


def find_returned(returned: esp.Returned) -> tuple[Delivery | None, reports.Report]:
    """Return the delivery that a mail provider speaks of, and what it says as a report.

    By our mark, else by the Message-ID where the provider has left it as it was.
    """
    said = replace(returned.said, address=normalise(returned.said.address))
    report = reports.Report(deliveries=(said,), message_id=returned.message_id)
    if returned.number is None:
        return find("", report), report
    tries = DeliveryAttempt.objects.filter(delivery=returned.number, version=returned.version)
    newest = tries.exclude(message_id="").order_by("-at", "-id").select_related("delivery").first()
    if newest is None:
        return None, report
    return newest.delivery, replace(report, message_id=newest.message_id)


@transaction.atomic
def record(
    delivery: Delivery, said: reports.Delivery, message_id: str, now: dt.datetime
) -> Delivery | None:
    """Note that a mail came back; return the delivery if that is news.

    What the address holds is then what it got before. An address that does not exist is not
    written to again. What is wanted anew, or is just being sent, goes its way.
    """
    row = Delivery.objects.select_for_update().defer("payload").get(pk=delivery.pk)
    came_back = _mail(row, message_id)
    if came_back is None:
        return None
    reply = Reply.of(550, f"{said.status} {said.words}".strip())
    _status, reason = judge(reply, "RCPT")
    DeliveryAttempt.objects.create(
        delivery=row,
        at=now,
        version=came_back.version,
        outcome=Status.BOUNCED,
        reason=reason,
        response=reply.text,
        message_id=came_back.message_id,
    )
    row.sent, row.half_sent, row.doubted = _held(row), 0, 0
    if not row.lease and (row.due_before if row.is_held else row.due_at) is None:
        row.status, row.reason, row.last_error = Status.BOUNCED, reason, reply.text
    row.save(update_fields=["sent", "half_sent", "doubted", "status", "reason", "last_error"])
    suppressions.add([row])
    return row if row.status == Status.BOUNCED else None


def _mail(row: Delivery, message_id: str) -> DeliveryAttempt | None:
    """Return the try whose mail came back, the last one where the report does not say which.

    None when it has come back before, or was never sent.
    """
    tries = row.tries.exclude(message_id="").order_by("-at", "-id")
    if message_id:
        tries = tries.filter(message_id=message_id)
    newest = tries.first()
    return newest if newest is not None and newest.outcome == Status.SENT else None


def _held(row: Delivery) -> int:
    """Return the newest version that was sent and has not come back; 0 if there is none."""
    tries = row.tries.filter(outcome__in=[Status.SENT, Status.BOUNCED]).order_by("at", "id")
    last = {one.message_id: one for one in tries}  # a mail that came back was sent before
    return max((one.version for one in last.values() if one.outcome == Status.SENT), default=0)
