"""An event with very many guests: what each sees, and that the work stays in step with them."""

import cProfile
import pstats
from dataclasses import replace
from datetime import timedelta

from convoca.standards.ical.model import Attendee, Event
from convoca.standards.itip.messages import Reason
from convoca.standards.itip.outgoing import Telling, plan
from convoca.standards.itip.views import MAX_LISTED, view
from tests.standards.test_outgoing import ALICE, GUS, GWEN, LUNCH, NOW, START, edited


def crowd(size: int) -> Event:
    many = (Attendee(address=f"g{at}@guest.example", name=f"G {at}") for at in range(size))
    return Event(master=replace(LUNCH, attendees=(ALICE, *many)))


def test_guest_of_a_crowd_sees_the_organizer_and_themselves():
    mine = view(crowd(MAX_LISTED), "g7@guest.example").master
    assert [one.address for one in mine.attendees] == [ALICE.address, "g7@guest.example"]
    small = view(crowd(MAX_LISTED - 1), "g7@guest.example").master
    assert len(small.attendees) == MAX_LISTED


def test_crowd_is_planned_with_work_in_step():
    """Ten times the guests are ten times the calls, and not a hundred times."""
    few, many = calls_of_a_plan(200), calls_of_a_plan(2_000)
    assert many < 12 * few


def calls_of_a_plan(size: int) -> int:
    """Count the functions called to plan a move and to write to everyone."""
    before = plan(None, crowd(size), NOW).event
    after = edited(before, start=START - timedelta(hours=1))
    profile = cProfile.Profile()
    profile.enable()
    planned = plan(before, after, NOW)
    telling = Telling(before, planned.event, NOW)
    messages = [telling.message_for(address) for address in planned.told]
    profile.disable()
    assert {one.reason for one in messages} == {Reason.ASKED_AGAIN}
    assert len(messages) == size
    assert max(len(one.event.main.attendees) for one in messages) == 2
    return pstats.Stats(profile).total_calls


def test_messages_of_many_are_made_once_and_are_equal():
    before = plan(None, Event(master=LUNCH), NOW).event
    gone = Telling(before, plan(before, None, NOW).event, NOW)
    assert {gone.message_for(one).method for one in (GWEN.address, GUS.address)} == {"CANCEL"}
    alone = plan(before, edited(before, attendees=(ALICE,)), NOW).event
    back = plan(alone, before, NOW, returning=(GWEN.address, GUS.address)).event
    telling = Telling(alone, back, NOW)
    found = [telling.message_for(one).event.sequence for one in (GWEN.address, GUS.address)]
    assert found == [2, 2]
