"""Whoever is kin is told the same, but for address and name: what is found out once serves all."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from convoca.standards.ical.model import Attendee, Event, Organizer, Partstat, Status, VEvent
from convoca.standards.itip.messages import Message, Method
from convoca.standards.itip.outgoing import Telling, plan
from convoca.standards.itip.views import MAX_LISTED
from tests.standards.test_outgoing import ALICE, GUS, GWEN, LUNCH, NOW, START

PEOPLE = [f"g{number}@guest.example" for number in range(4)]
SERIES = replace(LUNCH, rrule="FREQ=DAILY;COUNT=5", attendees=())


@st.composite
def attendees(draw: st.DrawFn) -> tuple[Attendee, ...]:
    found = []
    for address in draw(st.lists(st.sampled_from(PEOPLE), unique=True)):
        name = draw(st.sampled_from(["", address[:2], "Other"]))
        partstat = draw(st.sampled_from([Partstat.NEEDS_ACTION, Partstat.ACCEPTED]))
        rsvp, asked = draw(st.booleans()), draw(st.integers(0, 1))
        found.append(
            Attendee(address=address, name=name, partstat=partstat, rsvp=rsvp, asked_sequence=asked)
        )
    return (*found, *draw(st.sampled_from([(), tuple(_many())])))


def _many() -> list[Attendee]:
    return [Attendee(address=f"m{number}@guest.example") for number in range(MAX_LISTED)]


@st.composite
def events(draw: st.DrawFn) -> Event:
    fields = {"hide_guests": draw(st.booleans()), "sequence": draw(st.integers(0, 2))}
    fields["summary"] = draw(st.sampled_from(["Lunch", "Dinner"]))
    fields["status"] = draw(st.sampled_from([Status.CONFIRMED] * 4 + [Status.CANCELLED]))
    overrides = tuple(
        replace(
            SERIES,
            rrule="",
            recurrence_id=START + timedelta(days=day),
            start=START + timedelta(days=day, hours=draw(st.integers(0, 1))),
            end=START + timedelta(days=day, hours=3),
            attendees=draw(attendees()),
            **fields,
        )
        for day in draw(st.sets(st.integers(1, 3), max_size=2))
    )
    return Event(master=replace(SERIES, attendees=draw(attendees()), **fields), overrides=overrides)


@given(st.none() | events(), events())
def test_kin_are_told_the_same(seen: Event | None, current: Event):
    telling = Telling(seen, current, NOW)
    told = {one: telling.message_for(one) for one in PEOPLE}
    for one in PEOPLE:
        for other in PEOPLE:
            if telling.kin(one) is not None and telling.kin(one) == telling.kin(other):
                assert _as_told_to(other, told[one], telling) == told[other]


def _as_told_to(address: str, message: Message | None, telling: Telling) -> Message | None:
    """Return what somebody was told as their kin is to be told it."""
    if message is None:
        return None
    known = message.recipient.address

    def own(one: Attendee) -> Attendee:
        name = telling.name(message.method, address)
        return replace(one, address=address, name=name) if one.address == known else one

    def part(one: VEvent) -> VEvent:
        lists_both = one.attendee(address) is not None
        return one if lists_both else replace(one, attendees=tuple(map(own, one.attendees)))

    return replace(
        message,
        recipient=own(message.recipient),
        event=message.event.map(part),
        then=_as_told_to(address, message.then, telling),
    )


def test_what_one_answered_is_known_of_the_version():
    event = plan(None, Event(master=LUNCH), NOW).event
    telling = Telling(None, event, NOW)
    assert telling.partstat(GWEN.address) == Partstat.NEEDS_ACTION
    assert telling.partstat("nobody@guest.example") is None
    assert Telling(event, None, NOW).partstat(GWEN.address) is None
    assert telling.kin(GWEN.address) == telling.kin(GUS.address)
    assert telling.name(Method.REQUEST, GUS.address) == GUS.name
    assert Telling(event, None, NOW).name(Method.CANCEL, GUS.address) == GUS.name


@pytest.mark.parametrize(
    "change",
    [
        {"rsvp": False},
        {"partstat": Partstat.ACCEPTED},
        {"asked_sequence": 3},
        {"delegated_to": ("x@guest.example",)},
    ],
)
def test_who_stands_otherwise_is_no_kin(change):
    event = Event(master=replace(LUNCH, attendees=(ALICE, replace(GWEN, **change), GUS)))
    telling = Telling(None, event, NOW)
    assert telling.kin(GWEN.address) != telling.kin(GUS.address)


def test_who_organizes_is_like_nobody():
    organizer = Organizer(address=GWEN.address)
    event = Event(master=replace(LUNCH, organizer=organizer, attendees=(GWEN, GUS)))
    assert Telling(None, event, NOW).kin(GWEN.address) is None
