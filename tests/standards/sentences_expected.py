"""What a transcript expects: mails, results, and how things stand."""

from datetime import UTC, date, datetime

from convoca.standards.ical import moments
from convoca.standards.ical.recurrence import instances
from convoca.standards.itip import incoming
from convoca.standards.itip.changes import FieldChange, effective
from convoca.standards.itip.views import view
from tests.standards.language import DAY, NAME, NAMES, SPAN, sentence, split
from tests.standards.world import ZONE, World, address_of


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
    if message.reason == "INVITED":
        assert message.difference is None
    elif message.method == "REQUEST" and message.reason != "UPDATED":
        assert message.difference is not None


@sentence(r"expect nothing")
def expect_nothing(world: World):
    assert world.outbox == []
    assert world.results == []


@sentence(
    rf"expect {NAME} (?P<partstat>NEEDS-ACTION|ACCEPTED|DECLINED|TENTATIVE|DELEGATED)(?: on {DAY})?"
)
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


@sentence(r"expect the event at sequence (?P<sequence>\d+)")
def expect_sequence(world: World, sequence: str):
    assert world.event.sequence == int(sequence)


@sentence(r'expect the event to be called "(?P<title>.*)"')
def expect_title(world: World, title: str):
    assert world.event.main.summary == title


@sentence(r'expect comment "(?P<comment>.*)"')
def expect_comment(world: World, comment: str):
    """Look at the last result, before it is expected."""
    assert world.results[-1].comment == comment


@sentence(rf"expect proposal {SPAN}")
def expect_proposal(world: World, start: str, end: str):
    proposal = world.results[-1]
    assert f"{proposal.start.astimezone(ZONE):%H:%M}" == start
    assert f"{proposal.end.astimezone(ZONE):%H:%M}" == end


@sentence(r"expect a winmail.dat and no calendar")
def expect_tnef(world: World):
    assert world.letter.has_tnef
    assert world.letter.calendar is None


@sentence(r"expect no calendar")
def expect_no_calendar(world: World):
    assert (world.letter.calendar, world.letter.problem) == (None, "")


@sentence(rf'expect {NAME} to be sent "(?P<line>[A-Z-]+[:;].*)"')
def expect_line(world: World, name: str, line: str):
    """Look for a line in the last mail to a guest."""
    lines = world.mails[address_of(name)][-1].decode().replace("\r\n ", "").split("\r\n")
    assert line in lines, lines


@sentence(rf"expect {NAME} to be sent no (?P<start>[A-Z-]+)")
def expect_no_line(world: World, name: str, start: str):
    _, *events = world.mails[address_of(name)][-1].decode().split("BEGIN:VEVENT")
    assert not any(f"\r\n{start}" in event for event in events)
