"""Messages that attendees send, beyond what the transcripts tell."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from convoca.standards.ical.model import Attendee, Event, Organizer, Partstat, VEvent
from convoca.standards.itip.incoming import (
    Answer,
    Ignored,
    Refresh,
    Stale,
    Stranger,
    Why,
    apply,
    judge,
    judge_click,
)

START = datetime(2026, 3, 2, 9, tzinfo=UTC)
NOW = datetime(2026, 2, 2, 9, tzinfo=UTC)
GWEN = Attendee(address="gwen@guest.example", name="Gwen")
GUS = Attendee(address="gus@guest.example", name="Gus")
LUNCH = VEvent(
    uid="lunch@acme.example",
    start=START,
    end=START + timedelta(hours=1),
    organizer=Organizer(address="alice@acme.example"),
    attendees=(GWEN, GUS),
)
EVENT = Event(master=LUNCH)
SERIES = Event(master=replace(LUNCH, rrule="FREQ=DAILY;COUNT=3"))


def reply(*attendees: Attendee, **fields) -> Event:
    part = replace(LUNCH, attendees=attendees, **fields)
    is_date = part.recurrence_id is not None
    return Event(master=None if is_date else part, overrides=(part,) if is_date else ())


def says(one: Attendee, partstat: str, **fields) -> Attendee:
    return replace(one, partstat=Partstat(partstat), **fields)


def judged(received: Event, event: Event = EVENT, method: str = "REPLY", sender: str = ""):
    (result,) = judge(method, received, event, sender, NOW)
    return result


def test_several_attendees_need_a_speaker():
    both = reply(says(GWEN, "ACCEPTED"), says(GUS, "DECLINED"))
    assert judged(both) == Ignored(why=Why.NO_ATTENDEE)
    answer = judged(both, sender=GUS.address)
    assert (answer.address, answer.partstat) == (GUS.address, Partstat.DECLINED)
    assert judged(reply()) == Ignored(why=Why.NO_ATTENDEE)


def test_delegation_names_the_delegate():
    bob = Attendee(address="bob@guest.example", name="Bob")
    sent = reply(says(GWEN, "DELEGATED", delegated_to=(bob.address,)), bob)
    answer = judged(sent)
    assert answer.delegate == replace(bob, delegated_from=(GWEN.address,))
    stored = apply(EVENT, answer).master.attendee(GWEN.address)
    assert (stored.partstat, stored.delegated_to) == (Partstat.DELEGATED, (bob.address,))
    alone = judged(reply(says(GWEN, "DELEGATED", delegated_to=("carl@guest.example",))))
    assert alone.delegate.address == "carl@guest.example"
    assert judged(reply(says(GWEN, "DELEGATED"))).delegate is None


def test_delegate_who_is_early_waits_for_the_host():
    bob = Attendee(
        address="bob@guest.example", partstat=Partstat.ACCEPTED, delegated_from=(GWEN.address,)
    )
    assert judged(reply(bob, comment="hi")) == Stranger(attendee=bob, comment="hi")


def test_refresh_is_answered_to_who_is_invited():
    assert judged(reply(GWEN), method="REFRESH") == Refresh(address=GWEN.address)
    assert judged(reply(), method="REFRESH", sender=GUS.address) == Refresh(address=GUS.address)
    mallory = judged(reply(), method="REFRESH", sender="mallory@evil.example")
    assert mallory == Ignored(why=Why.NO_ATTENDEE)


@pytest.mark.parametrize(
    "method", ["REQUEST", "CANCEL", "PUBLISH", "ADD", "DECLINECOUNTER", "X", ""]
)
def test_other_methods_are_not_for_an_organizer(method):
    assert judged(reply(GWEN), method=method) == Ignored(why=Why.NOT_FOR_ORGANIZER)


def test_other_events_are_left_alone():
    other = reply(says(GWEN, "ACCEPTED"), uid="other@acme.example")
    assert judged(other) == Ignored(why=Why.OTHER_EVENT)


def test_repeated_answer_is_known():
    sent = reply(says(GWEN, "ACCEPTED"), dtstamp=NOW)
    stored = apply(EVENT, judged(sent))
    assert judged(sent, stored).why == Why.REPEATED
    contrary = reply(says(GWEN, "DECLINED"), dtstamp=NOW)
    assert judged(contrary, stored).why == Why.OLDER


def test_clock_set_back_shuts_nobody_out():
    stored = apply(EVENT, judged(reply(says(GWEN, "ACCEPTED"), dtstamp=NOW)))
    earlier = NOW - timedelta(hours=3)
    later = reply(says(GWEN, "DECLINED"), dtstamp=NOW + timedelta(minutes=1))
    (answer,) = judge("REPLY", later, stored, "", earlier)
    assert apply(stored, answer).master.attendee(GWEN.address).partstat == "DECLINED"
    (answer,) = judge("REPLY", reply(says(GWEN, "DECLINED")), stored, "", earlier)
    assert answer.replied_at > NOW
    press = judge_click(stored, GWEN.address, Partstat.TENTATIVE, earlier)
    assert press.replied_at > NOW


def test_press_does_not_shut_out_a_program_that_has_not_heard_of_a_removal():
    raised = Event(master=replace(LUNCH, sequence=1))
    pressed = judge_click(raised, GWEN.address, Partstat.ACCEPTED, NOW - timedelta(hours=1))
    stored = apply(raised, pressed)
    answer = judged(reply(says(GWEN, "DECLINED"), dtstamp=NOW), stored)
    assert (pressed.sequence, answer.sequence) == (0, 0)
    assert isinstance(answer, Answer)


def test_answer_without_stamp_counts_from_its_arrival():
    assert judged(reply(says(GWEN, "ACCEPTED"))).replied_at == NOW


def test_answer_to_a_series_and_to_a_date_are_two_things():
    second = START + timedelta(days=1)
    later = judged(reply(says(GWEN, "ACCEPTED"), dtstamp=NOW), SERIES)
    stored = apply(SERIES, later)
    earlier = reply(says(GWEN, "DECLINED"), dtstamp=NOW - timedelta(hours=1), recurrence_id=second)
    stored = apply(stored, judged(earlier, stored))
    (override,) = stored.overrides
    assert override.attendee(GWEN.address).partstat == Partstat.DECLINED
    assert override.attendee(GUS.address) == GUS
    assert stored.master.attendee(GWEN.address).partstat == Partstat.ACCEPTED
    assert isinstance(judged(earlier, stored), Stale)
    again = replace(later, recurrence_id=second, partstat=Partstat.TENTATIVE)
    assert apply(stored, again).overrides[0].attendee(GWEN.address).partstat == "TENTATIVE"


@pytest.mark.parametrize(
    ("mine", "stands"),
    [
        (GWEN, Partstat.ACCEPTED),
        (says(GWEN, "TENTATIVE"), Partstat.ACCEPTED),
        (says(GWEN, "DECLINED", replied_sequence=0, replied_at=NOW), Partstat.DECLINED),
        (replace(GWEN, replied_sequence=0, replied_at=NOW), Partstat.ACCEPTED),
        (replace(GWEN, asked_sequence=1), Partstat.NEEDS_ACTION),
    ],
)
def test_answer_to_a_series_holds_on_dates_without_one_of_their_own(
    mine: Attendee, stands: Partstat
):
    dates = [
        replace(LUNCH, recurrence_id=START, sequence=mine.asked_sequence, attendees=(mine, GUS)),
        replace(LUNCH, recurrence_id=START + timedelta(days=1), attendees=(GUS,)),
    ]
    event = replace(SERIES, overrides=tuple(dates))
    whole, single, other = apply(event, judged(reply(says(GWEN, "ACCEPTED")), event)).components()
    assert whole.attendee(GWEN.address).partstat == Partstat.ACCEPTED
    assert (single.attendees[0].partstat, single.attendees[1]) == (stands, GUS)
    assert other == dates[1]


def test_answer_to_a_date_that_is_gone_changes_nothing():
    answer = Answer(
        address=GWEN.address,
        partstat=Partstat.ACCEPTED,
        sequence=0,
        replied_at=NOW,
        recurrence_id=START + timedelta(days=9),
    )
    assert apply(SERIES, answer) == SERIES


def test_old_answer_to_a_moved_series_is_stale_for_its_dates_too():
    asked = tuple(replace(one, asked_sequence=1) for one in LUNCH.attendees)
    start = START + timedelta(hours=1)
    moved = replace(SERIES.master, sequence=1, attendees=asked, start=start)
    old = reply(says(GWEN, "ACCEPTED"), recurrence_id=START + timedelta(days=1))
    assert judged(old, Event(master=moved)).why == Why.OLD_TIME


def test_date_from_which_a_guest_is_excluded_is_none_of_theirs():
    second = START + timedelta(days=1)
    part = replace(LUNCH, recurrence_id=second, start=second, attendees=(GUS,))
    event = Event(master=SERIES.master, overrides=(part,))
    sent = reply(says(GWEN, "ACCEPTED"), recurrence_id=second)
    assert judged(sent, event) == Ignored(why=Why.NO_SUCH_DATE)


def test_press_is_judged_as_a_reply():
    stranger = judge_click(EVENT, "mallory@evil.example", Partstat.ACCEPTED, NOW)
    assert stranger == Ignored(why=Why.NO_SUCH_DATE)
    gone = Event(master=replace(LUNCH, status="CANCELLED"))
    assert judge_click(gone, GWEN.address, Partstat.ACCEPTED, NOW) == Ignored(why=Why.CANCELLED)


def test_guest_of_several_single_dates_has_to_say_which():
    parts = [
        replace(LUNCH, recurrence_id=START + timedelta(days=day), attendees=(GWEN,))
        for day in range(2)
    ]
    event = Event(master=None, overrides=tuple(parts))
    assert judged(reply(says(GWEN, "ACCEPTED")), event) == Ignored(why=Why.NO_SUCH_DATE)
    answer = judge_click(event, GWEN.address, Partstat.ACCEPTED, NOW, recurrence_id=START)
    answered, other = apply(event, answer).overrides
    assert (answered.attendees[0].partstat, other.attendees) == (Partstat.ACCEPTED, (GWEN,))
