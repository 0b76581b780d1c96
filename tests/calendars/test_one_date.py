"""This date only: a row of its own as long as it differs, an EXDATE when it is cancelled."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import Any

import pytest
from django.db import transaction

from convoca.accounts.models import Membership
from convoca.calendars import editing, overrides, snapshot
from convoca.calendars.drafts import Invalid, draft_of
from convoca.calendars.models import Attendee, Event
from convoca.calendars.scopes import Scope
from convoca.guests.models import Guest
from convoca.mail.models import Sender
from tests.builders import a_file, an_event, wall

SECOND = wall("2026-12-01 10:00")


@pytest.fixture
def weekly(alice: Membership, gwen: Guest, sender: Sender) -> Event:
    """Four Tuesdays at ten, with Gwen."""
    return an_event(alice, rrule="FREQ=WEEKLY;COUNT=4", sender=sender, attendees=[gwen])


def edit(member: Membership, event: Event, date: dt.datetime = SECOND, **fields: Any) -> Event:
    typed = replace(draft_of(event, date), **fields)
    with transaction.atomic():
        return editing.save(member, typed, event, scope=Scope.THIS, recurrence_id=date).row


def cancel(member: Membership, event: Event, date: dt.datetime = SECOND) -> Event:
    with transaction.atomic():
        return editing.cancel(member, event, scope=Scope.THIS, recurrence_id=date).event


def refused(
    member: Membership, event: Event, date: dt.datetime = SECOND, **fields: Any
) -> list[str]:
    typed = replace(draft_of(event), **fields)
    with pytest.raises(Invalid) as refusal, transaction.atomic():
        editing.save(member, typed, event, scope=Scope.THIS, recurrence_id=date)
    return [error.field for error in refusal.value.errors]


def test_a_moved_date_gets_a_row_with_attendees_of_its_own(alice: Membership, weekly: Event):
    weekly.attendees.update(partstat="ACCEPTED", asked_sequence=3, note="Yes")
    row = edit(alice, weekly, start=wall("2026-12-02 15:00"), end=wall("2026-12-02 17:00"))
    assert (row.series, row.recurrence_id, row.uid) == (weekly, SECOND, weekly.uid)
    assert (row.start, row.rrule) == (wall("2026-12-02 15:00"), "")
    copied = row.attendees.values_list("email_key", "partstat", "asked_sequence", "replied_at")
    assert list(copied) == [("gwen@guest.example", "ACCEPTED", 3, None)]
    weekly.refresh_from_db()
    assert (weekly.start, weekly.revision) == (wall("2026-11-24 10:00"), 2)


def test_a_date_moved_out_of_the_series_span_widens_it(alice: Membership, weekly: Event):
    edit(alice, weekly, start=wall("2027-02-01 10:00"), end=wall("2027-02-01 11:00"))
    weekly.refresh_from_db()
    assert weekly.span_end == dt.datetime(2027, 2, 1, 10, tzinfo=dt.UTC)
    edit(alice, weekly, start=SECOND, end=wall("2026-12-01 11:00"))
    weekly.refresh_from_db()
    assert weekly.span_end == dt.datetime(2026, 12, 15, 10, tzinfo=dt.UTC)


def test_a_date_changed_in_nothing_gets_no_row(alice: Membership, weekly: Event):
    assert edit(alice, weekly) == weekly
    assert not Event.objects.exclude(series=None).exists()


def test_a_date_changed_back_gives_up_its_row(alice: Membership, weekly: Event):
    edit(alice, weekly, title="Special")
    assert edit(alice, weekly, title="Contract review") == weekly
    assert not Event.objects.exclude(series=None).exists()


def test_a_date_moved_back_keeps_its_row_for_it_is_asked_again(alice: Membership, weekly: Event):
    edit(alice, weekly, start=wall("2026-12-01 12:00"), end=wall("2026-12-01 13:00"))
    row = edit(alice, weekly, start=SECOND, end=wall("2026-12-01 11:00"))
    assert (row.series, row.start) == (weekly, SECOND)


def test_a_date_with_an_answer_of_its_own_keeps_its_row(alice: Membership, weekly: Event):
    row = edit(alice, weekly, title="Special")
    row.attendees.update(partstat="DECLINED")
    assert edit(alice, weekly, title="Contract review") == row


def test_guests_are_added_to_and_taken_from_one_date(
    alice: Membership, weekly: Event, gwen: Guest, gus: Guest
):
    row = edit(alice, weekly, attendees=[gus])
    assert [one.guest for one in row.attendees.all()] == [gus]
    assert [one.guest for one in weekly.attendees.all()] == [gwen]


def test_a_cancelled_date_leaves_an_exdate_and_no_row(alice: Membership, weekly: Event):
    edit(alice, weekly, title="Special")
    event = cancel(alice, weekly)
    assert event.exdates == ["2026-12-01T10:00:00"]
    assert not Event.objects.exclude(series=None).exists()
    with pytest.raises(Invalid):
        cancel(alice, weekly)
    assert refused(alice, weekly) == ["recurrence_id"]


def test_cancelling_the_last_date_cancels_the_event(alice: Membership, gwen: Guest):
    event = an_event(alice, rrule="FREQ=WEEKLY;COUNT=2")
    cancel(alice, event, wall("2026-11-24 10:00"))
    assert cancel(alice, event).is_cancelled


def test_cancelling_the_whole_cancels_its_changed_dates(alice: Membership, weekly: Event):
    edit(alice, weekly, title="Special")
    with transaction.atomic():
        change = editing.cancel(alice, weekly)
    assert change.after.is_cancelled
    assert set(Event.objects.values_list("status", flat=True)) == {"CANCELLED"}


@pytest.mark.parametrize(
    "date", [wall("2026-12-01 11:00"), wall("2026-12-02 10:00"), wall("2027-12-07 10:00")]
)
def test_a_date_the_series_does_not_have_is_refused(
    alice: Membership, weekly: Event, date: dt.datetime
):
    assert refused(alice, weekly, date) == ["recurrence_id"]


def test_what_belongs_to_the_series_is_refused_for_one_date(alice: Membership, weekly: Event):
    files = [a_file(alice)]
    assert refused(alice, weekly, rrule="FREQ=DAILY", files=files, sender=None) == [
        *("rrule", "files", "sender", "sender")
    ]


def test_scopes_are_refused_where_nothing_repeats(alice: Membership, weekly: Event):
    assert refused(alice, an_event(alice), wall("2026-11-24 10:00")) == ["scope"]
    with pytest.raises(Invalid) as refusal:
        editing.cancel(alice, weekly, scope=Scope.THIS)
    assert [error.field for error in refusal.value.errors] == ["recurrence_id"]


def test_the_first_guest_of_one_date_brings_the_sender(
    alice: Membership, gwen: Guest, sender: Sender
):
    event = an_event(alice, rrule="FREQ=WEEKLY;COUNT=2")
    row = edit(alice, event, attendees=[gwen], sender=sender)
    event.refresh_from_db()
    assert (event.sender, row.sender) == (sender, sender)
    assert event.organizer_email == row.organizer_email == sender.email


def test_a_date_may_be_all_day_or_in_another_zone(alice: Membership, weekly: Event):
    edit(alice, weekly, start=wall("2026-12-01 00:00"), end=wall("2026-12-02 00:00"), all_day=True)
    third = wall("2026-12-08 10:00")
    edit(alice, weekly, third, timezone="America/New_York")
    told = snapshot.take(Event.objects.get(pk=weekly.pk))
    assert [one.recurrence_id for one in told.overrides] == [
        SECOND.replace(tzinfo=weekly.zone),
        third.replace(tzinfo=weekly.zone),
    ]
    assert told.overrides[0].start == dt.date(2026, 12, 1)


def test_materialise_makes_a_row_once(alice: Membership, weekly: Event):
    with transaction.atomic():
        row = overrides.materialise(weekly, SECOND)
        assert overrides.materialise(weekly, SECOND) == row
    assert (row.start, row.end) == (SECOND, wall("2026-12-01 11:00"))
    assert Attendee.objects.filter(event=row).count() == 1
    with pytest.raises(Invalid):
        overrides.materialise(weekly, wall("2026-12-01 10:30"))


def test_taking_many_changed_dates_asks_the_database_as_often(
    alice: Membership, weekly: Event, django_assert_num_queries: Any
):
    for days in range(0, 22, 7):
        edit(alice, weekly, wall("2026-11-24 10:00") + dt.timedelta(days=days), title="Special")
    fresh = Event.objects.select_related("host__user", "sender").get(pk=weekly.pk)
    with django_assert_num_queries(4):
        snapshot.take(fresh)
