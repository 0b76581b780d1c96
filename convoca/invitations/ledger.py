"""Who was reached and who is coming: one line per attendee, for the event's page and the API."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext_lazy as _

from convoca.accounts.invalid import Invalid
from convoca.accounts.models import Membership
from convoca.calendars.models import Attendee, Event, Kind
from convoca.calendars.refusals import NotAllowed
from convoca.invitations import invitees
from convoca.invitations.models import Invitation, Rsvp
from convoca.mail import outbox, suppressions
from convoca.mail.models import Delivery

NOT_SENT = "NOT_SENT"
OPTED_OUT = "OPTED_OUT"
NONE = "NONE"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """How far the mail to an attendee has come.

    `status` is a Delivery.Status, or NOT_SENT (saved without sending), OPTED_OUT (they or the
    member wish for no mail) or NONE (rooms and the host get none). `reason` is put into words,
    `last_error` are the server's own.
    """

    status: str
    attempts: int = 0
    reason: str = ""
    last_error: str = ""
    sent_at: dt.datetime | None = None
    next_try_at: dt.datetime | None = None
    opened_at: dt.datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One attendee with their answer and the state of the mail to them."""

    attendee: Attendee
    email: str
    name: str
    kind: str
    partstat: str
    answered_at: dt.datetime | None
    answered_by: str  # the Rsvp.Source of the answer that counts, "" without one
    note: str
    delivery: Reach


def attendees(event: Event) -> list[Line]:
    """Return everyone on the event in the host's order; the number of queries is fixed."""
    known = invitees.of(event)
    silent = invitees.silent(event.team)
    sources = _sources(event)
    rows = event.attendees.select_related("guest", "member__user", "room")
    return [
        _line(row, event, known.get(row.email_key), silent, sources.get(row.email_key, ""))
        for row in rows
    ]


def resend(member: Membership, event: Event, attendee: Attendee) -> None:
    """Queue the current state of the event for one attendee once more, as a mail of its own.

    Raises NotAllowed, and Invalid where there is nobody to write to.
    """
    if not event.is_editable_by(member) or attendee.event_id != event.pk:
        raise NotAllowed
    if attendee.email_key in invitees.silent(event.team):
        raise Invalid.field("attendee", _("%(name)s wishes for no e-mail.") % {"name": attendee})
    with transaction.atomic():
        rows = Invitation.objects.select_for_update(of=("self",)).select_related("delivery")
        invitation = rows.filter(event=event, email_key=attendee.email_key).first()
        if invitation is None or event.is_cancelled or event.sender is None:
            raise Invalid.field("attendee", _("There is no invitation to send."))
        suppressions.lift(event.team, invitation.email)
        send_again(event, invitation)


def send_again(event: Event, invitation: Invitation) -> None:
    """Queue the current state of the event as a new mail, inside the caller's transaction."""
    Invitation.objects.filter(pk=invitation.pk).update(resends=F("resends") + 1)
    if invitation.delivery is not None:
        outbox.want_again(invitation.delivery, sender=event.sender)
        return
    key = invitees.delivery_key(event, invitation.email_key)
    ids = outbox.want(
        {key: invitation.email}, team=event.team, sender=event.sender, version=event.version
    )
    Invitation.objects.filter(pk=invitation.pk).update(delivery=ids[key])


def _line(
    row: Attendee, event: Event, invitation: Invitation | None, silent: set[str], source: str
) -> Line:
    return Line(
        attendee=row,
        email=row.email,
        name=row.name,
        kind=row.kind,
        partstat=row.partstat,
        answered_at=row.replied_at,
        answered_by=source,
        note=row.note,
        delivery=_reach(row, event, invitation, silent),
    )


def _reach(row: Attendee, event: Event, invitation: Invitation | None, silent: set[str]) -> Reach:
    if row.kind == Kind.ROOM or row.member_id == event.host_id:
        return Reach(status=NONE)
    opened_at = invitation.opened_at if invitation else None
    delivery = invitation.delivery if invitation else None
    if row.email_key in silent:
        return Reach(status=OPTED_OUT, opened_at=opened_at)
    if delivery is None:
        return Reach(status=NOT_SENT, opened_at=opened_at)
    is_waiting = delivery.status in {Delivery.Status.QUEUED, Delivery.Status.DELAYED}
    return Reach(
        status=delivery.status,
        attempts=delivery.attempts,
        reason=delivery.get_reason_display() if delivery.reason else "",
        last_error=delivery.last_error,
        sent_at=delivery.sent_at,
        next_try_at=delivery.due_at if is_waiting else None,
        opened_at=opened_at,
    )


def _sources(event: Event) -> dict[str, str]:
    """Return how the answer that counts came, by address: the last one that was applied."""
    rows = Rsvp.objects.filter(invitation__event=event, is_applied=True).order_by("id")
    return dict(rows.values_list("invitation__email_key", "source"))
