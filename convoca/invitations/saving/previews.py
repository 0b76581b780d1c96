"""Exactly what a chosen guest will be sent, before anything is saved."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from convoca.accounts.invalid import Invalid
from convoca.accounts.models import Membership
from convoca.calendars import editing, snapshot
from convoca.calendars.drafts import EventDraft
from convoca.calendars.models import Event
from convoca.calendars.scopes import Scope
from convoca.guests.models import Guest
from convoca.invitations import invitees
from convoca.invitations.content.readers import answer_by_of, host_of, reader_of
from convoca.invitations.messages.wording import write
from convoca.invitations.models import Invitation
from convoca.invitations.saving.planning import (
    check_sender,
    plan_change,
    stored_sender,
    with_sender,
)
from convoca.standards.ical import model as ical
from convoca.standards.ical.address import normalise
from convoca.standards.itip.messages import Message
from convoca.standards.itip.outgoing import Telling

_TOKEN = "preview"  # noqa: S105  it opens nothing
_BEFORE_ALL = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)  # a past meeting can be looked at too


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """A mail as one guest will see it; `html` is a whole page, to be shown in a sandboxed frame."""

    subject: str
    sender: str
    recipient: str
    language: str
    text: str
    html: str


def preview(
    member: Membership,
    draft: EventDraft,
    event: Event | None = None,
    *,
    scope: Scope = Scope.ALL,
    recurrence_id: dt.datetime | None = None,
    email: str = "",
    language: str = "",
    message: str = "",
) -> Preview:
    """Return what the attendee with this address would be sent if the draft were saved.

    Without `email` it is the first attendee; `language` replaces the attendee's own. Nothing is
    written, and the links in it open nothing. Raises as `scheduling.save_event` does, and Invalid
    when nobody of that address is invited.
    """
    made = with_sender(member, draft, event)
    edit = editing.prepare(member, made, event, scope=scope, recurrence_id=recurrence_id)
    change = edit.change
    half = change.halves()[-1]  # of a series cut in two, the mail about the rest says it all
    check_sender(member, half, stored_sender(event))
    known = invitees.invited(change.event) if event else {}
    planned = plan_change(half, known if half is change else {}, _BEFORE_ALL).event
    address = normalise(email) or next(iter(planned.addresses()), "")
    known_rest = half.before if half is change.rest else None
    stored = invitees.of(change.event, only=address).get(address) if event else None
    told = _message(change.event, planned, stored, address, known_rest)
    if told is None:
        raise Invalid.field("attendees", _("Nobody with this address is invited."))
    invitation = stored or _imagined(change.event, address)
    reader = reader_of(invitation)
    reader = replace(reader, language=language or reader.language)
    now, host = timezone.now(), host_of(change.event)
    answer_by = answer_by_of(half.event, now)
    wording = write(told, reader, host, message.strip(), planned, now, answer_by)
    return Preview(
        subject=wording.subject,
        sender=str(half.event.sender or half.event.host.email),
        recipient=f"{told.recipient.name} <{address}>",
        language=reader.language,
        text=wording.text_for(_TOKEN, address),
        html=wording.html_for(_TOKEN, address),
    )


def _message(
    event: Event,
    planned: ical.Event,
    invitation: Invitation | None,
    address: str,
    known_rest: ical.Event | None,
) -> Message | None:
    """Return the update they would get, or the invitation where nothing changed for them.

    `known_rest` is what everyone knows of the rest of a series.
    """
    delivery = invitation.delivery if invitation else None
    seen = known_rest or (snapshot.load(event, delivery.sent) if delivery else None)
    update = Telling(seen, planned, _BEFORE_ALL).message_for(address)
    return update or Telling(None, planned, _BEFORE_ALL).message_for(address)


def _imagined(event: Event, address: str) -> Invitation:
    """Return the invitation of somebody who has none yet, not stored."""
    members = Membership.objects.current().filter(team=event.team)
    return Invitation(
        event=event,
        email_key=address,
        guest=Guest.objects.filter(team=event.team, email_key=address).first(),
        member=next((one for one in members if normalise(one.email) == address), None),
    )
