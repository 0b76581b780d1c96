"""The transcripts in `scenarios/`, played line by line: a line that fits no sentence fails."""

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from convoca.standards.ical import moments
from convoca.standards.ical.model import Attachment, Event, Organizer, VEvent
from convoca.standards.ical.recurrence import instances
from convoca.standards.itip import incoming
from convoca.standards.itip.changes import FieldChange, effective
from convoca.standards.itip.views import view
from tests.standards.world import ORGANIZER, World, address_of, at, attendee

SCENARIOS = sorted(Path(__file__).parent.glob("scenarios/*.txt"))
NAMES = r"(?P<names>[a-z]+(?:, [a-z]+)*)"
NAME = r"(?P<name>[a-z]+)"
DAY = r"(?P<day>\d{4}-\d\d-\d\d)"
SPAN = r"(?P<start>\d\d:\d\d)-(?P<end>\d\d:\d\d)"
SENTENCES: list[tuple[re.Pattern[str], Callable[..., None]]] = []


def sentence(pattern: str):
    def keep(play: Callable[..., None]) -> Callable[..., None]:
        SENTENCES.append((re.compile(pattern), play))
        return play

    return keep


@pytest.mark.parametrize("path", SCENARIOS, ids=lambda path: path.stem)
def test_scenario(path: Path) -> None:
    world = World()
    for number, line in enumerate(path.read_text().splitlines(), 1):
        if line.startswith("> "):
            try:
                play(world, line.removeprefix("> ").strip())
            except AssertionError as failure:
                raise AssertionError(f"{path.name}:{number} {line}\n{failure}") from failure
    assert world.outbox == [], "messages nobody expected"
    assert world.results == [], "results nobody expected"


def play(world: World, line: str) -> None:
    for pattern, action in SENTENCES:
        match = pattern.fullmatch(line)
        if match:
            told = {key: value for key, value in match.groupdict().items() if value is not None}
            action(world, **told)
            world.check()
            return
    raise AssertionError("no such sentence")


def split(names: str) -> list[str]:
    return names.split(", ")


# What the organizer does


@sentence(rf'organizer invites {NAMES} to "(?P<title>.*)" on {DAY} {SPAN}(?: (?P<rule>FREQ=\S+))?')
def invite(world: World, names: str, title: str, day: str, start: str, end: str, rule: str = ""):
    on = date.fromisoformat(day)
    new_event(world, names, title, at(on, start), at(on, end), rule)


@sentence(rf'organizer invites {NAMES} to "(?P<title>.*)" all day {DAY}(?: (?P<rule>FREQ=\S+))?')
def invite_all_day(world: World, names: str, title: str, day: str, rule: str = ""):
    on = date.fromisoformat(day)
    new_event(world, names, title, on, on + timedelta(days=1), rule)


def new_event(world: World, names: str, title: str, start, end, rule: str) -> None:
    master = VEvent(
        uid="lunch@acme.example",
        start=start,
        end=end,
        rrule=rule,
        summary=title,
        organizer=ORGANIZER,
        attendees=tuple(attendee(name) for name in split(names)),
    )
    world.save(Event(master=master))


@sentence(rf"organizer moves it to (?:{DAY} )?{SPAN}")
def move(world: World, start: str, end: str, day: str = ""):
    on = date.fromisoformat(day) if day else world.event.master.start.date()
    world.edit(start=at(on, start), end=at(on, end))


@sentence(rf"organizer moves {DAY} to (?:(?P<to>\d{{4}}-\d\d-\d\d) )?{SPAN}")
def move_date(world: World, day: str, start: str, end: str, to: str = ""):
    on = date.fromisoformat(to or day)
    world.edit_date(date.fromisoformat(day), start=at(on, start), end=at(on, end))


@sentence(rf'organizer changes (?P<what>title|place|description) to "(?P<text>.*)"(?: on {DAY})?')
def change(world: World, what: str, text: str, day: str = ""):
    field = {"title": "summary", "place": "location", "description": "description"}[what]
    if day:
        world.edit_date(date.fromisoformat(day), **{field: text})
    else:
        world.edit(**{field: text})


@sentence(r"organizer repeats it (?P<rule>FREQ=\S+)")
def repeat(world: World, rule: str):
    world.edit(rrule=rule)


@sentence(rf"organizer adds {NAMES}(?: on {DAY})?")
def add(world: World, names: str, day: str = ""):
    new = [attendee(name) for name in split(names)]
    if day:
        part = effective(world.event, date.fromisoformat(day))
        world.edit_date(date.fromisoformat(day), attendees=(*part.attendees, *new))
    else:
        world.edit(attendees=(*world.event.master.attendees, *new))


@sentence(rf"organizer removes {NAMES}(?: from {DAY})?")
def remove(world: World, names: str, day: str = ""):
    gone = {address_of(name) for name in split(names)}
    if day:
        part = effective(world.event, date.fromisoformat(day))
        left = tuple(one for one in part.attendees if one.address not in gone)
        world.edit_date(date.fromisoformat(day), attendees=left)
    else:
        left = tuple(one for one in world.event.master.attendees if one.address not in gone)
        world.edit(attendees=left)


@sentence(r"organizer attaches (?P<name>\S+)")
def attach(world: World, name: str):
    files = world.event.master.attachments
    world.edit(attachments=(*files, Attachment(uri=f"https://cal.example/{name}", name=name)))


@sentence(r"organizer hides the guest list")
def hide(world: World):
    world.edit(hide_guests=True)


@sentence(rf"organizer cancels {DAY}")
def cancel_date(world: World, day: str):
    world.drop_date(date.fromisoformat(day))


@sentence(r"organizer puts back (?P<day>\S+)")
def put_back(world: World, day: str):
    left = (one for one in world.event.master.exdates if moments.day(one).isoformat() != day)
    world.edit(exdates=tuple(left))


@sentence(r"organizer cancels")
def cancel(world: World):
    world.save(None)


@sentence(r"organizer saves it as it is")
def save(world: World):
    world.save(world.event)


@sentence(r"organizer hands it over to (?P<name>[a-z]+)")
def hand_over(world: World, name: str):
    world.edit(organizer=Organizer(address=f"{name}@acme.example", name=name.capitalize()))


@sentence(r"the clock goes back an hour")
def clock_back(world: World):
    world.now -= timedelta(hours=1)


@sentence(rf"it is {DAY}")
def time_passes(world: World, day: str):
    world.now = datetime.combine(date.fromisoformat(day), datetime.min.time(), UTC)


@sentence(rf"{NAME} cannot be reached")
def lose(world: World, name: str):
    world.unreachable.add(address_of(name))


@sentence(rf"{NAME} can be reached again")
def find(world: World, name: str):
    world.unreachable.discard(address_of(name))
    world.deliver()


# What guests do


@sentence(
    rf"{NAME} replies (?P<partstat>[A-Z-]+)(?: on {DAY})?(?: to sequence (?P<sequence>\d+))?"
    r"(?: sent (?P<minutes>-?\d+) minutes ago)?"
)
def reply(
    world: World, name: str, partstat: str, day: str = "", sequence: str = "", minutes: str = ""
):
    world.reply(
        name,
        partstat,
        day=date.fromisoformat(day) if day else None,
        sequence=int(sequence) if sequence else None,
        sent_at=world.now - timedelta(minutes=int(minutes)) if minutes else None,
    )


@sentence(rf"{NAME} presses (?P<partstat>[A-Z-]+)(?: on {DAY})?")
def press(world: World, name: str, partstat: str, day: str = ""):
    world.click(name, partstat, date.fromisoformat(day) if day else None)


@sentence(rf"{NAME} proposes {SPAN}(?: on {DAY})?")
def propose(world: World, name: str, start: str, end: str, day: str = ""):
    held = world.event.master.start.date()
    on = date.fromisoformat(day) if day else held
    span = at(on, start), at(on, end)
    asked = on if day else None
    world.reply(name, "TENTATIVE", method="COUNTER", span=span, day=asked)


# What is expected


@sentence(
    rf"expect (?P<method>REQUEST|CANCEL) to {NAMES}(?: sequence (?P<sequence>\d+))?"
    r"(?: because (?P<reason>[A-Z_]+))?"
)
def expect(world: World, method: str, names: str, sequence: str = "", reason: str = ""):
    for name in split(names):
        address, message = next(
            (one for one in world.outbox if one[0] == address_of(name)), (None, None)
        )
        assert message is not None, f"nothing was sent to {name}: {world.outbox}"
        world.outbox.remove((address, message))
        assert message.method == method
        if sequence:
            assert message.event.sequence == int(sequence)
        if reason:
            assert message.reason == reason
        assert_shape(message)


def assert_shape(message) -> None:
    """Check what every message of its method must look like."""
    parts = list(message.event.components())
    for part in parts:
        mine = part.attendee(message.recipient.address)
        assert mine is not None
        assert part.dtstamp is not None
        if message.method == "CANCEL":
            assert part.attendees == (mine,)
            assert part.status == ("CANCELLED" if message.reason != "REMOVED" else "")
        else:
            assert mine.rsvp
    assert (message.difference is None) == (message.reason == "INVITED") or (
        message.method == "CANCEL"
    )


@sentence(r"expect nothing")
def expect_nothing(world: World):
    assert world.outbox == []
    assert world.results == []


@sentence(rf"expect {NAME} (?P<partstat>NEEDS-ACTION|ACCEPTED|DECLINED|TENTATIVE)(?: on {DAY})?")
def expect_partstat(world: World, name: str, partstat: str, day: str = ""):
    part = effective(world.event, date.fromisoformat(day)) if day else world.event.main
    assert part.attendee(address_of(name)).partstat == partstat


@sentence(r"expect result (?P<kind>[A-Z][a-z]+)(?: (?P<why>[A-Z_]+))?")
def expect_result(world: World, kind: str, why: str = ""):
    assert world.results, "no result"
    result = world.results.pop(0)
    assert type(result) is getattr(incoming, kind), result
    assert getattr(result, "why", "") == why


@sentence(rf"expect change (?P<changes>.+) for {NAME}")
def expect_change(world: World, changes: str, name: str):
    """Look at the difference in the next mail to a guest: `title "a" -> "b"`, `+gus`, `-gina`."""
    message = next(one for address, one in world.outbox if address == address_of(name))
    assert told(message.difference) == changes


def told(difference) -> str:
    words = [in_words(one) for one in difference.fields]
    words += [
        f"+{one.name}" for one in (*difference.attendees_added, *difference.attachments_added)
    ]
    words += [
        f"-{one.name}" for one in (*difference.attendees_removed, *difference.attachments_removed)
    ]
    for one in difference.instances:
        verb = "dropped" if one.dropped else "added" if one.added else "changed"
        fields = "; ".join(in_words(field) for field in one.fields)
        words.append(f"{verb} {moments.day(one.recurrence_id)}" + f" ({fields})" * bool(fields))
    return ", ".join(words)


def in_words(change: FieldChange) -> str:
    return f'{change.name} "{shown(change.old)}" -> "{shown(change.new)}"'


def shown(value: object) -> str:
    if isinstance(value, str):
        return value
    if hasattr(value, "rrule"):
        return value.rrule
    if isinstance(value.start, datetime):
        return f"{value.start:%Y-%m-%d %H:%M}-{value.end:%H:%M}"
    return f"{value.start}"


@sentence(rf"expect {NAME} to see {NAMES}")
def expect_guests(world: World, name: str, names: str):
    mine = view(world.event, address_of(name))
    assert {one.address for one in mine.main.attendees} == {address_of(x) for x in split(names)}


@sentence(rf"expect {NAME} to hold (?P<days>nothing|[\d-]+(?:, [\d-]+)*)")
def expect_days(world: World, name: str, days: str):
    """Look at the dates in the guest's view; `World.check` holds it equal to their client's."""
    mine = view(world.event, address_of(name))
    found = [] if mine is None else instances(mine, datetime(2026, 1, 1, tzinfo=UTC), FAR)
    assert ", ".join(f"{moments.day(one.start)}" for one in found) == days.replace("nothing", "")


FAR = datetime(2027, 1, 1, tzinfo=UTC)
