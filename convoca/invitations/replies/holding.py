"""Answers that only the host can let count: strangers', delegates', and those nothing proves."""

from __future__ import annotations

import datetime as dt

from convoca.calendars.models import Event
from convoca.invitations import notices
from convoca.invitations.models import HeldAnswer, Invitation
from convoca.invitations.replies import finding
from convoca.invitations.replies.letter import Letter
from convoca.mail.inbox import Outcome, Verdict
from convoca.standards.ical import model as ical
from convoca.standards.ical.address import is_address
from convoca.standards.ical.cleaning import clean
from convoca.standards.itip import incoming

MOST = 100  # undecided per event; who knows an event's address could write any number
_LONGEST_NOTE = 2_000


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
    if known is not None and known.decision:
        return Verdict(outcome=Outcome.IGNORED, detail="decided by the host before")
    if known is None and waiting.filter(decision="").count() >= MOST:
        return Verdict(outcome=Outcome.IGNORED, detail="too many wait already")
    row, _is_new = HeldAnswer.objects.update_or_create(
        event=event,
        email_key=address,
        defaults={
            "email": address,
            "message": letter.message,
            "resembles": resembles,
            "why": why,
            "name": " ".join(clean(attendee.name).split())[:170],
            "written_from": clean(letter.mail.sender)[:320],
            "partstat": attendee.partstat.value,
            "note": clean(note).strip()[:_LONGEST_NOTE],
            "recurrence_id": finding.wall(event, recurrence_id),
            "sequence": sequence,
            "answered_at": answered_at,
        },
    )
    notices.held(row)
    return Verdict(outcome=Outcome.HELD, detail=why.value)


def _invited(event: Event) -> set[str]:
    rows = Invitation.objects.filter(event=event, ended_at=None)
    return set(rows.values_list("email_key", flat=True))
