"""Scheduling messages from attendees: judged by the standard, recorded by the house."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from django.core.cache import cache

from convoca.accounts.invalid import Invalid
from convoca.calendars import snapshot
from convoca.calendars.models import Event
from convoca.invitations.answers import rsvp
from convoca.invitations.models import HeldAnswer, Invitation, Rsvp
from convoca.invitations.reaching import resending
from convoca.invitations.replies import finding, forwarding, holding
from convoca.invitations.replies.letter import Letter
from convoca.invitations.waiting import proposals
from convoca.mail.inbound.inbox import Outcome, Verdict
from convoca.standards.ical import model as ical
from convoca.standards.itip import incoming
from convoca.standards.itip.changes import Span
from convoca.standards.itip.incoming import Result, Why

MOST_EVENTS = 20
_RESENDS_A_DAY = 5
_WEIGHT = [
    Outcome.APPLIED,
    Outcome.HELD,
    Outcome.FORWARDED,
    Outcome.KEPT,
    Outcome.IGNORED,
]


def take(letter: Letter) -> Verdict:
    """Judge and record every VEVENT of a message; return the weightiest verdict."""
    assert letter.mail.calendar is not None
    verdicts = [
        verdict
        for received in letter.mail.calendar.events[:MOST_EVENTS]
        for verdict in _take_one(letter, received)
    ]
    return min(verdicts, key=lambda one: _WEIGHT.index(one.outcome))


def _take_one(letter: Letter, received: ical.Event) -> Iterator[Verdict]:
    mailbox = letter.message.mailbox
    event = letter.own_event or finding.by_uid(received, letter.mail, mailbox)
    if event is None:
        thread = finding.by_thread(letter.mail.references, mailbox=mailbox)
        event = thread.event if thread else None
    if event is None:
        yield _ignored("no event of ours")
        return
    event = finding.lock(event)
    named = finding.named_in(received, letter.mail.sender)
    letter = replace(letter, aliases=finding.aliases(event, named))
    received = finding.as_invited(received, letter.aliases)
    stored = snapshot.take(event, naming={*named, *letter.aliases.values()})
    results = incoming.judge(
        letter.mail.method, received, stored, letter.sender, letter.message.received_at
    )
    for result, part in zip(results, received.components(), strict=False):
        yield _settle_in_rest(letter, event, result, part) or _settle(letter, event, result, part)


def _settle_in_rest(
    letter: Letter, event: Event, result: Result, part: ical.VEvent
) -> Verdict | None:
    """Settle an answer to a date that goes on under another UID since the series was cut.

    Who gave it had not heard of that yet; it counts where the time stayed.
    """
    if result != incoming.Ignored(why=Why.NO_SUCH_DATE):
        return None
    rest = finding.rest_with(event, part.recurrence_id)
    if rest is None:
        return None
    rest = finding.lock(rest)
    renamed = replace(part, uid=rest.uid, sequence=0)
    received = ical.Event(master=None, overrides=(renamed,))
    stored = snapshot.take(rest, naming=finding.named_in(received, letter.sender))
    at = letter.message.received_at
    (found,) = incoming.judge(letter.mail.method, received, stored, letter.sender, at)
    return _settle(letter, rest, found, renamed)


def _settle(letter: Letter, event: Event, result: Result, part: ical.VEvent) -> Verdict:
    match result:
        case incoming.Answer():
            return _answer(letter, event, result)
        case incoming.Stale():
            return _stale(letter, event, result, part)
        case incoming.Stranger():
            return holding.hold(
                letter,
                event,
                result.attendee,
                why=HeldAnswer.Why.STRANGER,
                part=part,
                resembles=finding.alike(letter, event),
            )
        case incoming.Proposal():
            return _propose(letter, event, result)
        case incoming.Refresh():
            return _refresh(letter, event, result.address)
        case incoming.Ignored():
            return _ignored(result.why.value)


def _answer(letter: Letter, event: Event, answer: incoming.Answer) -> Verdict:
    invitation = finding.invitation_of(event, answer.address)
    if invitation is None:
        return _ignored(Why.NO_ATTENDEE.value)
    if not letter.proves(answer.address):
        return holding.hold_unproven(letter, event, invitation, answer)
    written = rsvp.Written(
        sequence=answer.sequence,
        at=answer.replied_at,
        recurrence_id=finding.wall(event, answer.recurrence_id),
    )
    verdict = _record(letter, invitation, answer, written)
    if answer.delegate is not None and verdict.outcome == Outcome.APPLIED:
        holding.hold_delegate(letter, event, invitation, answer)
    return verdict


def _stale(letter: Letter, event: Event, stale: incoming.Stale, part: ical.VEvent) -> Verdict:
    """Keep what came too late; who answered an old time gets the current state."""
    invitation = finding.invitation_of(event, stale.address)
    if stale.why == Why.REPEATED or invitation is None or not letter.proves(stale.address):
        return _ignored(stale.why.value)
    received_at = letter.message.received_at
    written = rsvp.Written(
        sequence=min(part.sequence, event.sequence),
        at=min(part.dtstamp or received_at, received_at),
        recurrence_id=finding.wall(event, stale.recurrence_id),
        is_late=stale.why == Why.OLDER,
    )
    verdict = _record(letter, invitation, stale, written)
    if stale.why == Why.OLD_TIME and verdict.outcome == Outcome.KEPT:
        _send_again(letter, event, invitation)
    return verdict


def _record(
    letter: Letter,
    invitation: Invitation,
    said: incoming.Answer | incoming.Stale,
    written: rsvp.Written,
) -> Verdict:
    same = Rsvp.objects.filter(
        invitation=invitation,
        source=Rsvp.Source.MAIL,
        partstat=said.partstat.value,
        sequence=written.sequence,
        answered_at=written.at,
        recurrence_id=written.recurrence_id,
    )
    if same.exists():
        return _ignored(Why.REPEATED.value)
    try:
        row = rsvp.record(
            invitation,
            said.partstat,
            note=said.comment,
            source=Rsvp.Source.MAIL,
            now=letter.message.received_at,
            written=written,
        )
    except rsvp.Closed:
        return _ignored("the event is over")
    outcome = Outcome.APPLIED if row.is_applied else Outcome.KEPT
    return Verdict(outcome=outcome, detail=said.partstat.value)


def _propose(letter: Letter, event: Event, proposal: incoming.Proposal) -> Verdict:
    """Keep a proposed time for the host; what nothing proves is only passed on."""
    invitation = finding.invitation_of(event, proposal.address)
    if invitation is None:
        return _ignored(Why.NO_ATTENDEE.value)
    if not letter.proves(proposal.address):
        return forwarding.forward_proposal(letter, event, proposal)
    date = finding.wall(event, proposal.recurrence_id)
    before = invitation.proposals.filter(recurrence_id=date, proposed_at__gte=proposal.replied_at)
    if before.exists():
        return _ignored(Why.OLDER.value)
    try:
        proposals.propose(
            invitation,
            Span(start=proposal.start, end=proposal.end),
            note=proposal.comment,
            source=Rsvp.Source.MAIL,
            now=letter.message.received_at,
            at=proposal.replied_at,
            sequence=proposal.sequence,
            recurrence_id=date,
        )
    except rsvp.Closed:
        return _ignored("the event is over")
    except Invalid as refusal:
        return _ignored(str(refusal))
    return Verdict(outcome=Outcome.HELD, detail="a proposal")


def _refresh(letter: Letter, event: Event, address: str) -> Verdict:
    """Send what somebody invited asks to get again; it goes to them, whoever wrote."""
    invitation = finding.invitation_of(event, address)
    if invitation is None or not _send_again(letter, event, invitation):
        return _ignored("nothing to send again")
    return Verdict(outcome=Outcome.APPLIED, detail="sent again")


def _send_again(letter: Letter, event: Event, invitation: Invitation) -> bool:
    """Queue the current state for the invited, unless that could become a loop."""
    if not letter.message.is_answerable or event.sender is None:
        return False
    turns = (f"sent-again:{invitation.pk}:{turn}" for turn in range(_RESENDS_A_DAY))
    if not any(cache.add(turn, 1, 24 * 3600) for turn in turns):
        return False
    resending.send_again(event, invitation)
    return True


def _ignored(detail: str) -> Verdict:
    return Verdict(outcome=Outcome.IGNORED, detail=detail)
