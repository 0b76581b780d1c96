"""Until when answers are hoped for: before the start, to come, and one for the whole series."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest
from django.db import transaction

from convoca.accounts.models import Membership
from convoca.calendars import editing
from convoca.calendars.drafts import EventDraft, Invalid, draft_of, end_of
from convoca.calendars.models import Event
from convoca.calendars.scopes import Scope
from tests.builders import an_event, draft, save, wall

NOW = dt.datetime(2026, 11, 20, 10, tzinfo=dt.UTC)  # 11:00 in Madrid
BY = wall("2026-11-23 18:00")
WEEKLY = "FREQ=WEEKLY;COUNT=5"


@pytest.fixture(autouse=True)
def clock(time_machine):
    time_machine.move_to(NOW, tick=False)
    return time_machine


def refused(save_it) -> list[tuple[str, str]]:
    with pytest.raises(Invalid) as refusal:
        save_it()
    return [(error.field, str(error.message)) for error in refusal.value.errors]


def change(member: Membership, event: Event, typed: EventDraft, **meant: object) -> Event:
    with transaction.atomic():
        return editing.save(member, typed, event, **meant).event


def test_a_deadline_is_kept_in_the_zone_of_the_event(alice: Membership):
    event = an_event(alice, timezone="America/New_York", answer_by=BY)
    event.refresh_from_db()
    assert event.deadline == dt.datetime(2026, 11, 23, 23, tzinfo=dt.UTC)
    assert draft_of(event).answer_by == BY
    assert end_of(dt.date(2026, 11, 23)) == wall("2026-11-23 23:59")


@pytest.mark.parametrize(
    ("answer_by", "complaint"),
    [
        ("2026-11-20 11:00", "Choose a moment to come."),
        ("2026-11-24 10:00", "Answers must be asked for before the start"),
        ("2026-12-01 10:00", "Answers must be asked for before the start"),
        ("0001-01-01 00:00", "Choose a date between 1970 and 2200."),
        ("9999-12-31 23:59", "Choose a date between 1970 and 2200."),
    ],
)
def test_only_a_moment_before_the_start_is_taken(alice: Membership, answer_by: str, complaint: str):
    [(field, words)] = refused(lambda: save(alice, draft(answer_by=wall(answer_by))))
    assert field == "answer_by"
    assert words.startswith(complaint)
    assert not Event.objects.exists()


def test_all_day_events_begin_at_midnight(alice: Membership):
    whole = {"start": "2026-11-24 00:00", "end": "2026-11-25 00:00", "all_day": True}
    assert an_event(alice, **whole, answer_by=end_of(dt.date(2026, 11, 23))).answer_by
    assert refused(lambda: save(alice, draft(**whole, answer_by=wall("2026-11-24 00:00"))))


def test_what_was_saved_may_pass(alice: Membership, clock):
    event = an_event(alice, answer_by=BY)
    clock.move_to("2026-11-24T08:00Z")
    changed = save(alice, replace(draft_of(event), title="Review"), event).event
    assert (changed.title, changed.answer_by) == ("Review", BY)
    typed = replace(draft_of(event), answer_by=wall("2026-11-23 12:00"))
    assert [field for field, _words in refused(lambda: save(alice, typed, event))] == ["answer_by"]


def test_an_event_does_not_move_before_its_deadline(alice: Membership):
    event = an_event(alice, answer_by=BY)
    typed = replace(draft_of(event), start=wall("2026-11-23 10:00"), end=wall("2026-11-23 11:00"))
    assert [field for field, _words in refused(lambda: save(alice, typed, event))] == ["answer_by"]
    assert save(alice, replace(typed, answer_by=None), event).event.answer_by is None


def test_a_series_has_one_deadline_before_its_first_date(alice: Membership):
    event = an_event(alice, rrule=WEEKLY, answer_by=BY)
    date = wall("2026-12-01 10:00")
    one = {"scope": Scope.THIS, "recurrence_id": date}
    typed = replace(draft_of(event, date), title="Review")
    assert typed.answer_by == BY
    change(alice, event, typed, **one)
    assert event.overrides.get().answer_by is None
    for changes in ({"answer_by": wall("2026-11-25 10:00")}, {"remind_guests": False}):
        other = replace(typed, **changes)
        complaints = refused(lambda other=other: change(alice, event, other, **one))
        assert [field for field, _words in complaints] == ["answer_by"]
    late = replace(typed, answer_by=wall("2026-11-25 10:00"))
    every = {"scope": Scope.ALL, "recurrence_id": date}
    complaints = refused(lambda: change(alice, event, late, **every))
    assert [field for field, _words in complaints] == ["answer_by"]


def test_the_rest_of_a_series_has_the_deadline_of_its_form(alice: Membership):
    event, date = an_event(alice, rrule=WEEKLY, answer_by=BY), wall("2026-12-08 10:00")
    later = wall("2026-12-04 18:00")
    typed = replace(draft_of(event, date), answer_by=later, remind_guests=False)
    change(alice, event, typed, scope=Scope.FOLLOWING, recurrence_id=date)
    first, rest = Event.objects.filter(series=None).order_by("id")
    assert (first.answer_by, first.remind_guests) == (BY, True)
    assert (rest.answer_by, rest.remind_guests) == (later, False)


def test_a_date_that_moves_to_before_the_deadline_is_its_own_matter(alice: Membership):
    event, date = an_event(alice, rrule=WEEKLY, answer_by=BY), wall("2026-12-01 10:00")
    early = {"start": wall("2026-11-22 10:00"), "end": wall("2026-11-22 11:00")}
    typed = replace(draft_of(event, date), **early)
    change(alice, event, typed, scope=Scope.THIS, recurrence_id=date)
    assert event.overrides.get().start == early["start"]
