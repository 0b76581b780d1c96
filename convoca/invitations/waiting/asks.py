"""Asks to join: the host decides on answers that do not count by themselves."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from convoca.accounts.invalid import FieldError, Invalid
from convoca.accounts.models import Membership
from convoca.calendars.drafts import NewGuest, draft_of
from convoca.calendars.models import Attendee, Event
from convoca.calendars.refusals import Conflict, NotAllowed
from convoca.guests import aliases
from convoca.guests.addressbook import MAX_NAME
from convoca.invitations.answers import rsvp
from convoca.invitations.models import HeldAnswer, Invitation, Rsvp
from convoca.invitations.saving import scheduling
from convoca.standards.ical.model import Partstat

Decision = HeldAnswer.Decision
Why = HeldAnswer.Why


def waiting(event: Event) -> list[HeldAnswer]:
    """Return what the host has not decided yet, oldest first."""
    rows = HeldAnswer.objects.filter(event=event, decision="")
    return list(rows.select_related("resembles"))


def decide(
    member: Membership,
    event: Event,
    answer_id: UUID,
    decision: HeldAnswer.Decision,
    *,
    attendee: Attendee | None = None,
) -> HeldAnswer:
    """Do with an answer what the host decides, once, and note who decided.

    ADMITTED: a stranger or delegate becomes a guest and attendee, and the answer they gave is
    recorded, so that they are not asked again; an unproven answer is recorded. MERGED: the answer
    is the `attendee`'s (by default of whom it resembles), and so is every later one from there.
    Raises NotAllowed, Conflict when somebody else has decided, HeldAnswer.DoesNotExist, and as
    `scheduling.save_event` does, LimitReached among it; then nothing has changed.
    """
    if not event.is_editable_by(member):
        raise NotAllowed
    with transaction.atomic():
        event = Event.objects.locked().get(pk=event.pk)
        answer = _take(event, answer_id, decision)
        if decision != Decision.IGNORED and not rsvp.is_open(event, timezone.now()):
            raise Invalid.field("decision", _("The event is over or cancelled."))
        if not answer.decision:
            if decision == Decision.ADMITTED:
                _admit(member, event, answer)
            elif decision == Decision.MERGED:
                _merge(member, event, answer, attendee)
            _note(member, answer, decision)
    return answer


def _take(event: Event, answer_id: UUID, decision: HeldAnswer.Decision) -> HeldAnswer:
    """Return the answer, locked; one decided otherwise is a conflict."""
    rows = HeldAnswer.objects.select_for_update(of=("self",))
    rows = rows.select_related("resembles__guest", "decided_by__user")
    answer = rows.get(event=event, public_id=answer_id)
    if answer.decision and answer.decision != decision:
        who = answer.decided_by.name if answer.decided_by else ""
        raise Conflict([FieldError("decision", _("%(who)s has decided already.") % {"who": who})])
    return answer


def _admit(member: Membership, event: Event, answer: HeldAnswer) -> None:
    invitation = _invitation(event, answer.email_key)
    if invitation is None:
        _invite(member, event, answer)
        invitation = _invitation(event, answer.email_key)
    if invitation is None:
        raise Invalid.field("decision", _("This is the host's own address."))
    if answer.why == Why.DELEGATE and answer.resembles is not None:
        _delegate(member, event, answer.resembles)
    _record(member, invitation, answer)


def _invite(member: Membership, event: Event, answer: HeldAnswer) -> None:
    """Add who answered to the attendees, with a card of their own; only they are written to.

    Who answered one date of a series joins that date.
    """
    first, _space, last = answer.name.partition(" ")
    guest = NewGuest(
        email=answer.email, first_name=first[:MAX_NAME], last_name=last.strip()[:MAX_NAME]
    )
    date = answer.recurrence_id
    draft = draft_of(event, date)
    scheduling.save_event(
        member,
        replace(draft, attendees=[*draft.attendees, guest]),
        event,
        scope=scheduling.Scope.THIS if date else scheduling.Scope.ALL,
        recurrence_id=date,
        notify="affected",
    )


def _delegate(member: Membership, event: Event, delegator: Invitation) -> None:
    """See that who sent the delegate is not asked any more (RFC 5546, 3.2.2.3)."""
    row = event.attendees.filter(email_key=delegator.email_key).first()
    if row is not None and row.partstat == Partstat.NEEDS_ACTION:
        rsvp.record(
            delegator,
            Partstat.DELEGATED,
            source=Rsvp.Source.HOST,
            now=timezone.now(),
            member=member,
        )


def _merge(member: Membership, event: Event, answer: HeldAnswer, attendee: Attendee | None) -> None:
    if answer.why == Why.UNPROVEN:
        raise Invalid.field("decision", _("This is an address of somebody invited already."))
    key = attendee.email_key if attendee else answer.resembles and answer.resembles.email_key
    invitation = _invitation(event, key) if key else None
    if invitation is None or invitation.guest is None:
        raise Invalid.field("attendee", _("Choose the guest whose other address this is."))
    aliases.add(member, invitation.guest, answer.email)
    _record(member, invitation, answer)


def _invitation(event: Event, address: str) -> Invitation | None:
    rows = Invitation.objects.select_related("event__host__user", "event__host__team", "guest")
    return rows.filter(event=event, email_key=address, ended_at=None).first()


def _record(member: Membership, invitation: Invitation, answer: HeldAnswer) -> None:
    """Record what was answered, as of when it was; a delegate may not have spoken yet."""
    if answer.partstat == Partstat.NEEDS_ACTION:
        return
    same_date = invitation.rsvps.filter(is_applied=True, recurrence_id=answer.recurrence_id)
    last = same_date.order_by("-sequence", "-answered_at").first()
    given = (answer.sequence, answer.answered_at)
    rsvp.record(
        invitation,
        Partstat(answer.partstat),
        note=answer.note,
        source=Rsvp.Source.MAIL,
        now=timezone.now(),
        member=member,
        written=rsvp.Written(
            sequence=answer.sequence,
            at=answer.answered_at,
            recurrence_id=answer.recurrence_id,
            is_late=last is not None and (last.sequence, last.answered_at) >= given,
        ),
    )


def _note(member: Membership, answer: HeldAnswer, decision: HeldAnswer.Decision) -> None:
    answer.decision = decision
    answer.decided_by = member
    answer.decided_at = timezone.now()
    answer.save(update_fields=["decision", "decided_by", "decided_at"])
