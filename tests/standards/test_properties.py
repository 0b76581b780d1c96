"""Any tale of edits, answers and outages ends with every guest holding what the host means."""

from dataclasses import replace
from datetime import date, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from convoca.standards.ical.model import Attachment, Event, VEvent
from convoca.standards.ical.recurrence import instances
from convoca.standards.itip.changes import effective
from tests.standards.world import ORGANIZER, World, address_of, at, attendee

GUESTS = ["gwen", "gus", "gina"]
DAYS = [date(2026, 3, 2) + timedelta(weeks=week) for week in range(4)]
PARTSTATS = ["ACCEPTED", "DECLINED", "TENTATIVE"]


def begin(rrule: str) -> World:
    world = World()
    master = VEvent(
        uid="tale@acme.example",
        start=at(DAYS[0], "10:00"),
        end=at(DAYS[0], "11:00"),
        rrule=rrule,
        summary="Lunch",
        organizer=ORGANIZER,
        attendees=(attendee("gwen"), attendee("gus")),
    )
    world.save(Event(master=master))
    return world


def move(world: World, hour: int) -> None:
    """Move the whole; what was said of single dates goes with the dates it was said of."""
    master = world.event.master
    start = master.start.replace(hour=8 + hour)
    if start != master.start:
        moved = replace(master, start=start, end=start + timedelta(hours=1), exdates=())
        world.save(Event(master=moved))


def retitle(world: World, number: int) -> None:
    world.edit(summary=f"Lunch {number}")


def attach(world: World, number: int) -> None:
    world.edit(attachments=(Attachment(uri=f"https://cal.example/{number}"),))


def turn_guest(world: World, name: str) -> None:
    """Invite who is not on the list, remove who is; the last one stays."""
    master = world.event.master
    left = tuple(one for one in master.attendees if one.address != address_of(name))
    if len(left) == len(master.attendees):
        world.edit(attendees=(*left, attendee(name)))
    elif left:
        world.edit(attendees=left)


def turn_reachable(world: World, name: str) -> None:
    if address_of(name) in world.unreachable:
        world.unreachable.discard(address_of(name))
        world.deliver()
    else:
        world.unreachable.add(address_of(name))


def reply(world: World, name: str, number: int) -> None:
    """Let a guest answer what they last saw, perhaps late and perhaps twice."""
    held = world.seen.get(address_of(name))
    if held is None or held.main.attendee(address_of(name)) is None:
        return
    sent_at = world.now - timedelta(minutes=number)
    for _ in range(1 + number % 2):
        world.reply(name, PARTSTATS[number % 3], sent_at=sent_at)


def press(world: World, name: str, number: int) -> None:
    world.click(name, PARTSTATS[number % 3])


def turn_back_clock(world: World) -> None:
    world.now -= timedelta(hours=3)


def hide(world: World) -> None:
    world.edit(hide_guests=not world.event.master.hide_guests)


def shorten(world: World, count: int) -> None:
    master = world.event.master
    if master.rrule:
        world.edit(rrule=f"FREQ=WEEKLY;COUNT={1 + count % 4}")


def on_date(world: World, day: date, kind: str, name: str) -> None:
    """Move, cancel or repopulate one date of a series."""
    part = effective(world.event, day) if world.event.master.rrule else None
    if part is None or part.start.date() != day:
        return
    if kind == "cancel":
        if (
            len(list(instances(world.event, at(DAYS[0], "00:00"), at(date(2027, 1, 1), "00:00"))))
            > 1
        ):
            world.drop_date(day)
    elif kind == "move":
        later = part.start + timedelta(hours=1)
        if later.date() == day:
            world.edit_date(day, start=later, end=later + timedelta(hours=1))
    elif kind == "place":
        world.edit_date(day, location=name)
    else:
        left = tuple(one for one in part.attendees if one.address != address_of(name))
        new = () if len(left) < len(part.attendees) else (attendee(name),)
        world.edit_date(day, attendees=(*left, *new))


numbers = st.integers(0, 8)
guests = st.sampled_from(GUESTS)
SINGLE = st.one_of(
    st.tuples(st.just(move), numbers),
    st.tuples(st.just(retitle), numbers),
    st.tuples(st.just(attach), numbers),
    st.tuples(st.just(turn_guest), guests),
    st.tuples(st.just(turn_reachable), guests),
    st.tuples(st.just(reply), guests, numbers),
    st.tuples(st.just(press), guests, numbers),
    st.tuples(st.just(turn_back_clock)),
    st.tuples(st.just(hide)),
)
SERIES = st.one_of(
    SINGLE,
    st.tuples(st.just(shorten), numbers),
    st.tuples(
        st.just(on_date),
        st.sampled_from(DAYS),
        st.sampled_from(["cancel", "move", "place", "guest"]),
        guests,
    ),
)


@settings(max_examples=15)
@given(st.lists(SINGLE, max_size=9), st.booleans())
def test_single_event_ends_well(tale, is_cancelled):
    play(begin(""), tale, is_cancelled)


@settings(max_examples=15)
@given(st.lists(SERIES, max_size=9), st.booleans())
def test_series_ends_well(tale, is_cancelled):
    play(begin("FREQ=WEEKLY;COUNT=4"), tale, is_cancelled)


def play(world: World, tale, is_cancelled: bool) -> None:
    for action, *arguments in tale:
        action(world, *arguments)
        world.check()
    if is_cancelled:
        world.save(None)
    world.unreachable.clear()
    world.deliver()
    world.check()
    if is_cancelled:
        assert not any(any(client.events.values()) for client in world.clients.values())
