"""The scheduling engine by itself: replies judged, plans made, series expanded, beside dateutil."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from dateutil.rrule import rrulestr

from convoca.standards.ical.model import Attendee, Event, Organizer, Partstat, VEvent
from convoca.standards.ical.reading import read
from convoca.standards.ical.recurrence import instances
from convoca.standards.ical.writing import write
from convoca.standards.itip.incoming import judge
from convoca.standards.itip.outgoing import Telling, plan

NOW = datetime(2026, 1, 1, tzinfo=UTC)
START = datetime(2027, 3, 1, 10, tzinfo=ZoneInfo("Europe/Madrid"))
SIZES = 1, 100, 5_000
YEARS = 10


def report() -> None:
    """Print replies per second, the cost of plans with their growth, and of an expansion."""
    print("\nthe engine, without database and mail")
    _replies()
    _plans()
    _expansion()


def _replies() -> None:
    event = meeting(100)
    mine = replace(event.main.attendees[7], partstat=Partstat.ACCEPTED)
    answer = replace(event.main, attendees=(mine,), dtstamp=NOW)
    text = write(Event(master=answer), method="REPLY")

    def hear() -> None:
        calendar = read(text)
        (result,) = judge(calendar.method, calendar.events[0], event, mine.address, NOW)
        assert result

    print(f"  replies read and judged: {1 / seconds(hear, 300):.0f} a second")


def _plans() -> None:
    cost = {size: _cost_of_a_move(size) for size in SIZES}
    for size, spent in cost.items():
        each = 1e6 * spent / size
        print(
            f"  a move planned and told to {size:5}: {1000 * spent:8.2f} ms, {each:.0f} us a guest"
        )
    _, few, many = SIZES
    ratio = (cost[many] / many) / (cost[few] / few)
    print(f"  one guest of {many} costs {ratio:.2f} times one of {few}; linear growth is 1.00")


def _cost_of_a_move(size: int) -> float:
    before = plan(None, meeting(size), NOW).event
    hour = timedelta(hours=1)
    after = before.map(lambda part: replace(part, start=START + hour, end=START + 2 * hour))

    def tell() -> None:
        planned = plan(before, after, NOW)
        telling = Telling(before, planned.event, NOW)
        assert all(telling.message_for(address) for address in planned.told)

    return seconds(tell, max(3, 2_000 // size))


def _expansion() -> None:
    days = YEARS * 365
    master = replace(meeting(1).main, rrule=f"FREQ=DAILY;COUNT={days}")
    end = START + timedelta(days=days)
    wall = START.replace(tzinfo=None)

    def ours() -> None:
        assert sum(1 for _ in instances(master, START, end)) == days

    def foreign() -> None:
        found = (one.replace(tzinfo=START.tzinfo) for one in rrulestr(master.rrule, dtstart=wall))
        assert sum(1 for _ in found) == days

    def last_month() -> None:
        assert sum(1 for _ in instances(master, end - timedelta(days=30), end)) >= 29

    def foreign_last_month() -> None:
        rule = rrulestr(master.rrule, dtstart=wall)
        naive = end.replace(tzinfo=None)
        assert len(rule.between(naive - timedelta(days=30), naive)) >= 29

    for words, mine, theirs in (
        (f"{YEARS} years of days", ours, foreign),
        ("their last month", last_month, foreign_last_month),
    ):
        other, own = seconds(theirs, 5), seconds(mine, 5)
        print(f"  {words}: dateutil {1000 * other:.1f} ms = 1.00, ours {own / other:.2f}")


def meeting(guests: int) -> Event:
    """Return a meeting with that many guests."""
    attendees = (
        Attendee(address=f"guest{at}@guest.example", name=f"Guest {at}") for at in range(guests)
    )
    return Event(
        master=VEvent(
            uid="bench@sender.example",
            start=START,
            end=START + timedelta(hours=1),
            summary="Repaso del contrato",
            organizer=Organizer(address="ana@sender.example", name="Ana"),
            attendees=tuple(attendees),
        )
    )


def seconds(work: Callable[[], None], times: int) -> float:
    """Return the least time of three rounds, for one call; others use this machine too."""
    rounds = []
    for _ in range(3):
        started = time.process_time()
        for _ in range(times):
            work()
        rounds.append((time.process_time() - started) / times)
    return min(rounds)
