"""What can happen to an event in a tale of the property tests, and how likely it is drawn."""

from dataclasses import replace
from datetime import date, timedelta

from hypothesis import strategies as st

from convoca.standards.ical import moments
from convoca.standards.ical.model import Attachment, Event, Organizer, VEvent
from convoca.standards.ical.recurrence import instances
from convoca.standards.itip.changes import effective
from tests.standards.world import DAWN, FAR, ORGANIZER, World, address_of, at, attendee

GUESTS = ["gwen", "gus", "gina"]
DAYS = [date(2026, 3, 2) + timedelta(weeks=week) for week in range(5)]
PARTSTATS = ["ACCEPTED", "DECLINED", "TENTATIVE"]
RULES = [
    "FREQ=WEEKLY;COUNT=4",
    "FREQ=WEEKLY;COUNT=2",
    "FREQ=WEEKLY;COUNT=5;WKST=SU",
    "FREQ=WEEKLY;BYDAY=MO,WE;COUNT=5",
    "FREQ=WEEKLY;INTERVAL=2;COUNT=3",
    "FREQ=WEEKLY;UNTIL=20260323T090000Z",
    "FREQ=MONTHLY;BYDAY=1MO;COUNT=3",
]


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


# What the host does


def move(world: World, hour: int) -> None:
    """Move the whole; what was said of single dates goes with the dates it was said of."""
    master = world.event.master
    start = master.start.replace(hour=8 + hour)
    if start != master.start:
        moved = replace(master, start=start, end=start + timedelta(hours=1), exdates=())
        world.save(Event(master=moved))


def retitle(world: World, number: int) -> None:
    world.edit(summary=f"Lunch {number}")


def describe(world: World, number: int) -> None:
    world.edit(
        description=f"Día, {number};\nzwei\\n {'ñ' * 40}", location="" if number % 2 else "Ü"
    )


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


def hide(world: World) -> None:
    world.edit(hide_guests=not world.event.master.hide_guests)


def hand_over(world: World, number: int) -> None:
    name = ["alice", "bob", "carla"][number % 3]
    organizer = Organizer(address=f"{name}@acme.example", name=name.capitalize())
    world.save(world.event.map(lambda part: replace(part, organizer=organizer)))


def repeat(world: World, rule: str) -> None:
    """Repeat it by another rule; dates of their own that are none any more go with it."""
    master = world.event.master
    if not master.rrule:
        return
    new = Event(master=replace(master, rrule=rule, exdates=()))
    kept = [one for one in world.event.overrides if effective(new, one.recurrence_id) is not None]
    gone = {moments.key(one): one for one in master.exdates}
    exdates = tuple(one for one in gone.values() if effective(new, one) is not None)
    world.save(Event(master=replace(new.master, exdates=exdates), overrides=tuple(kept)))


def on_date(world: World, day: date, kind: str, name: str) -> None:
    """Move, cancel, put back, rename or repopulate one date of a series."""
    if not world.event.master.rrule:
        return
    if kind == "back":
        put_back(world, day)
        return
    part = effective(world.event, day)
    if part is None or part.start.date() != day:
        return
    DATE_EDITS[kind](world, day, part, name)


def cancel_date(world: World, day: date, part: VEvent, name: str) -> None:
    if len(list(instances(world.event, DAWN, FAR))) > 1:
        world.drop_date(day)


def strike_date(world: World, day: date, part: VEvent, name: str) -> None:
    """Cancel a date as some calendars hold it: an override with a STATUS."""
    if len(list(instances(world.event, DAWN, FAR))) > 1:
        world.edit_date(day, status="CANCELLED")


def move_date(world: World, day: date, part: VEvent, name: str) -> None:
    later = part.start + timedelta(hours=1)
    if later.date() == day:
        world.edit_date(day, start=later, end=later + timedelta(hours=1))


def place_date(world: World, day: date, part: VEvent, name: str) -> None:
    world.edit_date(day, location=name)


def turn_guest_on(world: World, day: date, part: VEvent, name: str) -> None:
    left = tuple(one for one in part.attendees if one.address != address_of(name))
    new = () if len(left) < len(part.attendees) else (attendee(name),)
    world.edit_date(day, attendees=(*left, *new))


def put_back(world: World, day: date) -> None:
    """Let a date be as the series has it, whether it was cancelled or only changed."""
    master, overrides = world.event.master, world.event.overrides
    exdates = tuple(one for one in master.exdates if moments.day(one) != day)
    left = tuple(one for one in overrides if moments.day(one.recurrence_id) != day)
    if (exdates, left) != (master.exdates, overrides):
        world.save(Event(master=replace(master, exdates=exdates), overrides=left))


DATE_EDITS = {
    "cancel": cancel_date,
    "strike": strike_date,
    "move": move_date,
    "place": place_date,
    "guest": turn_guest_on,
}


# What guests do


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


# What happens to clocks and mails


def turn_back_clock(world: World) -> None:
    world.now -= timedelta(hours=3)


def turn_reachable(world: World, name: str) -> None:
    """Take the guest's mail server away, or give it back: nothing leaves us meanwhile."""
    if address_of(name) in world.unreachable:
        world.unreachable.discard(address_of(name))
        world.deliver()
    else:
        world.unreachable.add(address_of(name))


def delay(world: World, name: str) -> None:
    """Let mails that have left us lie on the way, to arrive in any order."""
    world.slow.add(address_of(name))


def arrive(world: World, name: str, number: int) -> None:
    """Let a mail arrive, be it long ago that it did."""
    sent = world.mails.get(address_of(name))
    if sent:
        world.arrive(address_of(name), -1 - number % len(sent))


numbers = st.integers(0, 8)
guests = st.sampled_from(GUESTS)
SINGLE = st.one_of(
    st.tuples(st.just(move), numbers),
    st.tuples(st.just(retitle), numbers),
    st.tuples(st.just(describe), numbers),
    st.tuples(st.just(attach), numbers),
    st.tuples(st.just(turn_guest), guests),
    st.tuples(st.just(hand_over), numbers),
    st.tuples(st.just(hide)),
    st.tuples(st.just(reply), guests, numbers),
    st.tuples(st.just(press), guests, numbers),
    st.tuples(st.just(turn_back_clock)),
    st.tuples(st.just(turn_reachable), guests),
    st.tuples(st.just(delay), guests),
    st.tuples(st.just(arrive), guests, numbers),
)
ON_DATES = st.tuples(
    st.just(on_date), st.sampled_from(DAYS), st.sampled_from([*DATE_EDITS, "back"]), guests
)
SERIES = st.one_of(SINGLE, ON_DATES, ON_DATES, st.tuples(st.just(repeat), st.sampled_from(RULES)))
