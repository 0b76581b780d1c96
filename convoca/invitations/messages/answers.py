"""A guest's answers as they stand when the mail is written, put into its calendar object."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

from convoca.calendars import snapshot
from convoca.invitations.messages.batch import Answers
from convoca.standards.ical import model as ical
from convoca.standards.itip.changes import effective
from convoca.standards.itip.messages import Message, Method


def with_answers(message: Message, answers: Answers) -> Message:
    """Return the message with the guest's answers in it, to the series and to single dates.

    A version is stored before it is answered; a date answered since has a component of its own
    (RFC 6638, 4.2), or the guest's program would forget that answer.
    """
    address = message.recipient.address
    if message.method != Method.REQUEST or _says(message.event.master, address, answers):
        return message
    event = message.event.map(lambda part: _answered(part, address, answers))
    event = replace(event, overrides=(*event.overrides, *_single_answers(event, address, answers)))
    if event.is_made_of(message.event):
        return message
    mine = event.main.attendee(address)
    recipient = replace(message.recipient, partstat=mine.partstat) if mine else message.recipient
    return replace(message, recipient=recipient, event=event)


def _says(master: ical.VEvent | None, address: str, answers: Answers) -> bool:
    """Tell at a glance whether all answers are in it already, as in nearly every mail."""
    if answers.keys() - {None}:
        return False
    mine = master.attendee(address) if master else None
    return mine is None or mine.partstat == answers.get(None, mine.partstat)


def _answered(part: ical.VEvent, address: str, answers: Answers) -> ical.VEvent:
    original = part.recurrence_id
    partstat = answers.get(None if original is None else snapshot.wall(original))
    mine = part.attendee(address)
    if partstat is None or mine is None or mine.partstat == partstat:
        return part
    attendees = tuple(
        replace(mine, partstat=partstat) if one is mine else one for one in part.attendees
    )
    return replace(part, attendees=attendees)


def _single_answers(event: ical.Event, address: str, answers: Answers) -> list[ical.VEvent]:
    """Return the dates that differ from the series in nothing but the guest's answer."""
    if event.master is None:
        return []
    known = {snapshot.wall(part.recurrence_id) for part in event.overrides if part.recurrence_id}
    found = []
    for original, partstat in answers.items():
        if original is None or original in known or partstat == answers.get(None):
            continue
        date = effective(event, _moment(original, event.master.start))
        if date is not None:
            found.append(_answered(date, address, answers))
    return sorted(found, key=lambda part: snapshot.wall(part.recurrence_id or part.start))


def _moment(wall: dt.datetime, like: ical.Moment) -> ical.Moment:
    return wall.replace(tzinfo=like.tzinfo) if isinstance(like, dt.datetime) else wall.date()
