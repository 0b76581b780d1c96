"""A guest's address is corrected in place: the same guest, the same history, a new link."""

from __future__ import annotations

from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from convoca.accounts.invalid import Invalid
from convoca.accounts.models import Membership
from convoca.calendars import snapshot
from convoca.calendars.models import Attendee, Event, Kind
from convoca.calendars.organizers import new_token
from convoca.calendars.refusals import NotAllowed
from convoca.guests import addressbook
from convoca.guests.addressbook import NewGuest
from convoca.invitations import invitees, links
from convoca.invitations.models import Invitation
from convoca.mail import outbox
from convoca.mail.outbox import suppressions


def correct_address(member: Membership, event: Event, attendee: Attendee, email: str) -> None:
    """Write to a guest at another address from now on, about every event to come they are on.

    Their card gets the address, answers and history stay. The link and the reply address are new,
    and the invitation is sent once more, even where mails came back before; nobody else is told,
    and nothing is cancelled. One transaction. Raises NotAllowed, and Invalid on `email`.
    """
    is_on_it = event.pk in {attendee.event_id, attendee.event.series_id}
    if not event.is_editable_by(member) or not is_on_it:
        raise NotAllowed
    if attendee.kind != Kind.GUEST:
        raise Invalid.field("email", _("Only the address of a guest can be corrected."))
    new = addressbook.clean(NewGuest(email=email))
    if new.key == attendee.email_key:
        raise Invalid.field("email", _("This is the address we wrote to already."))
    with transaction.atomic():
        events = _locked(event, attendee)
        if _is_taken(event, new.key):
            raise Invalid.field("email", _("Somebody with this address is invited already."))
        _correct_card(member, attendee, new)
        suppressions.lift(event.team, new.key)
        for one in events:
            if one.pk == event.pk or not _is_taken(one, new.key):
                _correct(member, one, attendee.email_key, new)


def _locked(event: Event, attendee: Attendee) -> list[Event]:
    """Return the event and the team's others to come with this guest, locked in one order."""
    theirs = Attendee.objects.filter(guest=attendee.guest_id, email_key=attendee.email_key)
    on_dates = theirs.filter(event__series__isnull=False)
    invited = Q(pk__in=theirs.values("event")) | Q(pk__in=on_dates.values("event__series"))
    others = Event.objects.filter(invited, team=event.team_id, series=None)
    coming = others.filter(span_end__gt=timezone.now()) if attendee.guest_id else others.none()
    keys = {event.pk, *coming.values_list("pk", flat=True)}
    return list(Event.objects.locked().filter(pk__in=keys).order_by("pk"))


def _is_taken(event: Event, address: str) -> bool:
    """Tell whether the address is somebody else's on this event, or was."""
    return Invitation.objects.filter(event=event, email_key=address).exists()


def _correct_card(member: Membership, attendee: Attendee, new: NewGuest) -> None:
    """Change the card, if there still is one. Raises Invalid when the address is another's."""
    if attendee.guest is not None:
        addressbook.change_guest(member, attendee.guest, email=new.email)
    elif addressbook.known(member, [new.key]):
        raise Invalid.field("email", _("Somebody has this address already."))


def _correct(member: Membership, event: Event, old: str, new: NewGuest) -> None:
    rows = Attendee.objects.filter(Q(event=event) | Q(event__series=event), email_key=old)
    rows.update(email=new.email, email_key=new.key)
    snapshot.readdress(event, old, new.key)
    Event.objects.filter(pk=event.pk).update(revision=F("revision") + 1)
    invitation = Invitation.objects.select_related("delivery").filter(event=event, email_key=old)
    for row in invitation:
        row.corrections.create(was=row.email, corrected_by=member, corrected_at=timezone.now())
        for field, value in links.new_key().items():
            setattr(row, field, value)
        row.email, row.email_key, row.reply_token = new.email, new.key, new_token()
        row.opened_at = None
        row.save()
        if row.delivery is not None and not event.is_cancelled:
            key = invitees.delivery_key(event, new.key)
            outbox.readdress(row.delivery, key=key, email=new.email, version=event.version)
