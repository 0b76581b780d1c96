"""`python -m tests.standards.costs`: what hostile input costs, each case in a process of its own.

Prints a JSON object: for each case the processor seconds, the megabytes above those of a process
that does nothing, and what became of it.
"""

import json
import os
import resource
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import islice

from convoca.standards.ical.model import Attendee, Event, Organizer, VEvent
from convoca.standards.ical.reading import Calendar, Unreadable, read
from convoca.standards.ical.reading.zones import named
from convoca.standards.ical.recurrence import instance_at, instances, is_over, span_end
from convoca.standards.imip.authentication import is_proven
from convoca.standards.imip.extract import NotAMail, extract
from convoca.standards.imip.reports import delivery_report, is_automatic
from convoca.standards.itip.incoming import judge
from tests.standards.hostile import CALENDARS, MAILS

_MOST_SECONDS, _MOST_BYTES = 5, 2 * 1024**3
NOW = datetime(2026, 2, 2, tzinfo=UTC)
START = datetime(2026, 3, 2, 9, tzinfo=UTC)
MEETING = Event(
    master=VEvent(
        uid="lunch@acme.example",
        start=START,
        end=START + timedelta(hours=1),
        rrule="FREQ=DAILY",
        organizer=Organizer(address="alice@acme.example"),
        attendees=(Attendee(address="a@b.example"),),
    )
)


def take_calendar(data: bytes) -> str:
    """Read a text as a file or an answer, and look at some of its dates."""
    try:
        found = read(data)
    except Unreadable as problem:
        return f"Unreadable: {problem}"
    look_at(found, "a@b.example")
    return f"{len(found.events)} events, {len(found.refused)} refused"


def take_mail(data: bytes) -> str:
    """Do with a mail all that is done when it comes in."""
    delivery_report(data)
    is_automatic(data)
    is_proven(data, "a@b.example", "mx.example")
    try:
        found = extract(data)
    except NotAMail as problem:
        return f"NotAMail: {problem}"
    if found.calendar is not None:
        look_at(found.calendar, found.sender)
    return found.problem or f"mail, {len(found.text)} characters"


def look_at(calendar: Calendar, sender: str) -> None:
    for event in calendar.events[:10]:
        judge(calendar.method, event, MEETING, sender, NOW)
        span_end(event)
        is_over(event, NOW)
        instance_at(event, START)
        list(islice(instances(event, START, START + timedelta(days=60)), 1_000))


def cost(work: Callable[[bytes], str], data: bytes) -> tuple[float, float, str]:
    """Return the processor seconds, peak megabytes and outcome of some work in a child."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        resource.setrlimit(resource.RLIMIT_CPU, (_MOST_SECONDS, _MOST_SECONDS))
        resource.setrlimit(resource.RLIMIT_AS, (_MOST_BYTES, _MOST_BYTES))
        try:
            said = work(data)
        except BaseException as failure:  # whatever gets past the doors is what is looked for
            said = f"RAISED {type(failure).__name__}: {failure}"
        os.write(writing, said[:2_000].encode(errors="replace"))
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        said = pipe.read().decode()
    _, status, usage = os.wait4(child, 0)
    if status:
        said = f"KILLED by signal {os.WTERMSIG(status)}"
    return usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024, said


def main() -> None:
    named("Romance Standard Time")  # tables that any process reads once
    take_calendar(CALENDARS["zone of many rules"]())
    found = {}
    for door, cases, work in (
        ("calendar", CALENDARS, take_calendar),
        ("mail", MAILS, take_mail),
    ):
        for name, make in cases.items():
            data = make()
            _, idle, _ = cost(lambda _data: "", data)
            seconds, megabytes, said = cost(work, data)
            found[f"{door}: {name}"] = (seconds, megabytes - idle, said)
    json.dump(found, sys.stdout)


if __name__ == "__main__":
    main()
