"""What takes place in a span: singles and series, all-day in the viewer's zone, one's own only."""

import datetime as dt
from dataclasses import replace

import pytest
from django.db import connection, transaction

from convoca.accounts.invalid import Invalid
from convoca.accounts.models import Membership
from convoca.calendars import agenda, editing
from convoca.calendars.drafts import draft_of
from convoca.calendars.models import Attendee, Event, Room
from convoca.calendars.scopes import Scope
from convoca.guests.models import Guest
from convoca.invitations.saving import scheduling
from convoca.mail.models import Sender
from tests.builders import an_event, wall

UTC = dt.UTC


def day(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text).replace(tzinfo=UTC)


def seen(member: Membership, start: str, end: str, **filters: object) -> list[tuple[str, str]]:
    found = agenda.instances(member, day(start), day(end), **filters)
    return [(one.event.title, one.start.isoformat()) for one in found]


def test_singles_and_series_come_in_order(alice: Membership):
    an_event(alice, title="Late", start="2026-11-24 17:00")
    an_event(alice, title="Weekly", start="2026-11-10 10:00", rrule="FREQ=WEEKLY")
    an_event(alice, title="Before", start="2026-11-22 10:00")
    an_event(alice, title="After", start="2026-11-30 10:00")
    assert seen(alice, "2026-11-23", "2026-11-30") == [
        ("Weekly", "2026-11-24T10:00:00+01:00"),
        ("Late", "2026-11-24T17:00:00+01:00"),
    ]


def test_a_series_keeps_its_wall_time_over_summer(alice: Membership):
    an_event(alice, title="D", start="2026-03-28 10:00", rrule="FREQ=DAILY;COUNT=2")
    assert seen(alice, "2026-03-28", "2026-04-01") == [
        ("D", "2026-03-28T10:00:00+01:00"),
        ("D", "2026-03-29T10:00:00+02:00"),
    ]
    first, second = agenda.instances(alice, day("2026-03-28"), day("2026-04-01"))
    assert (first.recurrence_id, second.recurrence_id) == (
        wall("2026-03-28 10:00"),
        wall("2026-03-29 10:00"),
    )


def test_edges_are_half_open(alice: Membership):
    an_event(alice, title="E", start="2026-11-24 10:00", timezone="UTC")
    assert seen(alice, "2026-11-24T11:00", "2026-11-24T12:00") == []
    assert seen(alice, "2026-11-24T09:00", "2026-11-24T10:00") == []
    assert seen(alice, "2026-11-24T10:59", "2026-11-24T12:00") != []


@pytest.mark.parametrize(
    ("zone", "start"),
    [
        ("Pacific/Auckland", "2026-11-24T00:00:00+13:00"),
        ("America/New_York", "2026-11-24T00:00:00-05:00"),
    ],
)
def test_all_day_is_the_viewers_day(alice: Membership, zone: str, start: str):
    an_event(alice, title="Holiday", start="2026-11-24 00:00", all_day=True)
    alice.user.timezone = zone
    midnight = dt.datetime.fromisoformat(start)
    nearly = midnight + dt.timedelta(hours=23, minutes=59)
    (found,) = agenda.instances(alice, nearly, nearly + dt.timedelta(days=1))
    assert (found.start.isoformat(), found.all_day, found.recurrence_id) == (start, True, None)
    assert agenda.instances(alice, midnight - dt.timedelta(days=1), midnight) == []


def test_an_override_replaces_its_date(alice: Membership):
    series = an_event(alice, title="D", start="2026-11-24 10:00", rrule="FREQ=DAILY;COUNT=3")
    Event.objects.create(
        team=series.team,
        host=alice,
        series=series,
        recurrence_id=wall("2026-11-25 10:00"),
        uid=series.uid,
        dtstamp=series.dtstamp,
        title="Moved",
        start=wall("2026-11-25 15:00"),
        end=wall("2026-11-25 16:00"),
        timezone=series.timezone,
        span_start=series.span_start,
        span_end=series.span_end,
    )
    assert seen(alice, "2026-11-24", "2026-11-30") == [
        ("D", "2026-11-24T10:00:00+01:00"),
        ("Moved", "2026-11-25T15:00:00+01:00"),
        ("D", "2026-11-26T10:00:00+01:00"),
    ]


def test_cancelled_events_are_left_out(alice: Membership):
    event = an_event(alice)
    with transaction.atomic():
        editing.cancel(alice, event)
    assert seen(alice, "2026-11-01", "2026-12-01") == []


def test_what_is_mine(alice: Membership, bob: Membership, gwen: Guest, sender: Sender):
    an_event(alice, title="Hosted", sender=sender, attendees=[gwen])
    invited = an_event(bob, title="Invited", attendees=[alice])
    invited.attendees.update(partstat="ACCEPTED")
    an_event(bob, title="Other")
    everything = agenda.instances(alice, day("2026-11-01"), day("2026-12-01"))
    assert [(one.event.title, one.is_mine, one.partstat, one.has_guests) for one in everything] == [
        ("Hosted", True, "", True),
        ("Invited", True, "ACCEPTED", False),
        ("Other", False, "", False),
    ]
    mine = agenda.instances(alice, day("2026-11-01"), day("2026-12-01"), mine=True)
    assert [one.event.title for one in mine] == ["Hosted", "Invited"]


def on_one_date(alice: Membership, **fields: object) -> Event:
    """Make a series of Alice's own whose second date is saved with these fields."""
    series = an_event(alice, title="Daily", start="2026-11-24 10:00", rrule="FREQ=DAILY;COUNT=3")
    second = wall("2026-11-25 10:00")
    made = replace(draft_of(series, second), **fields)
    scheduling.save_event(alice, made, series, scope=Scope.THIS, recurrence_id=second)
    return series


def test_what_is_mine_is_so_for_each_date(alice: Membership, bob: Membership, sender: Sender):
    on_one_date(alice, attendees=[bob], sender=sender)
    (one,) = agenda.instances(bob, day("2026-11-24"), day("2026-11-30"), mine=True)
    assert (one.recurrence_id, one.partstat) == (wall("2026-11-25 10:00"), "NEEDS-ACTION")
    found = agenda.instances(bob, day("2026-11-24"), day("2026-11-30"))
    assert [one.is_mine for one in found] == [False, True, False]


def test_search_finds_the_dates_that_say_it(alice: Membership):
    on_one_date(alice, title="Signing")
    assert seen(alice, "2026-11-24", "2026-11-30", search="sign") == [
        ("Signing", "2026-11-25T10:00:00+01:00")
    ]
    assert len(seen(alice, "2026-11-24", "2026-11-30", search="daily")) == 2


def test_search_looks_into_all_words(alice: Membership):
    an_event(alice, title="Revisión", location="Málaga", description="<p>con <b>café</b></p>")
    an_event(alice, title="Other")
    for text in ("REVISION malaga", "cafe", "revisión con"):
        assert len(seen(alice, "2026-11-01", "2026-12-01", search=text)) == 1
    assert seen(alice, "2026-11-01", "2026-12-01", search="strong") == []
    assert seen(alice, "2026-11-01", "2026-12-01", search="%") == []


def test_mallory_sees_nothing(alice: Membership, mallory: Membership):
    an_event(alice)
    assert seen(mallory, "2026-11-01", "2026-12-01") == []


def test_windows_are_bounded(alice: Membership):
    for start, end in (("2026-11-24", "2026-11-24"), ("2026-01-01", "2028-01-01")):
        with pytest.raises(Invalid) as refusal:
            seen(alice, start, end)
        assert [error.field for error in refusal.value.errors] == ["to"]


def test_queries_do_not_grow_with_events(alice: Membership, room: Room, django_assert_num_queries):
    for _number in range(8):
        an_event(alice, attendees=[room], rrule="FREQ=DAILY")
        with django_assert_num_queries(2):
            found = agenda.instances(alice, day("2026-11-24"), day("2026-11-27"))
            assert {one.event.host.name for one in found} == {"Alice Álvarez"}
    assert len(found) == 24


@pytest.mark.skipif(connection.vendor != "sqlite", reason="PostgreSQL plans by what is stored")
def test_what_is_elsewhere_in_time_is_not_looked_at(alice: Membership):
    """Neither the events of other months, nor what else the viewer is invited to."""
    month = Event.objects.visible_to(alice).overlapping(day("2026-11-01"), day("2026-12-01"))
    assert "event_span (team_id=? AND span_end>?)" in month.explain()
    own = Attendee.objects.filter(member=alice, event=1)
    assert "attendee_member (member_id=? AND event_id=?)" in own.explain()
