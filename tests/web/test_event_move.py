"""Moving and resizing in the grid."""

from __future__ import annotations

import datetime as dt

import pytest
from django.test import Client
from django.urls import reverse

from convoca.accounts.models import Membership
from convoca.calendars.models import Event
from convoca.guests.models import Guest
from convoca.mail.models import Delivery, Sender
from tests.builders import an_event, wall


def move(client: Client, event: Event, date: str = "", **fields: str) -> tuple[int, str]:
    where = reverse("event-move", args=[event.public_id])
    response = client.post(f"{where}?recurrence_id={date}" if date else where, fields)
    return response.status_code, response.json()["detail"]


def span(event: Event) -> tuple[dt.datetime, dt.datetime, bool]:
    event.refresh_from_db()
    return event.start, event.end, event.all_day


def test_a_drop_moves(as_alice: Client, alice: Membership):
    event = an_event(alice, start="2099-11-24 10:00")
    fields = {"start": "2099-11-25T12:00", "end": "2099-11-25T13:30"}
    assert move(as_alice, event, **fields) == (200, "“Contract review” is moved.")
    assert span(event) == (wall("2099-11-25 12:00"), wall("2099-11-25 13:30"), False)


def test_wall_time_is_kept_over_summer_time(as_alice: Client, alice: Membership):
    event = an_event(alice, start="2026-10-20 10:00")
    move(as_alice, event, start="2026-10-27T10:00", end="2026-10-27T11:00")
    assert span(event)[:2] == (wall("2026-10-27 10:00"), wall("2026-10-27 11:00"))


def test_another_zones_event_moves_in_its_own(as_alice: Client, alice: Membership):
    event = an_event(alice, start="2099-11-24 10:00", timezone="America/New_York")
    move(as_alice, event, start="2099-11-24T17:00", end="2099-11-24T18:00")
    assert span(event)[:2] == (wall("2099-11-24 11:00"), wall("2099-11-24 12:00"))


def test_every_date_of_a_series_moves_by_the_step(as_alice: Client, alice: Membership):
    event = an_event(alice, start="2099-11-24 10:00", rrule="FREQ=WEEKLY;COUNT=5;BYDAY=TU")
    fields = {"start": "2099-12-02T11:00", "end": "2099-12-02T12:30", "scope": "all"}
    assert move(as_alice, event, "2099-12-01T10:00", **fields)[0] == 200
    assert span(event)[:2] == (wall("2099-11-25 11:00"), wall("2099-11-25 12:30"))
    assert event.rrule == "FREQ=WEEKLY;COUNT=5;BYDAY=WE"


def test_one_date_moves_alone(as_alice: Client, alice: Membership):
    event = an_event(alice, start="2099-11-24 10:00", rrule="FREQ=DAILY;COUNT=5")
    fields = {"start": "2099-11-26T11:00", "end": "2099-11-26T12:30", "scope": "this"}
    assert move(as_alice, event, "2099-11-26T10:00", **fields)[0] == 200
    assert span(event)[:2] == (wall("2099-11-24 10:00"), wall("2099-11-24 11:00"))
    row = event.overrides.get()
    assert (row.recurrence_id, row.start, row.end) == (
        wall("2099-11-26 10:00"),
        wall("2099-11-26 11:00"),
        wall("2099-11-26 12:30"),
    )


def test_following_dates_move_as_a_series_of_their_own(as_alice: Client, alice: Membership):
    event = an_event(alice, start="2099-11-24 10:00", rrule="FREQ=WEEKLY;COUNT=5;BYDAY=TU")
    fields = {"start": "2099-12-02T11:00", "end": "2099-12-02T12:00", "scope": "following"}
    assert move(as_alice, event, "2099-12-01T10:00", **fields)[0] == 200
    rest = Event.objects.get(related_to=event.uid)
    assert (rest.start, rest.rrule) == (wall("2099-12-02 11:00"), "FREQ=WEEKLY;COUNT=4;BYDAY=WE")
    assert span(event)[:2] == (wall("2099-11-24 10:00"), wall("2099-11-24 11:00"))


def test_one_date_keeps_its_wall_time_over_summer_time(as_alice: Client, alice: Membership):
    event = an_event(alice, start="2026-10-20 10:00", rrule="FREQ=WEEKLY;COUNT=2")
    fields = {"start": "2026-10-28T10:00", "end": "2026-10-28T11:00", "scope": "this"}
    move(as_alice, event, "2026-10-27T10:00", **fields)
    assert event.overrides.get().start == wall("2026-10-28 10:00")


def test_a_moved_date_moves_on(as_alice: Client, alice: Membership):
    event = an_event(alice, start="2099-11-24 10:00", rrule="FREQ=DAILY;COUNT=5")
    for hour in (11, 12):
        fields = {"start": f"2099-11-26T{hour}:00", "end": "2099-11-26T13:00", "scope": "this"}
        move(as_alice, event, "2099-11-26T10:00", **fields)
    assert event.overrides.get().start == wall("2099-11-26 12:00")


def test_all_dates_come_to_the_hour_a_moved_date_is_dropped_at(as_alice: Client, alice: Membership):
    event = an_event(alice, start="2099-11-24 10:00", rrule="FREQ=DAILY;COUNT=5")
    moved = {"start": "2099-11-26T15:00", "end": "2099-11-26T16:00", "scope": "this"}
    move(as_alice, event, "2099-11-26T10:00", **moved)
    all_of_them = {"start": "2099-11-26T17:00", "end": "2099-11-26T18:00", "scope": "all"}
    move(as_alice, event, "2099-11-26T10:00", **all_of_them)
    assert span(event)[:2] == (wall("2099-11-24 17:00"), wall("2099-11-24 18:00"))


def test_a_rule_that_cannot_move_says_so(as_alice: Client, alice: Membership):
    rule = "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1"
    event = an_event(alice, start="2099-11-30 10:00", rrule=rule)
    fields = {"start": "2099-12-01T10:00", "end": "2099-12-01T11:00", "scope": "all"}
    assert move(as_alice, event, "2099-11-30T10:00", **fields) == (
        422,
        "This repetition cannot move to other days. Choose a new one.",
    )


def test_a_date_gone_meanwhile_is_said(as_alice: Client, alice: Membership):
    event = an_event(alice, start="2099-11-24 10:00", rrule="FREQ=DAILY;COUNT=5")
    event.exdates = ["2099-11-26T10:00:00"]
    event.save()
    fields = {"start": "2099-11-26T11:00", "end": "2099-11-26T12:00", "scope": "this"}
    assert move(as_alice, event, "2099-11-26T10:00", **fields) == (
        422,
        "The series has no such date any more.",
    )


@pytest.mark.parametrize("scope", ["", "some"])
def test_of_a_series_a_scope_is_wanted(as_alice: Client, alice: Membership, scope: str):
    event = an_event(alice, start="2099-11-24 10:00", rrule="FREQ=DAILY;COUNT=5")
    fields = {"start": "2099-11-26T11:00", "end": "2099-11-26T12:00", "scope": scope}
    assert move(as_alice, event, "2099-11-26T10:00", **fields)[0] == 400
    assert move(as_alice, event, **fields)[0] == 400


def test_the_question_names_who_would_be_told(
    as_alice: Client, alice: Membership, gwen: Guest, sender: Sender
):
    event = an_event(
        alice,
        start="2099-11-24 10:00",
        rrule="FREQ=DAILY;COUNT=5",
        attendees=[gwen],
        sender=sender,
    )
    where = reverse("event-move-audience", args=[event.public_id])
    fields = {"start": "2099-11-26T11:00", "end": "2099-11-26T12:00", "scope": "this"}
    response = as_alice.post(f"{where}?recurrence_id=2099-11-26T10:00", fields)
    assert response.json() == {
        "button": "Move and tell 1 person",
        "sentence": "An invitation goes to Gwen López.",
    }
    assert not event.overrides.exists()
    assert as_alice.post(where, fields | {"start": "soon"}).json() == {}


def test_whole_days_move_and_stretch(as_alice: Client, alice: Membership):
    event = an_event(alice, start="2099-11-24 00:00", end="2099-11-25 00:00", all_day=True)
    fields = {"start": "2099-11-26", "end": "2099-11-28", "all_day": "on"}
    assert move(as_alice, event, **fields)[0] == 200
    assert span(event) == (wall("2099-11-26 00:00"), wall("2099-11-28 00:00"), True)


def test_hours_dropped_on_the_days_become_a_day_and_back(as_alice: Client, alice: Membership):
    event = an_event(alice, start="2099-11-24 10:00")
    move(as_alice, event, start="2099-11-25", all_day="on")
    assert span(event) == (wall("2099-11-25 00:00"), wall("2099-11-26 00:00"), True)
    move(as_alice, event, start="2099-11-25T09:00")
    assert span(event) == (wall("2099-11-25 09:00"), wall("2099-11-25 10:00"), False)


def test_a_move_tells_with_a_message(
    as_alice: Client, alice: Membership, gwen: Guest, sender: Sender
):
    event = an_event(alice, start="2099-11-24 10:00", attendees=[gwen], sender=sender)
    fields = {"start": "2099-11-25T10:00", "end": "2099-11-25T11:00"}
    move(as_alice, event, message="The room is taken.", **fields)
    assert event.versions.last().message == "The room is taken."
    assert Delivery.objects.filter(email=gwen.email, due_at__isnull=False).exists()


def test_refusals_are_words(as_alice: Client, alice: Membership):
    event = an_event(alice, start="2099-11-24 10:00")
    fields = {"start": "2099-11-25T10:00", "end": "2099-11-25T09:00"}
    assert move(as_alice, event, **fields) == (422, "The end must be after the start.")
    assert span(event)[0] == wall("2099-11-24 10:00")


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"start": "soon"},
        {"start": "2099-11-25T10:00", "end": "later"},
        {"start": "2099-11-25T10:00+01:00"},
        {"start": "0001-01-01T00:00"},
    ],
)
def test_what_cannot_be_read_is_refused(
    as_alice: Client, alice: Membership, fields: dict[str, str]
):
    event = an_event(alice, start="2099-11-24 10:00", timezone="America/New_York")
    assert move(as_alice, event, **fields)[0] == 400


def test_a_guest_whose_time_changes_is_asked_again_only_by_the_host(
    as_bob: Client, alice: Membership
):
    event = an_event(alice, start="2099-11-24 10:00")
    response = as_bob.post(
        reverse("event-move", args=[event.public_id]),
        {"start": "2099-11-25T10:00", "end": "2099-11-25T11:00"},
    )
    assert response.status_code == 403
    assert span(event)[0] == wall("2099-11-24 10:00")
