"""What the organizer does in a transcript, and what happens to clocks and mail servers."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

from convoca.standards.ical import moments
from convoca.standards.ical.model import Attachment, Attendee, Event, Organizer, VEvent
from convoca.standards.itip.changes import effective
from tests.standards.language import DAY, NAME, NAMES, SPAN, sentence, split
from tests.standards.world import ORGANIZER, World, address_of, at, attendee


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
        world.save(world.event.map(lambda part: with_guests(part, new)))


@sentence(rf"organizer removes {NAMES}(?: from {DAY})?")
def remove(world: World, names: str, day: str = ""):
    gone = {address_of(name) for name in split(names)}
    if day:
        part = effective(world.event, date.fromisoformat(day))
        left = without_guests(part, gone).attendees
        world.edit_date(date.fromisoformat(day), attendees=left)
    else:
        world.save(world.event.map(lambda part: without_guests(part, gone)))


@sentence(rf"organizer adds the date {DAY}")
def add_date(world: World, day: str):
    master = world.event.master
    extra = datetime.combine(date.fromisoformat(day), master.start.timetz())
    world.edit(rdates=(*master.rdates, extra))


@sentence(r"organizer marks it (?P<status>TENTATIVE|CONFIRMED)")
def mark(world: World, status: str):
    world.edit(status=status)


@sentence(r"organizer spells the same differently")
def respell(world: World):
    """Write the rule, the dates taken out and the addresses' order another way."""
    master = world.event.master
    world.edit(
        rrule=f"{master.rrule.lower()};INTERVAL=1;WKST=MO",
        exdates=tuple(one.astimezone(UTC) for one in reversed(master.exdates)),
        attendees=master.attendees[::-1],
    )


@sentence(rf'organizer changes place to "(?P<text>.*)" from {DAY} on')
def change_following(world: World, text: str, day: str):
    world.cut(date.fromisoformat(day), location=text)


@sentence(rf"organizer moves {DAY} and all that follow to {SPAN}")
def move_following(world: World, day: str, start: str, end: str):
    on = date.fromisoformat(day)
    world.cut(on, start=at(on, start), end=at(on, end))


@sentence(r"the rest of the series is looked at")
def look_at_rest(world: World):
    for name in ("event", "history", "seen", "wanting", "ended"):
        setattr(world, name, getattr(world.rest, name))


@sentence(rf"organizer lets {DAY} be as the series has it")
def rejoin(world: World, day: str):
    part = effective(world.event, date.fromisoformat(day))
    left = tuple(one for one in world.event.overrides if one.recurrence_id != part.recurrence_id)
    world.save(replace(world.event, overrides=left))


@sentence(rf"organizer keeps {NAME} on {DAY} only")
def keep_on_date(world: World, name: str, day: str):
    """Take a guest off the series and let them stay on one date."""
    date_kept = effective(world.event, date.fromisoformat(day))
    others = [one for one in world.event.overrides if one.recurrence_id != date_kept.recurrence_id]
    left = Event(master=world.event.master, overrides=tuple(others))
    left = left.map(lambda part: without_guests(part, {address_of(name)}))
    world.save(replace(left, overrides=(*left.overrides, date_kept)))


@sentence(r"organizer admits who was sent instead")
def admit(world: World):
    """Put the delegate of the last answer on the list, as `incoming.Answer` names them."""
    world.edit(attendees=(*world.event.master.attendees, world.delegates.pop()))


@sentence(r"what was held is looked at again")
def look_again(world: World):
    world.judge_held()


def with_guests(part: VEvent, new: list[Attendee]) -> VEvent:
    known = {one.address for one in part.attendees}
    added = (one for one in new if one.address not in known)
    return replace(part, attendees=(*part.attendees, *added))


def without_guests(part: VEvent, gone: set[str]) -> VEvent:
    left = tuple(one for one in part.attendees if one.address not in gone)
    return replace(part, attendees=left)


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


@sentence(rf"the mails to {NAME} arrive again in the opposite order")
def arrive_again(world: World, name: str):
    for number in reversed(range(len(world.mails[address_of(name)]))):
        world.arrive(address_of(name), number)


@sentence(rf"{NAME} cannot be reached")
def lose(world: World, name: str):
    world.unreachable.add(address_of(name))


@sentence(rf"{NAME} can be reached again")
def find(world: World, name: str):
    world.unreachable.discard(address_of(name))
    world.deliver()
