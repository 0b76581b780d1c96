"""Many usual answers at once: each a yes or no to the whole, from the guest's own mailbox.

Whatever is not as usual is left to `reading.process`, message by message; both say the same.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass

from django.db.models import Max, Q

from convoca.calendars import snapshot
from convoca.calendars.models import Attendee, Event
from convoca.calendars.organizers import is_reply_address, token_in
from convoca.invitations.answers import rsvp
from convoca.invitations.answers.standing import Standing
from convoca.invitations.models import Invitation, Rsvp
from convoca.invitations.replies import finding
from convoca.mail.inbound.inbox import Outcome, Verdict
from convoca.mail.models import InboundMessage
from convoca.standards.ical import model as ical
from convoca.standards.ical.model import Partstat
from convoca.standards.imip.extract import NotAMail, extract
from convoca.standards.imip.reports import delivery_report
from convoca.standards.itip import incoming
from convoca.standards.itip.messages import Method

_SAID = {Partstat.ACCEPTED, Partstat.TENTATIVE, Partstat.DECLINED}


@dataclass(frozen=True, slots=True, kw_only=True)
class Usual:
    """A message that says nothing but one attendee's answer; `token` is that of its mailbox."""

    message_id: int
    token: str
    received: ical.Event
    received_at: dt.datetime

    @property
    def attendee(self) -> ical.Attendee:
        """Return who answers, and what."""
        return self.received.main.attendees[0]


def usual(messages: Iterable[InboundMessage]) -> list[Usual]:
    """Return the messages that look like usual answers, the first one of each mailbox; no query.

    The others of a mailbox come after it, one by one.
    """
    boxes: set[str] = set()
    found = []
    for message in messages:
        if message.recipient not in boxes and (one := _read(message)):
            found.append(one)
        boxes.add(message.recipient)
    return found


def _read(message: InboundMessage) -> Usual | None:
    if message.mailbox_id is not None or not is_reply_address(message.recipient):
        return None
    content = bytes(message.content)
    try:
        mail = None if delivery_report(content) else extract(content)
    except NotAMail:
        return None
    if mail is None or mail.calendar is None or mail.method != Method.REPLY:
        return None
    if len(mail.calendar.events) != 1 or not _is_plain(mail.calendar.events[0]):
        return None
    return Usual(
        message_id=message.pk,
        token=token_in(message.recipient),
        received=mail.calendar.events[0],
        received_at=message.received_at,
    )


def _is_plain(received: ical.Event) -> bool:
    """Tell whether it is one answer of one attendee to the whole."""
    if received.master is None or received.overrides or len(received.master.attendees) != 1:
        return False
    return received.master.attendees[0].partstat in _SAID


def process_together(answers: Iterable[Usual], keys: Collection[int]) -> dict[int, Verdict]:
    """Judge and record those of the answers that are among these messages, of many guests at once.

    Inside the caller's transaction, in a fixed number of queries but for what hosts are mailed of
    each event. What turns out not to be usual gets no verdict.
    """
    judged = list(_judge([one for one in answers if one.message_id in keys]))
    before = _Before(judged)
    repeated = {one.message_id for one in judged if before.knows(one)}
    new = [one for one in judged if one.message_id not in repeated]
    rows = rsvp.record_mailed([before.mailed(one) for one in new])
    verdicts = dict.fromkeys(
        repeated, Verdict(outcome=Outcome.IGNORED, detail=incoming.Why.REPEATED.value)
    )
    for one, row in zip(new, rows, strict=True):
        outcome = Outcome.APPLIED if row.is_applied else Outcome.KEPT
        verdicts[one.message_id] = Verdict(outcome=outcome, detail=row.partstat)
    return verdicts


@dataclass(frozen=True, slots=True, kw_only=True)
class _Judged:
    """An answer that is one to the event as it stands, and newer than the guest's last one."""

    message_id: int
    invitation: Invitation
    stand: Standing
    answer: incoming.Answer

    @property
    def written(self) -> rsvp.Written:
        """Return where it stands in the standard's order."""
        return rsvp.Written(sequence=self.answer.sequence, at=self.answer.replied_at)


def _judge(answers: Collection[Usual]) -> Iterator[_Judged]:
    """Yield those that count as far as the standard is concerned; locks their events and rows."""
    invitations = _invitations({one.token for one in answers})
    people: defaultdict[int, dict[str, Attendee]] = defaultdict(dict)
    for row in Attendee.objects.select_for_update(of=("self",)).filter(
        event__in={one.event_id for one in invitations.values()},
        email_key__in={one.email_key for one in invitations.values()},
    ):
        people[row.event_id][row.email_key] = row
    calendars: dict[int, ical.Event] = {}
    for said in answers:
        invitation = invitations.get(said.token)
        if invitation is None or not _may_count(said, invitation):
            continue
        event, rows = invitation.event, people[invitation.event_id]
        if event.pk not in calendars:
            calendars[event.pk] = ical.Event(master=snapshot.build(event, rows.values(), ()))
        calendar, whole = calendars[event.pk], rows.get(invitation.email_key)
        found = incoming.judge(
            Method.REPLY, said.received, calendar, invitation.email_key, said.received_at
        )
        if whole and isinstance(found[0], incoming.Answer) and found[0].delegate is None:
            yield _Judged(
                message_id=said.message_id,
                invitation=invitation,
                stand=Standing(event=event, whole=whole, dates={}, calendar=calendar, seen=None),
                answer=found[0],
            )


def _may_count(said: Usual, invitation: Invitation) -> bool:
    """Tell whether it is the guest's own answer, to an event that is not over."""
    is_theirs = said.attendee.address == invitation.email_key
    return is_theirs and rsvp.is_open(invitation.event, said.received_at)


def _invitations(tokens: Collection[str]) -> dict[str, Invitation]:
    """Return the standing invitations by token, with their events locked.

    Those to a series whose dates have rows of their own are left out.
    """
    rows = Invitation.objects.filter(reply_token__in=tokens, ended_at=None)
    events = finding.lock_all(set(rows.values_list("event", flat=True)))
    split = set(Event.objects.filter(series__in=events).values_list("series", flat=True))
    found = rows.filter(event__in=events.keys() - split)
    for one in found:
        one.event = events[one.event_id]
    return {one.reply_token: one for one in found}


class _Before:
    """What these guests have answered before; one query."""

    def __init__(self, judged: Collection[_Judged]) -> None:
        invitations = {one.invitation.pk for one in judged}
        theirs = Rsvp.objects.filter(invitation__in=invitations, recurrence_id=None).order_by("pk")
        newest = theirs.order_by().values("invitation").annotate(newest=Max("pk"))
        same = Q(source=Rsvp.Source.MAIL, answered_at__in={one.written.at for one in judged})
        self._last: dict[int, Rsvp] = {}
        self._mailed: set[tuple[int, str, int, dt.datetime]] = set()
        for row in theirs.filter(Q(pk__in=newest.values("newest")) | same):
            self._last[row.invitation_id] = row
            if row.source == Rsvp.Source.MAIL:
                self._mailed.add((row.invitation_id, row.partstat, row.sequence, row.answered_at))

    def knows(self, one: _Judged) -> bool:
        """Tell whether this very answer came before, by another way."""
        answer, written = one.answer, one.written
        said = one.invitation.pk, answer.partstat.value, written.sequence, written.at
        return said in self._mailed

    def mailed(self, one: _Judged) -> rsvp.Mailed:
        """Return the answer for being recorded."""
        return rsvp.Mailed(
            invitation=one.invitation,
            stand=one.stand,
            partstat=one.answer.partstat,
            note=one.answer.comment,
            written=one.written,
            last=self._last.get(one.invitation.pk),
        )
