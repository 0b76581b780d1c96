"""S1: the host picks a day or drags a span, and gets a form with everything an event has."""

from __future__ import annotations

import pytest
from django.urls import reverse

from convoca.calendars.models import Event
from tests.stories.doors import at

WHOLE_FORM = [
    "Title",
    "Starts",
    "Start time",
    "Ends",
    "End time",
    "Time zone",
    "All day",
    "Repeat",
    "Place",
    "Description",
    "Remind me",
    "Files",
    "Attendees",
]


def test_s1_picked_day_opens_the_form_with_that_day(pages):
    form = pages.reader.open(reverse("event-new") + "?date=2026-11-24").page
    assert form.select_one("[name=start_date]")["value"] == "2026-11-24"
    assert form.select_one("[name=end_date]")["value"] == "2026-11-24"


def test_s1_dragged_span_opens_the_form_with_that_span(pages):
    span = "?start=2026-11-24T10:00&end=2026-11-24T12:30"
    form = pages.reader.open(reverse("event-new") + span).page
    assert form.select_one("[name=start_time]")["value"] == "10:00"
    assert form.select_one("[name=end_time]")["value"] == "12:30"


@pytest.mark.parametrize("field", WHOLE_FORM)
def test_s1_form_has_every_field(pages, field: str):
    pages.reader.open(reverse("event-new"))
    assert field in pages.reader.text


def test_s1_everything_typed_is_kept(door, gus, bob):
    event = door.create(
        title="Contract review",
        start="2026-11-24T10:00",
        end="2026-11-24T11:30",
        timezone="America/New_York",
        location="Calle Mayor 5",
        description="Bring the contract.",
        who=[gus, bob],
        files=[("contract.pdf", b"%PDF-1.4 contract")],
    )
    event.refresh_from_db()
    assert (event.title, event.location) == ("Contract review", "Calle Mayor 5")
    assert (event.start, event.end) == (
        at("2026-11-24T10:00"),
        at("2026-11-24T11:30"),
    )
    assert event.timezone == "America/New_York"
    assert "Bring the contract." in event.description
    assert [file.name for file in event.files.all()] == ["contract.pdf"]
    assert {one.email for one in event.attendees.all()} >= {gus.email, bob.email}


def test_s1_event_repeats_as_the_form_says(pages):
    pages.reader.open(reverse("event-new") + "?date=2026-11-24")
    pages.reader.fill("Title", "Standup").fill("Repeat", "Weekly").press("Create")
    assert Event.objects.get().rrule.startswith("FREQ=WEEKLY")


def test_s1_event_repeats_as_the_program_says(api):
    event = api.create(
        title="Standup",
        start="2026-11-24T10:00",
        end="2026-11-24T10:15",
        recurrence="FREQ=WEEKLY;COUNT=3",
    )
    shown = api.get("/events?from=2026-11-01&to=2027-01-01")
    assert [one["start"][:10] for one in shown] == ["2026-11-24", "2026-12-01", "2026-12-08"]
    assert event.rrule == "FREQ=WEEKLY;COUNT=3"
