"""A series cut in two, or moved as a whole: what its dates become, and what guests are told."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from convoca.standards.ical.model import Attendee, Event, Organizer, Partstat, VEvent
from convoca.standards.ical.recurrence import instances, takes_place
from convoca.standards.ical.series import counterpart, ending_before, going_on_from, starts_before
from convoca.standards.itip.changes import Field, difference
from convoca.standards.itip.messages import Method, Reason
from convoca.standards.itip.outgoing import Telling, plan

MADRID = ZoneInfo("Europe/Madrid")
NOW = datetime(2026, 2, 2, 9, tzinfo=UTC)
LATER = NOW + timedelta(hours=1)
GWEN = Attendee(address="gwen@guest.example", partstat=Partstat.ACCEPTED)
GUS = Attendee(address="gus@guest.example", partstat=Partstat.ACCEPTED)
GINA = Attendee(address="gina@guest.example")


def day(number: int, hour: int = 10, zone: str = "Europe/Madrid") -> datetime:
    return datetime(2026, 3, number, hour, tzinfo=ZoneInfo(zone))


LUNCH = VEvent(
    uid="lunch@acme.example",
    start=day(3),
    end=day(3, 11),
    rrule="FREQ=WEEKLY;COUNT=4",
    summary="Lunch",
    organizer=Organizer(address="alice@acme.example"),
    attendees=(GWEN, GUS),
)


def starts(part: VEvent) -> list[object]:
    return [one.start for one in instances(part, NOW, NOW + timedelta(days=365))]


def override(number: int, **changes: object) -> VEvent:
    original = day(number)
    made = replace(LUNCH, rrule="", recurrence_id=original, start=original, end=day(number, 11))
    return replace(made, **changes)


@pytest.mark.parametrize(
    ("rrule", "number", "before", "after"),
    [
        (
            "FREQ=WEEKLY;COUNT=4",
            17,
            "FREQ=WEEKLY;UNTIL=20260310T225959Z",
            "FREQ=WEEKLY;COUNT=2",
        ),
        ("FREQ=WEEKLY", 10, "FREQ=WEEKLY;UNTIL=20260303T225959Z", "FREQ=WEEKLY"),
        (
            "FREQ=DAILY;UNTIL=20260306T090000Z",
            5,
            "FREQ=DAILY;UNTIL=20260304T225959Z",
            "FREQ=DAILY;UNTIL=20260306T090000Z",
        ),
    ],
)
def test_the_halves_are_the_whole(rrule: str, number: int, before: str, after: str):
    whole = replace(LUNCH, rrule=rrule)
    first, second = ending_before(whole, day(number)), going_on_from(whole, day(number))
    assert (first.rrule, second.rrule) == (before, after)
    assert (second.start, second.end) == (day(number), day(number, 11))
    assert starts(first) + starts(second) == starts(whole)


def test_extra_and_missing_dates_go_to_their_half():
    whole = replace(
        LUNCH, rdates=(day(4), day(18), day(25)), exdates=(day(10), day(24)), rrule="FREQ=WEEKLY"
    )
    first, second = ending_before(whole, day(17)), going_on_from(whole, day(17))
    assert (first.rdates, first.exdates) == ((day(4),), (day(10),))
    assert (second.rdates, second.exdates) == ((day(18), day(25)), (day(24),))
    listed = replace(LUNCH, rrule="", rdates=(day(4), day(18)))
    assert ending_before(listed, day(18)).rdates == (day(4),)
    for whole in (listed, replace(LUNCH, rdates=(day(18),), rrule="FREQ=WEEKLY;COUNT=2")):
        rest = going_on_from(whole, day(18))
        assert (rest.start, rest.rrule, rest.rdates) == (day(18), "", ())


def test_days_are_cut_by_the_day():
    fair = replace(LUNCH, start=date(2026, 3, 3), end=date(2026, 3, 4), rrule="FREQ=DAILY;COUNT=5")
    assert ending_before(fair, date(2026, 3, 5)).rrule == "FREQ=DAILY;UNTIL=20260304"
    rest = going_on_from(fair, date(2026, 3, 5))
    assert (rest.start, rest.end, rest.rrule) == (
        date(2026, 3, 5),
        date(2026, 3, 6),
        "FREQ=DAILY;COUNT=3",
    )


def test_what_takes_place_before_a_date():
    event = Event(master=LUNCH)
    assert not starts_before(event, day(3))
    assert starts_before(event, day(10))
    missing = Event(master=replace(LUNCH, exdates=(day(3),)))
    assert not starts_before(missing, day(10))
    early = replace(missing, overrides=(override(17, start=day(2), end=day(2, 11)),))
    assert not starts_before(early, day(10))
    moved = replace(event, overrides=(override(3, start=day(30), end=day(30, 11)),))
    assert starts_before(moved, day(10))
    assert not starts_before(Event(master=None, overrides=moved.overrides), day(10))


def test_an_event_without_dates_does_not_take_place():
    assert takes_place(Event(master=LUNCH))
    gone = replace(LUNCH, exdates=(day(3), day(10), day(17), day(24)))
    assert not takes_place(Event(master=gone))
    assert not takes_place(Event(master=replace(LUNCH, status="CANCELLED")))


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"summary": "Dinner"}, day(10)),
        ({"start": day(3, 12), "end": day(3, 13)}, day(10, 12)),
        ({"start": day(4), "end": day(4, 11)}, day(11)),
        ({"start": day(3, 10, "America/New_York")}, day(10, 10, "America/New_York")),
        ({"start": date(2026, 3, 3), "end": date(2026, 3, 4)}, date(2026, 3, 10)),
        ({"exdates": (day(10),)}, day(10)),
        ({"rrule": "FREQ=WEEKLY;INTERVAL=2"}, None),
        ({"rrule": ""}, None),
    ],
)
def test_a_date_is_found_again(changes: dict[str, object], expected: object):
    assert counterpart(day(10), LUNCH, replace(LUNCH, **changes)) == expected


# The whole moved: the dates that were of their own are the same dates


def moved(event: Event, hour: int) -> Event:
    """Move the series to another hour; what is on single dates keeps its own time."""
    master = replace(event.master, start=day(3, hour), end=day(3, hour + 1))
    names = {day(10): day(10, hour), day(17): day(17, hour)}
    parts = (replace(one, recurrence_id=names[one.recurrence_id]) for one in event.overrides)
    return Event(master=master, overrides=tuple(parts))


def test_a_date_with_its_own_time_is_not_asked_again_when_the_series_moves():
    own = override(10, start=day(11, 15), end=day(11, 16))
    before = plan(None, Event(master=LUNCH, overrides=(own,)), NOW).event
    planned = plan(before, moved(before, 12), LATER)
    assert planned.event.master.attendees[0].partstat == Partstat.NEEDS_ACTION
    assert planned.event.overrides[0].attendees[0].partstat == Partstat.ACCEPTED
    change = difference(before, planned.event)
    assert [one.name for one in change.fields] == [Field.WHEN]
    assert [(one.former, one.fields, one.dropped) for one in change.instances] == [
        (day(10), (), False)
    ]


def test_a_date_that_goes_along_is_asked_but_not_listed():
    before = plan(None, Event(master=LUNCH, overrides=(override(10, summary="X"),)), NOW).event
    after = moved(before, 12)
    after = replace(
        after, overrides=(replace(after.overrides[0], start=day(10, 12), end=day(10, 13)),)
    )
    planned = plan(before, after, LATER)
    assert planned.event.overrides[0].attendees[0].partstat == Partstat.NEEDS_ACTION
    assert planned.event.overrides[0].sequence == planned.event.master.sequence == 1
    assert all(not one.fields for one in difference(before, planned.event).instances)


def test_a_guest_of_one_date_gets_it_under_its_new_name():
    own = override(10, start=day(11, 15), end=day(11, 16), attendees=(GINA,))
    before = plan(None, Event(master=LUNCH, overrides=(own,)), NOW).event
    after = plan(before, moved(before, 12), LATER).event
    message = Telling(before, after, LATER).message_for(GINA.address)
    assert message is not None
    assert [(one.method, one.reason) for one in (message, message.then)] == [
        (Method.REQUEST, Reason.UPDATED),
        (Method.CANCEL, Reason.REPLACED),
    ]
    assert message.event.main.recurrence_id == day(10, 12)
    assert message.then.event.main.recurrence_id == day(10)


def test_each_guest_of_one_date_is_told_of_theirs():
    gina, greg = (replace(GINA, address=f"{name}@guest.example") for name in ("gina", "greg"))
    parts = (override(10, attendees=(gina,)), override(17, attendees=(greg,)))
    before = plan(None, Event(master=LUNCH, overrides=parts), NOW).event
    telling = Telling(before, plan(before, moved(before, 12), LATER).event, LATER)
    named = [telling.message_for(one.address).event.main.recurrence_id for one in (gina, greg)]
    assert named == [day(10, 12), day(17, 12)]


def test_a_cancelled_date_stays_out_of_it():
    parts = (override(10, status="CANCELLED"),)
    before = plan(None, Event(master=LUNCH, overrides=parts), NOW).event
    after = replace(before, master=replace(before.master, summary="Dinner"))
    assert plan(before, after, LATER).event.sequence == 0
    ended = replace(before.master, status="CANCELLED", rrule="FREQ=WEEKLY;COUNT=9")
    assert plan(before, replace(before, master=ended), LATER).asked == ()


def test_of_two_dates_that_would_become_one_the_other_is_gone():
    daily = replace(LUNCH, rrule="FREQ=DAILY;COUNT=5")
    first, third = override(3, summary="A"), override(5, summary="B")
    before = plan(None, Event(master=daily, overrides=(first, third)), NOW).event
    later = replace(daily, start=day(5), end=day(5, 11), rrule="FREQ=DAILY;INTERVAL=7;COUNT=2")
    after = plan(before, Event(master=later, overrides=before.overrides[1:]), LATER).event
    change = difference(before, after)
    assert [(one.recurrence_id, one.dropped) for one in change.instances] == [(day(3), True)]
    back = difference(after, before)
    assert [(one.recurrence_id, one.added) for one in back.instances] == [(day(3), True)]


def test_dates_after_an_earlier_end_are_not_listed_one_by_one():
    before = Event(master=LUNCH, overrides=(override(10, summary="A"), override(24, summary="B")))
    after = Event(master=ending_before(LUNCH, day(17)), overrides=before.overrides[:1])
    change = difference(before, after)
    assert ([one.name for one in change.fields], change.instances) == ([Field.RECURRENCE], ())
    other = Event(master=replace(LUNCH, rrule="FREQ=WEEKLY;INTERVAL=2;COUNT=4"))
    assert [one.dropped for one in difference(before, other).instances] == [True, True]
    endless = Event(master=replace(LUNCH, rrule="FREQ=WEEKLY;INTERVAL=2"))
    assert len(difference(before, endless).instances) == 2


# This and the following: the rest under a UID of its own


def rest(*overrides: VEvent, **changes: object) -> tuple[Event, Event]:
    """Return the dates from the 17th as they were known, and as they go on."""
    known = Event(master=going_on_from(LUNCH, day(17)), overrides=overrides)
    return known, known.map(
        lambda part: replace(part, uid="rest@acme.example", related_to=LUNCH.uid, **changes)
    )


def told(known: Event, after: Event, address: str) -> tuple[str, Reason] | None:
    message = Telling(known, after, LATER).message_for(address)
    return message and (message.event.main.attendee(address).partstat, message.reason)


def test_the_rest_keeps_answers_where_the_time_stays():
    known, after = rest(summary="Dinner")
    planned = plan(known, after, LATER)
    assert (planned.event.sequence, planned.told, planned.asked, planned.added) == (
        0,
        (GWEN.address, GUS.address),
        (),
        (),
    )
    assert told(known, planned.event, GWEN.address) == ("ACCEPTED", Reason.CONTINUED)


def test_the_rest_asks_about_another_time():
    known, after = rest(start=day(17, 12), end=day(17, 13))
    planned = plan(known, after, LATER)
    assert planned.asked == (GWEN.address, GUS.address)
    assert told(known, planned.event, GUS.address) == ("NEEDS-ACTION", Reason.ASKED_AGAIN)


def test_who_comes_is_invited_and_who_goes_hears_of_the_end():
    known, after = rest(attendees=(GWEN, GINA))
    planned = plan(known, after, LATER)
    assert (planned.added, planned.removed) == ((GINA.address,), ())
    assert told(known, planned.event, GINA.address) == ("NEEDS-ACTION", Reason.INVITED)
    assert told(known, planned.event, GUS.address) is None


def test_an_answer_to_one_date_goes_along():
    declined = replace(GWEN, partstat=Partstat.DECLINED, replied_sequence=4, replied_at=NOW)
    own = override(24, start=day(25, 15), end=day(25, 16), attendees=(declined, GUS), sequence=4)
    known, after = rest(own)
    after = replace(after, master=replace(after.master, start=day(17, 12), end=day(17, 13)))
    planned = plan(
        known,
        replace(after, overrides=(replace(after.overrides[0], recurrence_id=day(24, 12)),)),
        LATER,
    )
    (kept,) = planned.event.overrides
    assert [one.partstat for one in kept.attendees] == [Partstat.DECLINED, Partstat.ACCEPTED]
    assert (kept.attendees[0].replied_sequence, kept.sequence) == (0, 0)


def test_the_rest_that_is_over_is_told_to_nobody():
    known, after = rest(summary="Dinner")
    assert plan(known, after, day(30)).told == ()
    assert Telling(known, after, day(30)).message_for(GWEN.address) is None
