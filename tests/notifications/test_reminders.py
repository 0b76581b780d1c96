"""Reminders: at their time, once, for those who come."""

from __future__ import annotations

import datetime as dt

import pytest
import time_machine

from convoca.accounts.models import Membership
from convoca.calendars import overrides
from convoca.calendars.models import Event
from convoca.guests.models import Guest
from convoca.mail.models import Sender
from convoca.notifications.models import Notification
from convoca.notifications.reminders import tell_due
from tests.builders import an_event, wall

WRITTEN = dt.datetime(2035, 1, 1, tzinfo=dt.UTC)


@pytest.fixture(autouse=True)
def _written_long_ago():
    """Events of these tests are created at the beginning of the year."""
    with time_machine.travel(WRITTEN, tick=False):
        yield


def at(text: str) -> dt.datetime:
    """Return a moment of Madrid's winter."""
    return dt.datetime.fromisoformat(f"{text}+01:00")


def told(moment: str) -> list[tuple[str, str]]:
    return sorted((one.member.name, one.facts["start"]) for one in tell_due(at(moment)))


def test_a_reminder_rings_once_at_its_time(alice: Membership):
    an_event(alice, start="2035-11-27 10:00", reminders=[15])
    assert told("2035-11-27 09:44") == []
    assert told("2035-11-27 09:45") == [("Alice Álvarez", "2035-11-27T10:00:00")]
    assert told("2035-11-27 09:46") == []


def test_after_a_pause_only_the_latest_rings(alice: Membership):
    an_event(alice, start="2035-11-27 10:00", reminders=[15, 60, 1440])
    assert len(told("2035-11-26 10:00")) == 1
    assert len(told("2035-11-27 09:50")) == 1
    assert [one.key.rpartition(":")[2] for one in Notification.objects.order_by("id")] == [
        "1440",
        "15",
    ]
    assert told("2035-11-27 10:00") == []


def test_what_was_due_before_the_event_was_written_stays_silent(alice: Membership):
    with time_machine.travel(at("2035-11-27 09:00"), tick=False):
        an_event(alice, start="2035-11-27 10:00", reminders=[1440, 15])
    assert told("2035-11-27 09:01") == []
    assert len(told("2035-11-27 09:45")) == 1


def test_each_date_of_a_series_rings(alice: Membership):
    an_event(alice, start="2035-11-20 10:00", reminders=[15], rrule="FREQ=WEEKLY;COUNT=3")
    assert told("2035-11-20 09:45") == [("Alice Álvarez", "2035-11-20T10:00:00")]
    assert told("2035-11-27 09:45") == [("Alice Álvarez", "2035-11-27T10:00:00")]
    assert told("2035-12-04 09:45") == [("Alice Álvarez", "2035-12-04T10:00:00")]
    assert told("2035-12-11 09:45") == []


def test_who_comes_is_reminded_and_who_declined_is_not(
    alice: Membership, bob: Membership, gwen: Guest, sender: Sender
):
    event = an_event(
        alice, start="2035-11-27 10:00", reminders=[15], attendees=[bob, gwen], sender=sender
    )
    event.attendees.filter(member=bob).update(partstat="DECLINED")
    assert [name for name, _start in told("2035-11-27 09:45")] == ["Alice Álvarez"]
    event.attendees.filter(member=bob).update(partstat="ACCEPTED")
    assert [name for name, _start in told("2035-11-27 09:46")] == ["Bob Baker"]


def test_a_moved_event_rings_again_and_a_cancelled_one_does_not(alice: Membership):
    event = an_event(alice, start="2035-11-27 10:00", reminders=[15])
    assert len(told("2035-11-27 09:45")) == 1
    moved, span = wall("2035-11-27 12:00"), at("2035-11-27 12:00")
    Event.objects.filter(pk=event.pk).update(
        start=moved, end=moved, span_start=span, span_end=span + dt.timedelta(hours=1)
    )
    assert len(told("2035-11-27 11:45")) == 1
    Event.objects.filter(pk=event.pk).update(status="CANCELLED")
    Notification.objects.all().delete()
    assert told("2035-11-27 11:46") == []


def test_an_all_day_event_begins_at_the_hosts_midnight(alice: Membership):
    an_event(alice, start="2035-11-27 00:00", end="2035-11-28 00:00", all_day=True, reminders=[60])
    assert told("2035-11-26 22:59") == []
    assert len(told("2035-11-26 23:00")) == 1


def test_a_changed_date_rings_as_it_is(alice: Membership, bob: Membership, sender: Sender):
    series = an_event(
        alice, start="2035-11-26 10:00", rrule="FREQ=DAILY", reminders=[15], sender=sender
    )
    row = overrides.materialise(series, wall("2035-11-27 10:00"))
    Event.objects.filter(pk=row.pk).update(
        title="Dinner", start=wall("2035-11-27 20:00"), end=wall("2035-11-27 22:00"), reminders=[60]
    )
    row.attendees.create(
        kind="MEMBER", member=bob, email_key=bob.email, name=bob.name, partstat="ACCEPTED"
    )
    assert told("2035-11-27 09:50") == []
    rung = tell_due(at("2035-11-27 19:00"))
    assert [(one.member, one.facts["title"], one.event) for one in rung] == [
        (alice, "Dinner", series),
        (bob, "Dinner", series),
    ]
