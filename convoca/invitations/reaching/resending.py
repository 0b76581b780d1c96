"""The event as it stands once more: to one attendee, or to all whom a mail did not reach."""

from __future__ import annotations

from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext_lazy as _

from convoca.accounts import bulk
from convoca.accounts.invalid import Invalid
from convoca.accounts.models import Membership
from convoca.calendars.models import Attendee, Event
from convoca.calendars.refusals import NotAllowed
from convoca.invitations import failures, invitees
from convoca.invitations.models import Invitation
from convoca.mail import outbox
from convoca.mail.advice import ONLY_A_CORRECTION_HELPS
from convoca.mail.models import Delivery
from convoca.mail.outbox import suppressions, wanting


def resend(member: Membership, event: Event, attendee: Attendee) -> None:
    """Queue the current state of the event for one attendee once more, as a mail of its own.

    Raises NotAllowed, and Invalid where there is nobody to write to.
    """
    if not event.is_editable_by(member) or event.pk not in {
        attendee.event_id,
        attendee.event.series_id,
    }:
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


def resend_lost(member: Membership, event: Event) -> int:
    """Queue it for everyone whose mail failed or came back; return for how many.

    Not where only another address helps. Raises NotAllowed, and Invalid where there is nobody.
    """
    if not event.is_editable_by(member):
        raise NotAllowed
    with transaction.atomic():
        rows = Invitation.objects.filter(
            event=event, ended_at=None, delivery__status__in=failures.LOST
        )
        rows = rows.exclude(delivery__reason__in=ONLY_A_CORRECTION_HELPS)
        silent = invitees.silent(event.team)
        lost = [row for row in rows.select_for_update(of=("self",)) if row.email_key not in silent]
        if not lost or event.is_cancelled or event.sender is None:
            raise Invalid.field("attendees", _("There is nobody to whom it can be sent again."))
        for some in bulk.batches(lost):
            Invitation.objects.filter(pk__in=[row.pk for row in some]).update(
                resends=F("resends") + 1
            )
            deliveries = Delivery.objects.filter(pk__in=[row.delivery_id for row in some])
            wanting.want_all_again(deliveries, sender=event.sender)
    return len(lost)
