"""What guests do in a transcript: with a calendar program of no name, on the page, or by mail."""

import re
from dataclasses import replace
from datetime import date, timedelta

from convoca.standards.ical import moments
from convoca.standards.ical.model import Partstat
from convoca.standards.itip.changes import effective
from tests.standards.language import DAY, NAME, SPAN, sentence
from tests.standards.mailprograms import PROGRAMS, Answering, Said
from tests.standards.world import ZONE, World, address_of, at, attendee

PARTSTAT = r"(?P<partstat>[A-Z-]+)"
SEQUENCE = r"(?: to sequence (?P<sequence>\d+))?"


@sentence(
    rf"{NAME} replies {PARTSTAT}(?: on {DAY})?{SEQUENCE}(?: sent (?P<minutes>-?\d+) minutes ago)?"
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


@sentence(rf"{NAME} replies {PARTSTAT}, and that (?P<other>[a-z]+) (?P<others>[A-Z]+)")
def reply_for_two(world: World, name: str, partstat: str, other: str, others: str):
    """Let them speak for somebody else too, and change the title while they are at it."""
    guests = replace(attendee(other), partstat=Partstat(others))
    world.reply(name, partstat, others=(guests,), summary="Dinner", location="My place")


@sentence(rf"{NAME} presses {PARTSTAT}(?: on {DAY})?")
def press(world: World, name: str, partstat: str, day: str = ""):
    world.click(name, partstat, date.fromisoformat(day) if day else None)


@sentence(rf"{NAME} proposes {SPAN}(?: on {DAY})?")
def propose(world: World, name: str, start: str, end: str, day: str = ""):
    held = world.event.master.start.date()
    on = date.fromisoformat(day) if day else held
    span = at(on, start), at(on, end)
    asked = on if day else None
    world.reply(name, "TENTATIVE", method="COUNTER", span=span, day=asked)


@sentence(rf"{NAME} asks for the current state")
def refresh(world: World, name: str):
    world.reply(name, "NEEDS-ACTION", method="REFRESH")


@sentence(rf"{NAME} sends (?P<delegate>[a-z]+) instead")
def delegate(world: World, name: str, delegate: str):
    other = replace(attendee(delegate), delegated_from=(address_of(name),))
    world.reply(name, "DELEGATED", others=(other,), delegated_to=(other.address,))


@sentence(rf"{NAME} replies {PARTSTAT} in place of (?P<delegator>[a-z]+)")
def reply_as_delegate(world: World, name: str, partstat: str, delegator: str):
    """Let a delegate answer the invitation that was passed on to them, not mailed by us."""
    world.reply(
        name,
        partstat,
        delegated_from=(address_of(delegator),),
        held_by=address_of(delegator),
    )


@sentence(
    rf"{NAME} answers (?P<answers>[A-Z]+(?: on \S+)?(?: and [A-Z]+ on \S+)*)"
    r" from (?P<program>[a-z]+)(?: as (?P<account>[a-z]+))?(?:, saying \"(?P<comment>.*)\")?"
)
def answer_from(
    world: World, name: str, answers: str, program: str, account: str = "", comment: str = ""
):
    said = [say(world, name, one) for one in answers.split(" and ")]
    send(world, account or name, program, said, comment)


@sentence(rf"{NAME} proposes {SPAN} from (?P<program>[a-z]+)(?:, saying \"(?P<comment>.*)\")?")
def propose_from(world: World, name: str, start: str, end: str, program: str, comment: str = ""):
    on = world.event.master.start.date()
    said = replace(say(world, name, "TENTATIVE"), proposed=(at(on, start), at(on, end)))
    send(world, name, program, [said], comment)


def say(world: World, name: str, words: str) -> Said:
    """Return one answer as their program would make it of what it holds."""
    partstat, day = re.fullmatch(r"([A-Z]+)(?: on (\S+))?", words).groups()
    client = world.clients[address_of(name)]
    if day is None:
        return Said(partstat, client.part(world.event.uid))
    original = effective(world.event, date.fromisoformat(day)).recurrence_id
    return Said(partstat, client.part(world.event.uid, moments.key(original)), original)


def send(world: World, name: str, program: str, said: list[Said], comment: str) -> None:
    world.now += timedelta(minutes=1)
    answering = Answering(
        uid=world.event.uid,
        address=address_of(name),
        organizer=world.event.organizer.address,
        said=said,
        sent_at=world.now.astimezone(ZONE),
        comment=comment,
    )
    world.mail(PROGRAMS[program](answering))
