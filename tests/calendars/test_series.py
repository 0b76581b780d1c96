"""A series changed as a whole, or cut in two: its dates are found again and keep their own."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import Any

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from convoca.accounts.models import Membership
from convoca.calendars import editing
from convoca.calendars.drafts import Invalid, draft_of
from convoca.calendars.editing import Change
from convoca.calendars.models import Event
from convoca.calendars.scopes import Scope
from convoca.guests.models import Guest
from convoca.mail.models import Sender
from tests.builders import a_file, an_event, wall

FIRST, SECOND, THIRD, FOURTH = (
    wall("2026-11-24 10:00") + dt.timedelta(weeks=week) for week in range(4)
)
THIS, FOLLOWING, ALL = Scope.THIS, Scope.FOLLOWING, Scope.ALL


@pytest.fixture
def weekly(alice: Membership, gwen: Guest, sender: Sender) -> Event:
    """Four Tuesdays at ten, with Gwen."""
    rrule = "FREQ=WEEKLY;COUNT=4;BYDAY=TU"
    return an_event(alice, rrule=rrule, sender=sender, attendees=[gwen])


def edit(event: Event, scope: Scope, date: dt.datetime | None = None, **fields: Any) -> Change:
    typed = replace(draft_of(event, date), **fields)
    with transaction.atomic():
        return editing.save(event.host, typed, event, scope=scope, recurrence_id=date)


def cancel(event: Event, scope: Scope, date: dt.datetime) -> Event:
    with transaction.atomic():
        return editing.cancel(event.host, event, scope=scope, recurrence_id=date).event


def hour(text: str) -> dict[str, dt.datetime]:
    return {"start": wall(text), "end": wall(text) + dt.timedelta(hours=1)}


def dates(event: Event) -> dict[dt.datetime, Event]:
    return {row.recurrence_id: row for row in event.overrides.order_by("recurrence_id")}


# All


def test_what_a_date_has_of_its_own_stays_the_rest_follows(weekly: Event):
    edit(weekly, THIS, SECOND, **hour("2026-12-02 15:00"))
    edit(weekly, THIS, THIRD, title="Special")
    edit(weekly, ALL, title="Weekly", location="Room 1")
    second, third = dates(weekly).values()
    assert (second.title, second.location, second.start) == (
        "Weekly",
        "Room 1",
        wall("2026-12-02 15:00"),
    )
    assert (third.title, third.location) == ("Special", "Room 1")
    assert "weekly" in second.search_text


def test_dates_keep_their_place_when_the_hour_changes(weekly: Event):
    edit(weekly, THIS, SECOND, **hour("2026-12-02 15:00"))
    edit(weekly, THIS, THIRD, title="Special")
    cancel(weekly, THIS, FOURTH)
    event = edit(weekly, ALL, **hour("2026-11-24 11:00")).event
    found = {key: row.start for key, row in dates(weekly).items()}
    assert found == {
        wall("2026-12-01 11:00"): wall("2026-12-02 15:00"),
        wall("2026-12-08 11:00"): wall("2026-12-08 11:00"),
    }
    assert event.exdates == ["2026-12-15T11:00:00"]


def test_every_date_moves_by_the_same_step(weekly: Event):
    edit(weekly, THIS, SECOND, title="Special")
    event = edit(weekly, ALL, **hour("2026-11-25 10:00")).event
    assert event.rrule == "FREQ=WEEKLY;COUNT=4;BYDAY=WE"
    assert [row.start for row in dates(weekly).values()] == [wall("2026-12-02 10:00")]


def test_a_change_seen_on_one_date_is_made_on_all(weekly: Event, gus: Guest):
    edit(weekly, THIS, SECOND, title="Special", **hour("2026-12-01 15:00"))
    people = [*draft_of(weekly, SECOND).attendees, gus]
    change = edit(weekly, ALL, SECOND, location="Room 1", attendees=people)
    assert (change.event.title, change.event.location) == ("Contract review", "Room 1")
    assert change.event.start == FIRST
    assert (change.row.title, change.row.location) == ("Special", "Room 1")
    assert change.row.attendees.count() == change.event.attendees.count() == 2
    change = edit(weekly, ALL, SECOND, **hour("2026-12-01 16:30"))
    assert change.event.start == wall("2026-11-24 16:30")
    assert list(dates(weekly)) == [wall("2026-12-01 16:30")]


def test_guests_come_to_and_go_from_all_dates(weekly: Event, gwen: Guest, gus: Guest):
    edit(weekly, THIS, SECOND, attendees=[gwen, gus])
    edit(weekly, THIS, THIRD, attendees=[])
    edit(weekly, ALL, attendees=[])
    second, third = dates(weekly).values()
    assert [one.guest for one in second.attendees.all()] == [gus]
    edit(weekly, ALL, attendees=[gwen])
    assert {one.guest for one in second.attendees.all()} == {gus, gwen}
    assert [one.guest for one in third.attendees.all()] == [gwen]


def test_dates_that_are_none_any_more_lose_their_row(weekly: Event):
    edit(weekly, THIS, SECOND, title="Special")
    edit(weekly, THIS, THIRD, title="Special")
    edit(weekly, ALL, rrule="FREQ=WEEKLY;INTERVAL=2")
    assert list(dates(weekly)) == [THIRD]
    edit(weekly, ALL, rrule="")
    assert not dates(weekly)


def test_zone_and_days_are_changed_with_the_names_of_dates(weekly: Event):
    edit(weekly, THIS, SECOND, title="Special")
    cancel(weekly, THIS, THIRD)
    event = edit(weekly, ALL, timezone="America/New_York").event
    assert event.exdates == ["2026-12-08T10:00:00"]
    (row,) = dates(weekly).values()
    assert (row.recurrence_id, row.timezone) == (SECOND, "America/New_York")
    midnight = {"start": wall("2026-11-24 00:00"), "end": wall("2026-11-25 00:00")}
    event = edit(event, ALL, all_day=True, **midnight).event
    assert event.exdates == ["2026-12-08T00:00:00"]
    (row,) = dates(weekly).values()
    assert (row.recurrence_id, row.start, row.all_day) == (
        wall("2026-12-01 00:00"),
        wall("2026-12-01 00:00"),
        True,
    )


def test_the_end_of_a_rule_goes_along(alice: Membership):
    event = an_event(alice, rrule="FREQ=DAILY;UNTIL=20261126T090000Z")
    moved = edit(event, ALL, **hour("2026-11-25 12:00")).event
    assert moved.rrule == "FREQ=DAILY;UNTIL=20261127T225959Z"
    days = {"start": wall("2026-11-25 00:00"), "end": wall("2026-11-26 00:00"), "all_day": True}
    assert edit(moved, ALL, **days).event.rrule == "FREQ=DAILY;UNTIL=20261127"


# This and following


def test_a_series_is_cut_in_two(weekly: Event, gwen: Guest):
    weekly.attendees.update(partstat="ACCEPTED", note="Yes", replied_sequence=2)
    change = edit(weekly, FOLLOWING, THIRD, title="New")
    old, new = Event.objects.order_by("id")
    assert (old.rrule, old.title) == (
        "FREQ=WEEKLY;UNTIL=20261201T225959Z;BYDAY=TU",
        "Contract review",
    )
    assert (new.rrule, new.title, new.start) == ("FREQ=WEEKLY;COUNT=2;BYDAY=TU", "New", THIRD)
    assert new.uid != old.uid
    assert (new.related_to, change.row) == (old.uid, new)
    answers = new.attendees.values_list("guest", "partstat", "note")
    assert list(answers) == [(gwen.pk, "ACCEPTED", "Yes")]
    assert old.span_end == dt.datetime(2026, 12, 1, 10, tzinfo=dt.UTC)


def test_changed_and_cancelled_dates_go_to_their_half(weekly: Event):
    edit(weekly, THIS, SECOND, title="Second")
    row = edit(weekly, THIS, FOURTH, **hour("2026-12-16 09:00")).row
    row.attendees.update(partstat="DECLINED", replied_sequence=5)
    event = edit(weekly, ALL, rrule="FREQ=WEEKLY;BYDAY=TU").event
    cancel(event, THIS, FOURTH + dt.timedelta(weeks=1))
    new = edit(event, FOLLOWING, THIRD, location="Room 1").row
    event.refresh_from_db()
    assert (list(dates(event)), event.exdates) == ([SECOND], [])
    assert (list(dates(new)), new.exdates) == ([FOURTH], ["2026-12-22T10:00:00"])
    (kept,) = dates(new).values()
    assert (kept.pk, kept.uid, kept.location) == (row.pk, new.uid, "Room 1")
    (answer,) = kept.attendees.all()
    assert (answer.partstat, answer.replied_sequence) == ("DECLINED", 0)


def test_from_the_first_date_on_means_all(weekly: Event):
    assert edit(weekly, FOLLOWING, FIRST, title="New").row == weekly
    cancel(weekly, THIS, FIRST)
    assert edit(weekly, FOLLOWING, SECOND, title="Newer").row == weekly
    assert Event.objects.get().title == "Newer"


def test_files_are_in_both_halves(alice: Membership, weekly: Event):
    edit(weekly, ALL, files=[a_file(alice)])
    new = edit(weekly, FOLLOWING, THIRD, title="New").row
    old_file, new_file = weekly.files.get(), new.files.get()
    assert old_file.path == new_file.path
    assert old_file.public_id != new_file.public_id
    edit(weekly, ALL, files=[])
    assert new.files.count() == 1


def test_the_rest_may_move_to_another_day_and_another_rule(weekly: Event):
    new = edit(weekly, FOLLOWING, THIRD, **hour("2026-12-09 09:00")).row
    assert (new.start, new.rrule) == (wall("2026-12-09 09:00"), "FREQ=WEEKLY;COUNT=2;BYDAY=WE")
    newer = edit(new, FOLLOWING, wall("2026-12-16 09:00"), rrule="FREQ=DAILY;COUNT=2").row
    assert newer.rrule == "FREQ=DAILY;COUNT=2"
    new.refresh_from_db()
    assert new.rrule == "FREQ=WEEKLY;UNTIL=20261209T225959Z;BYDAY=WE"


def test_a_rest_that_does_not_repeat_is_the_date_that_was_looked_at(weekly: Event):
    edit(weekly, THIS, THIRD, title="Special", **hour("2026-12-09 15:00"))
    new = edit(weekly, FOLLOWING, THIRD, rrule="", location="Room 1").row
    assert (new.title, new.location, new.start, new.rrule) == (
        *("Special", "Room 1"),
        *(wall("2026-12-09 15:00"), ""),
    )
    assert not dates(new)


def test_an_event_is_counted_once_though_cut_in_two(weekly: Event):
    Event.objects.update(counted_at=dt.datetime.now(dt.UTC))
    assert edit(weekly, FOLLOWING, THIRD, title="New").row.counted_at


def test_cancelling_the_following_ends_the_series(weekly: Event):
    edit(weekly, THIS, FOURTH, title="Special")
    event = cancel(weekly, FOLLOWING, THIRD)
    assert (event.rrule, event.is_cancelled) == (
        "FREQ=WEEKLY;UNTIL=20261201T225959Z;BYDAY=TU",
        False,
    )
    assert not dates(weekly)
    assert cancel(weekly, FOLLOWING, FIRST).is_cancelled


def test_nothing_is_cut_for_a_draft_that_is_refused(weekly: Event):
    with pytest.raises(Invalid) as refusal:
        edit(weekly, FOLLOWING, THIRD, title=" ")
    assert [error.field for error in refusal.value.errors] == ["title"]
    assert Event.objects.get().rrule == "FREQ=WEEKLY;COUNT=4;BYDAY=TU"


def test_many_changed_dates_are_saved_in_as_many_queries_as_few(weekly: Event):
    counts = []
    for date in (SECOND, THIRD):
        edit(weekly, THIS, date, title=f"{date}")
        if date == THIRD:
            edit(weekly, THIS, FOURTH, title="Fourth")
        with CaptureQueriesContext(connection) as queries:
            edit(weekly, ALL, **hour(f"2026-11-24 {11 + len(counts)}:00"))
        counts.append(len(queries))
        edit(weekly, ALL, **hour("2026-11-24 10:00"))
    assert counts[0] == counts[1]


def test_a_series_is_cut_in_a_fixed_number_of_queries(weekly: Event):
    event = edit(weekly, ALL, rrule="FREQ=WEEKLY;COUNT=20").event
    counts = []
    for week, changed in ((16, 1), (10, 4)):
        cut = FIRST + dt.timedelta(weeks=week)
        for more in range(changed):
            edit(event, THIS, cut + dt.timedelta(weeks=more), title=f"{more}")
        with CaptureQueriesContext(connection) as queries:
            edit(event, FOLLOWING, cut, location="Room 1")
        counts.append(len(queries))
        event.refresh_from_db()
    assert counts[0] == counts[1]
