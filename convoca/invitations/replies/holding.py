"""Answers that only the host can let count: strangers', delegates', and those nothing proves."""

from __future__ import annotations

import datetime as dt
from typing import Any

from convoca.calendars.models import Event
from convoca.invitations import notices
from convoca.invitations.models import HeldAnswer, Invitation
from convoca.invitations.replies import finding
from convoca.invitations.replies.letter import Letter
from convoca.mail.inbound.inbox import Outcome, Verdict
from convoca.standards.ical import model as ical
from convoca.standards.ical.address import is_address
from convoca.standards.ical.cleaning import clean
from convoca.standards.itip import incoming

MOST = 100  # undecided per event; who knows an event's address could write any number
_LONGEST_NOTE = 2_000
_UNDECIDED = {"decision": "", "decided_by": None, "decided_at": None}


def hold(
    letter: Letter,
    event: Event,
    attendee: ical.Attendee,
    *,
    why: HeldAnswer.Why,
    part: ical.VEvent,
    resembles: Invitation | None = None,
) -> Verdict:
    """Keep an answer for the host to decide on, and tell them; what they ignored stays ignored."""
    received_at = letter.message.received_at
    return _keep(
        letter,
        event,
        attendee,
        why=why,
        resembles=resembles,
        note=part.comment,
        recurrence_id=part.recurrence_id,
        sequence=min(part.sequence, event.sequence),
        answered_at=min(part.dtstamp or received_at, received_at),
    )


def hold_unproven(
    letter: Letter, event: Event, invitation: Invitation, answer: incoming.Answer
) -> Verdict:
    """Keep an answer in the name of somebody invited that nothing proves to be theirs."""
    named = ical.Attendee(
        address=invitation.email_key, name=invitation.name, partstat=answer.partstat
    )
    return _keep(
        letter,
        event,
        named,
        why=HeldAnswer.Why.UNPROVEN,
        resembles=finding.alike(letter, event) or invitation,
        note=answer.comment,
        recurrence_id=answer.recurrence_id,
        sequence=answer.sequence,
        answered_at=answer.replied_at,
    )


def hold_delegate(
    letter: Letter, event: Event, invitation: Invitation, answer: incoming.Answer
) -> None:
    """Ask the host whether somebody may come in place of the invited."""
    if answer.delegate is None or answer.delegate.address in _invited(event):
        return
    _keep(
        letter,
        event,
        answer.delegate,
        why=HeldAnswer.Why.DELEGATE,
        resembles=invitation,
        note=answer.comment,
        recurrence_id=answer.recurrence_id,
        sequence=answer.sequence,
        answered_at=answer.replied_at,
    )


def _keep(
    letter: Letter,
    event: Event,
    attendee: ical.Attendee,
    *,
    why: HeldAnswer.Why,
    resembles: Invitation | None,
    note: str,
    recurrence_id: ical.Moment | None,
    sequence: int,
    answered_at: dt.datetime,
) -> Verdict:
    address = attendee.address
    if not is_address(address) or len(address) > 254:
        return Verdict(outcome=Outcome.IGNORED, detail="no address to answer")
    waiting = HeldAnswer.objects.filter(event=event)
    known = waiting.filter(email_key=address).first()
    if known is not None and _is_settled(known, answered_at):
        return Verdict(outcome=Outcome.IGNORED, detail="decided by the host before")
    if known is None and waiting.filter(decision="").count() >= MOST:
        return Verdict(outcome=Outcome.IGNORED, detail="too many wait already")
    fields = {
        **_words(letter, attendee, note),
        "resembles": resembles,
        "why": why,
        "recurrence_id": finding.wall(event, recurrence_id),
        "sequence": sequence,
        "answered_at": answered_at,
        **_UNDECIDED,
    }
    if known is not None and not known.decision:
        fields |= _of_delegate(known, why)
    row, _is_new = HeldAnswer.objects.update_or_create(
        event=event, email_key=address, defaults=fields
    )
    notices.held(row)
    return Verdict(outcome=Outcome.HELD, detail=why.value)


def _words(letter: Letter, attendee: ical.Attendee, note: str) -> dict[str, Any]:
    """Return what was said and by whom, made safe and short enough to keep."""
    return {
        "email": attendee.address,
        "message": letter.message,
        "name": " ".join(clean(attendee.name).split())[:170],
        "written_from": clean(letter.mail.sender)[:320],
        "partstat": attendee.partstat.value,
        "note": clean(note).strip()[:_LONGEST_NOTE],
    }


def _is_settled(known: HeldAnswer, answered_at: dt.datetime) -> bool:
    """Tell whether the host need not be asked: they ignored these people, or decided on this."""
    if known.decision == HeldAnswer.Decision.IGNORED:
        return True
    return bool(known.decision) and answered_at <= known.answered_at


def _of_delegate(known: HeldAnswer, why: HeldAnswer.Why) -> dict[str, Any]:
    """Return what stays when a delegate's own answer and their sender's word come, in any order."""
    if (known.why, why) == (HeldAnswer.Why.DELEGATE, HeldAnswer.Why.STRANGER):
        return {"why": known.why, "resembles": known.resembles}
    if (known.why, why) == (HeldAnswer.Why.STRANGER, HeldAnswer.Why.DELEGATE):
        kept = ("partstat", "note", "sequence", "answered_at", "written_from")
        return {name: getattr(known, name) for name in kept}
    return {}


def _invited(event: Event) -> set[str]:
    rows = Invitation.objects.filter(event=event, ended_at=None)
    return set(rows.values_list("email_key", flat=True))
